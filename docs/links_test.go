// Package docs_test checks that what the documents point to is there.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// link finds the target of a Markdown link or picture.
	link = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	// fence finds what is shown as code, in which brackets are no links.
	fence = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	// heading finds a heading, whose anchor is made of its text.
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	// unanchored is what an anchor leaves out of its heading.
	unanchored = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := unanchored.ReplaceAllString(strings.ToLower(match[1]), "")
		found[strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}

// Every link in the repository's documents leads to a file that is there and, if it names one, to a heading in it.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "dist" || entry.Name() == "bin") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue // the Internet is not ours to hold
			}
			links++
			aim := path
			if target != "" {
				aim = filepath.Join(filepath.Dir(path), filepath.FromSlash(target))
			}
			if !leads(t, aim, anchor) {
				t.Errorf("%s: %s leads nowhere", strings.TrimPrefix(path, root), match[1])
			}
		}
		return nil
	})
	if err != nil || links < 20 {
		t.Errorf("checked only %d links (%v)", links, err)
	}
}

func leads(t *testing.T, path, anchor string) bool {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return false
	}
	if anchor == "" {
		return true
	}
	text, err := os.ReadFile(path)
	return err == nil && anchors(string(text))[anchor]
}

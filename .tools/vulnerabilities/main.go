// Command vulnerabilities looks for known vulnerabilities in what the program calls, with the govulncheck that it is given:
//
//	go run ./.tools/vulnerabilities bin/tools/govulncheck
//
// The database is the newest version of the module golang.org/x/vulndb, so it comes from where all modules come from and
// is verified like them. One in a module is an error. One in the standard library is this machine's Go, not this
// repository's choice: it is told, and an error only with VULNERABILITIES=require, which releases set. The same goes for
// a database that cannot be had.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

func main() {
	required := os.Getenv("VULNERABILITIES") == "require"
	if len(os.Args) != 2 {
		fail("give it the path of govulncheck")
	}
	database, err := newest()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nNOT CHECKED for known vulnerabilities: the database cannot be had: %v\n\n", err)
		if required {
			os.Exit(1)
		}
		return
	}
	inModules, inStandard, err := scan(os.Args[1], database)
	if err != nil {
		fail("%v", err)
	}
	for _, line := range inStandard {
		fmt.Fprintln(os.Stderr, "this machine's Go: "+line)
	}
	for _, line := range inModules {
		fmt.Fprintln(os.Stderr, line)
	}
	if len(inModules) > 0 || required && len(inStandard) > 0 {
		fail("the program calls what is vulnerable: update it")
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "vulnerabilities: "+format+"\n", args...)
	os.Exit(1)
}

// newest returns the directory of the newest database, one OSV file for each vulnerability.
func newest() (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", "golang.org/x/vulndb@latest")
	cmd.Dir = os.TempDir() // in no module, whose own requirements would count
	out, err := cmd.Output()
	var module struct{ Dir, Version, Error string }
	if decodeErr := json.Unmarshal(out, &module); decodeErr != nil {
		return "", errors.Join(err, decodeErr)
	}
	if module.Error != "" {
		return "", errors.New(module.Error)
	}
	fmt.Fprintln(os.Stderr, "known vulnerabilities as of", module.Version)
	return filepath.Join(module.Dir, "data", "osv"), err
}

// message is one of those that govulncheck -format json writes.
type message struct {
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV          string `json:"osv"`
		FixedVersion string `json:"fixed_version"`
		Trace        []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Package  string `json:"package"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

// scan returns a line for each vulnerability that the program calls, in modules and in the standard library.
func scan(govulncheck, database string) (inModules, inStandard []string, err error) {
	cmd := exec.Command(govulncheck, "-db", "file://"+database, "-format", "json", "./cmd/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("govulncheck: %w", err)
	}
	summaries, modules, standard := map[string]string{}, map[string]bool{}, map[string]bool{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var m message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("govulncheck's answer: %w", err)
		}
		if m.OSV != nil {
			summaries[m.OSV.ID] = m.OSV.Summary
		}
		// Findings without a function are of modules or packages that are there, but not called.
		if f := m.Finding; f != nil && len(f.Trace) > 0 && f.Trace[0].Function != "" {
			at := f.Trace[0]
			line := fmt.Sprintf("%s: %s %s, fixed in %s: %s", f.OSV, at.Module, at.Version, f.FixedVersion, summaries[f.OSV])
			if at.Module == "stdlib" {
				standard[line] = true
			} else {
				modules[line] = true
			}
		}
	}
	if len(summaries) == 0 {
		return nil, nil, errors.New("govulncheck knows no vulnerability at all: the database's layout has changed")
	}
	return slices.Sorted(maps.Keys(modules)), slices.Sorted(maps.Keys(standard)), nil
}

// Command platforms checks that the program and its tests compile for other platforms, without generating their code:
//
//	go run ./.tools/platforms linux/arm64 darwin/arm64 windows/amd64
//
// Every package in the module and every package that it imports, the standard library's included, is parsed with the
// platform's build constraints and type-checked from its source, and so are the tests. This finds what a compiler would
// refuse, in a tenth of the time: see docs/decisions/0034-time-of-the-checks.md.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

func main() {
	var checks sync.WaitGroup
	failures := make([]error, len(os.Args))
	for i, platform := range os.Args[1:] {
		checks.Go(func() { failures[i] = check(platform) })
	}
	checks.Wait()
	if err := errors.Join(failures...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// listed is what `go list` says of a package. Packages come after those that they import.
type listed struct {
	ImportPath string
	Dir        string
	Name       string
	Standard   bool
	GoFiles    []string
	ImportMap  map[string]string // where an import means another path than it says: what the standard library has vendored
	Module     *struct{ GoVersion string }
	Error      *struct{ Err string }
}

// check type-checks everything for one platform; the error has at most ten lines.
func check(platform string) error {
	system, architecture, _ := strings.Cut(platform, "/")
	sizes := types.SizesFor("gc", architecture)
	if sizes == nil {
		return fmt.Errorf("%s: there is no such architecture", platform)
	}
	packages, err := list(system, architecture)
	if err != nil {
		return fmt.Errorf("%s: %w", platform, err)
	}
	checked := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range packages {
		// What runs the tests of a package is generated when they are built.
		if p.ImportPath == "unsafe" || p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		result, err := p.check(checked, sizes)
		if err != nil {
			return fmt.Errorf("it does not compile for %s:\n%w", platform, err)
		}
		checked[p.ImportPath] = result
	}
	return nil
}

func list(system, architecture string) ([]listed, error) {
	cmd := exec.Command("go", "list", "-deps", "-test", "-e",
		"-json=ImportPath,Dir,Name,Standard,GoFiles,ImportMap,Module,Error", "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var packages []listed
	for decoder := json.NewDecoder(out); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Error != nil {
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		packages = append(packages, p)
	}
	if err := cmd.Wait(); err != nil {
		return nil, err
	}
	if len(packages) == 0 {
		return nil, errors.New("there is nothing to check")
	}
	return packages, nil
}

func (p listed) check(checked map[string]*types.Package, sizes types.Sizes) (*types.Package, error) {
	var problems []error
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	config := types.Config{
		Sizes: sizes,
		Importer: importer(func(path string) (*types.Package, error) {
			if meant, ok := p.ImportMap[path]; ok {
				path = meant
			}
			if found := checked[path]; found != nil {
				return found, nil
			}
			return nil, fmt.Errorf("%s is not among the packages", path)
		}),
		Error: func(err error) {
			if len(problems) < 10 {
				problems = append(problems, err)
			}
		},
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	result, err := config.Check(p.ImportPath, files, parsed, nil)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return result, err
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }

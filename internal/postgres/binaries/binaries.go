// Package binaries finds the programs of PostgreSQL on this machine, and downloads the server's where there are none.
package binaries

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MinMajor is the oldest major version of PostgreSQL that the product runs on.
const MinMajor = 14

// Names of the programs.
const (
	InitDB    = "initdb"
	Postgres  = "postgres"
	PgDump    = "pg_dump"
	PgRestore = "pg_restore"
)

// versionTimeout bounds `PROGRAM --version`, so that a wrapper script that hangs or asks something cannot hold the start up.
const versionTimeout = 10 * time.Second

// Installation is a directory that holds programs of one version of PostgreSQL.
type Installation struct {
	BinDir  string // absolute, symbolic links resolved
	Version string // for example "17.6"
	Major   int    // for example 17
}

// Path returns the path of a program within the installation; the program need not exist.
func (i Installation) Path(program string) string {
	return filepath.Join(i.BinDir, executable(program))
}

// Has reports whether the installation holds all of the programs.
func (i Installation) Has(programs ...string) bool {
	return hasAll(i.BinDir, programs)
}

// String implements fmt.Stringer: "17.6 in /usr/lib/postgresql/17/bin".
func (i Installation) String() string {
	return i.Version + " in " + i.BinDir
}

// Inspect asks the programs in dir, which must include the ones named, for their version.
// It returns an error when a program is missing, does not run, or says something else than a version of PostgreSQL.
func Inspect(ctx context.Context, dir string, programs ...string) (Installation, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Installation{}, fmt.Errorf("finding %s: %w", dir, err)
	}
	if len(programs) == 0 {
		programs = []string{Postgres}
	}
	for _, program := range programs {
		if !hasAll(abs, []string{program}) {
			return Installation{}, fmt.Errorf("there is no program %s in %s", program, abs)
		}
	}
	path := filepath.Join(abs, executable(programs[0]))
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	//nolint:gosec // the programs are found by us, or named by the operator
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return Installation{}, fmt.Errorf("running %s --version: %w", path, err)
	}
	version, major, err := parseVersion(string(out))
	if err != nil {
		return Installation{}, fmt.Errorf("running %s --version: %w", path, err)
	}
	return Installation{BinDir: abs, Version: version, Major: major}, nil
}

// versionPattern is what the programs answer: "pg_dump (PostgreSQL) 17.6 (Debian 17.6-1)", "postgres (PostgreSQL) 18beta1".
var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[.\w]*)`)

func parseVersion(text string) (version string, major int, err error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil {
		return "", 0, fmt.Errorf("%q names no version of PostgreSQL", strings.TrimSpace(text))
	}
	major, err = strconv.Atoi(m[2])
	if err != nil {
		return "", 0, fmt.Errorf("%q names no version of PostgreSQL: %w", strings.TrimSpace(text), err)
	}
	return m[1], major, nil
}

func hasAll(dir string, programs []string) bool {
	return !slices.ContainsFunc(programs, func(program string) bool {
		info, err := os.Stat(filepath.Join(dir, executable(program)))
		return err != nil || info.IsDir() || (runtime.GOOS != "windows" && info.Mode()&0o111 == 0)
	})
}

func executable(program string) string {
	if runtime.GOOS == "windows" {
		return program + ".exe"
	}
	return program
}

package binaries

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// ErrNotFound is returned by Find when no installation on this machine will do.
var ErrNotFound = errors.New("no suitable PostgreSQL is installed")

// Query says which installation is looked for.
type Query struct {
	// BinDir is the directory that the user named (PG_BIN). When set, no other place is looked at.
	BinDir string
	// Near are directories to look in before all others, for example that of the running server.
	Near []string
	// Programs must all be there, in one directory. Default: initdb and postgres.
	Programs []string
	// Major is the only major version that will do; 0 means any from MinMajor on.
	Major int
	// AtLeast is the lowest major version that will do, where Major is 0; at least MinMajor.
	AtLeast int
	// Places are the other directories to look in, best first. Default: the PATH and the usual places of the system.
	Places []string
	// Usable, where set, is asked about an installation that would do, and tells what speaks against it.
	Usable func(Installation) error
}

// Find returns the first installation that answers the query: in BinDir alone when it is set, else near, on the PATH,
// or in the usual places of Debian, Red Hat, Homebrew and Postgres.app, newest first.
//
// It returns an error that wraps ErrNotFound and lists what was found instead when there is none.
func Find(ctx context.Context, query Query) (Installation, error) {
	if len(query.Programs) == 0 {
		query.Programs = []string{InitDB, Postgres}
	}
	if query.Places == nil {
		query.Places = installed()
	}
	dirs := slices.Concat(query.Near, query.Places)
	if query.BinDir != "" {
		dirs = []string{query.BinDir}
	}

	var others []string // what was found and will not do
	seen := make(map[string]bool)
	for _, dir := range dirs {
		dir = home(dir, query.Programs)
		if dir == "" || seen[dir] {
			continue
		}
		seen[dir] = true
		found, err := Inspect(ctx, dir, query.Programs...)
		switch {
		case ctx.Err() != nil:
			return Installation{}, fmt.Errorf("looking for PostgreSQL: %w", ctx.Err())
		case err != nil:
			others = append(others, err.Error())
		case !query.accepts(found.Major):
			others = append(others, "found "+found.String())
		case query.Usable == nil:
			return found, nil
		default:
			if err := query.Usable(found); err != nil {
				others = append(others, err.Error())
				continue
			}
			return found, nil
		}
	}
	if query.BinDir != "" && len(others) == 0 {
		others = []string{fmt.Sprintf("there is no %s in %s", strings.Join(query.Programs, " and "), query.BinDir)}
	}
	if len(others) == 0 {
		return Installation{}, fmt.Errorf("%w: %s wanted", ErrNotFound, query.wanted())
	}
	return Installation{}, fmt.Errorf("%w: %s wanted, but %s", ErrNotFound, query.wanted(), strings.Join(others, "; "))
}

func (q Query) accepts(major int) bool {
	if q.Major != 0 {
		return major == q.Major
	}
	return major >= max(q.AtLeast, MinMajor)
}

func (q Query) wanted() string {
	if q.Major != 0 {
		return fmt.Sprintf("version %d", q.Major)
	}
	return fmt.Sprintf("version %d or newer", max(q.AtLeast, MinMajor))
}

// home returns the directory in which the programs really are: a link such as /usr/local/bin/postgres is followed, since
// PostgreSQL finds its libraries relative to itself. It returns "" when a program is missing.
func home(dir string, programs []string) string {
	abs, err := filepath.Abs(dir)
	if err != nil || !hasAll(abs, programs) {
		return ""
	}
	target, err := filepath.EvalSymlinks(filepath.Join(abs, executable(programs[0])))
	if err != nil {
		return ""
	}
	if followed := filepath.Dir(target); hasAll(followed, programs) {
		return followed
	}
	// A wrapper such as Debian's pg_wrapper leads elsewhere, to a program of another name.
	return abs
}

// installed lists the directories where PostgreSQL is usually found, best first.
func installed() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !filepath.IsAbs(dir) })
	return append(dirs, usual(runtime.GOOS)...)
}

func usual(goos string) []string {
	patterns := []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*", "/usr/local/pgsql/bin"}
	if goos == "darwin" {
		patterns = []string{
			"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
			"/opt/homebrew/opt/postgresql/bin", "/usr/local/opt/postgresql/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin", "/opt/local/lib/postgresql*/bin",
		}
	}
	if goos == "linux" {
		patterns = append(patterns, "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin")
	}
	var dirs []string
	for _, pattern := range patterns {
		// The only error is a malformed pattern.
		matches, _ := filepath.Glob(pattern)
		dirs = append(dirs, matches...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return cmp.Compare(versionIn(b), versionIn(a)) })
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// versionIn returns the last number in a path, or 0.
func versionIn(path string) int {
	numbers := digits.FindAllString(path, -1)
	if len(numbers) == 0 {
		return 0
	}
	n, err := strconv.Atoi(numbers[len(numbers)-1])
	if err != nil {
		return 0
	}
	return n
}

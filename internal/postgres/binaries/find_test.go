package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// install makes a directory of programs that say they are of the given version.
func install(t *testing.T, dir, version string, programs ...string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs of these tests are shell scripts")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n", program, version)
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	t.Parallel()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	old := install(t, filepath.Join(root, "old"), "13.9", InitDB, Postgres)
	fifteen := install(t, filepath.Join(root, "15"), "15.18 (Debian 15.18-0+deb12u1)", InitDB, Postgres, PgDump)
	seventeen := install(t, filepath.Join(root, "17"), "17.6", InitDB, Postgres)
	half := install(t, filepath.Join(root, "half"), "16.1", Postgres)
	tools := install(t, filepath.Join(root, "tools"), "18beta1", PgDump)
	broken := install(t, filepath.Join(root, "broken"), "", InitDB, Postgres)
	links := filepath.Join(root, "links")
	if err := os.Mkdir(links, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{InitDB, Postgres} {
		if err := os.Symlink(filepath.Join(fifteen, program), filepath.Join(links, program)); err != nil {
			t.Fatal(err)
		}
	}
	refuse := func(found Installation) error {
		if found.BinDir == fifteen {
			return errors.New("not this one")
		}
		return nil
	}

	for name, c := range map[string]struct {
		query  Query
		places []string
		want   string   // directory
		error  []string // parts of the error
	}{
		"the first that will do":   {Query{}, []string{filepath.Join(root, "none"), old, half, fifteen, seventeen}, fifteen, nil},
		"the wanted version":       {Query{Major: 17}, []string{fifteen, seventeen}, seventeen, nil},
		"a link is followed":       {Query{}, []string{links}, fifteen, nil},
		"near before elsewhere":    {Query{Near: []string{seventeen}}, []string{fifteen}, seventeen, nil},
		"other programs":           {Query{Programs: []string{PgDump}, AtLeast: 17}, []string{fifteen, seventeen, tools}, tools, nil},
		"only the named directory": {Query{BinDir: seventeen}, []string{fifteen}, seventeen, nil},
		"one that will not do":     {Query{Usable: refuse}, []string{fifteen, seventeen}, seventeen, nil},
		"nothing":                  {Query{}, []string{}, "", []string{"no suitable PostgreSQL", "version 14 or newer wanted"}},
		"nothing in the named directory": {
			Query{BinDir: half}, []string{fifteen}, "", []string{"no initdb and postgres in " + half},
		},
		"the wrong version in the named directory": {
			Query{BinDir: fifteen, Major: 17}, []string{seventeen}, "", []string{"version 17 wanted", "15.18 in " + fifteen},
		},
		"too old":        {Query{}, []string{old}, "", []string{"found 13.9 in " + old}},
		"no version":     {Query{}, []string{broken}, "", []string{broken, "names no version"}},
		"all refused":    {Query{Usable: refuse}, []string{fifteen}, "", []string{"not this one"}},
		"at least":       {Query{AtLeast: 16}, []string{fifteen}, "", []string{"version 16 or newer wanted"}},
		"the exact wins": {Query{Major: 15, AtLeast: 17}, []string{fifteen}, fifteen, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.query.Places = c.places
			got, err := Find(t.Context(), c.query)
			if c.error == nil {
				if err != nil || got.BinDir != c.want {
					t.Errorf("found %v, %v; want %s", got, err, c.want)
				}
				return
			}
			if !errors.Is(err, ErrNotFound) {
				t.Fatalf("found %v, %v", got, err)
			}
			for _, part := range c.error {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
		})
	}
}

func TestFindStops(t *testing.T) {
	t.Parallel()
	dir := install(t, t.TempDir(), "17.6", InitDB, Postgres)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, Query{Places: []string{dir}}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"postgres (PostgreSQL) 17.6":                            "17.6 17",
		"pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": "15.18 15",
		"postgres (PostgreSQL) 18beta1":                         "18beta1 18",
		"postgres (PostgreSQL) 19devel":                         "19devel 19",
		"postgres (EDB) 17.6":                                   "",
		"":                                                      "",
		"postgres (PostgreSQL) 99999999999999999999999999999999999": "",
	} {
		version, major, err := parseVersion(text)
		if got := fmt.Sprintf("%s %d", version, major); (err == nil) != (want != "") || (err == nil && got != want) {
			t.Errorf("parseVersion(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goos, goarch string
		musl         bool
		want         string
	}{
		{"linux", "amd64", false, "linux-amd64"},
		{"linux", "amd64", true, "linux-amd64-alpine"},
		{"linux", "arm64", false, "linux-arm64v8"},
		{"linux", "arm64", true, "linux-arm64v8-alpine"},
		{"darwin", "arm64", false, "darwin-arm64v8"},
		{"darwin", "amd64", true, "darwin-amd64"},
		{"windows", "amd64", false, "windows-amd64"},
		{"windows", "arm64", false, ""},
		{"linux", "riscv64", false, ""},
		{"plan9", "amd64", false, ""},
	} {
		osName, arch, err := platform(c.goos, c.goarch, c.musl)
		if got := osName + "-" + arch; (err == nil) != (c.want != "") || (err == nil && got != c.want) {
			t.Errorf("platform(%s, %s, %v) = %q, %v; want %q", c.goos, c.goarch, c.musl, got, err, c.want)
		}
	}
}

func TestDownloadVersion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wanted string
		major  int
		want   string
	}{
		{"17.6.0", 0, "17.6.0"},
		{"18.1.0", 18, "18.1.0"},
		{"17.6.0", 16, "16.9.0"},
		{"17.6.0", 12, ""},
	} {
		if got := DownloadVersion(c.wanted, c.major); got != c.want {
			t.Errorf("DownloadVersion(%s, %d) = %q, want %q", c.wanted, c.major, got, c.want)
		}
	}
}

func TestUsualPlaces(t *testing.T) {
	t.Parallel()
	if got := []int{versionIn("/usr/lib/postgresql/17/bin"), versionIn("/usr/bin"), versionIn("/a9/99999999999999999999")}; got[0] != 17 || got[1] != 0 || got[2] != 0 {
		t.Errorf("the numbers are %v", got)
	}
}

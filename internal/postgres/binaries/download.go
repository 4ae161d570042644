package binaries

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	// DefaultRepository is the public Maven repository that holds the builds of the zonkyio project.
	DefaultRepository = "https://repo1.maven.org/maven2"
	// DefaultVersion is the version that is downloaded for a new database.
	DefaultVersion = "17.6.0"
)

// Source says which build of the server to download, from where and to where.
type Source struct {
	// BaseURL is the base of a repository in Maven's layout, http or https.
	BaseURL string
	// Version is the version of the build, for example "17.6.0".
	Version string
	// Dir is the directory to unpack to: the programs come to Dir/postgres-<version>/bin.
	Dir string
	// Logger is told of the progress.
	Logger *slog.Logger
	// stall is how long the repository may send nothing. Default: stallPatience.
	stall time.Duration
}

// versionShape keeps a version from leading elsewhere when it becomes part of a path.
var versionShape = regexp.MustCompile(`^\d+(\.\d+)*$`)

// DownloadVersion returns the version to download for a database of the given major version (0: a new database, for which
// it is the wanted version itself), or "" when none is known.
func DownloadVersion(wanted string, major int) string {
	first, _, _ := strings.Cut(wanted, ".")
	if major == 0 || first == strconv.Itoa(major) {
		return wanted
	}
	// For databases that an installation made which has been upgraded or removed since.
	return map[int]string{18: "18.3.0", 17: DefaultVersion, 16: "16.9.0", 15: "15.13.0", 14: "14.18.0"}[major]
}

// Download returns the server's programs in source.Dir, after downloading them when they are not there yet.
//
// The archive must match the SHA-256 checksum that the repository holds beside it; without one nothing is unpacked. What a
// broken or cancelled download leaves is never taken for the programs.
func Download(ctx context.Context, source Source) (Installation, error) {
	if !versionShape.MatchString(source.Version) {
		return Installation{}, fmt.Errorf("%q is not a version of PostgreSQL to download, such as %s", source.Version, DefaultVersion)
	}
	if source.Logger == nil {
		source.Logger = slog.New(slog.DiscardHandler)
	}
	if source.stall == 0 {
		source.stall = stallPatience
	}
	home := filepath.Join(source.Dir, "postgres-"+source.Version)
	bin := filepath.Join(home, "bin")
	if !hasAll(bin, []string{InitDB, Postgres}) {
		if err := source.install(ctx, home); err != nil {
			return Installation{}, fmt.Errorf("downloading PostgreSQL %s: %w", source.Version, err)
		}
	}
	found, err := Inspect(ctx, bin, Postgres, InitDB)
	if err != nil {
		return Installation{}, fmt.Errorf("trying the downloaded PostgreSQL: %w. "+
			"If this keeps failing, remove %s and install PostgreSQL with your system's package manager", err, home)
	}
	return found, nil
}

// install downloads and unpacks under temporary names, and puts the result in its place in one step.
func (s Source) install(ctx context.Context, home string) (err error) {
	osName, arch, err := platform(runtime.GOOS, runtime.GOARCH, isMusl())
	if err != nil {
		return err
	}
	//nolint:gosec // the server may run as another user, who must reach its programs
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("making its directory: %w", err)
	}
	s.sweep()
	work, err := os.MkdirTemp(s.Dir, workPrefix)
	if err != nil {
		return fmt.Errorf("making its directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()

	archive := filepath.Join(work, "archive.jar")
	address := s.address(osName, arch)
	began := time.Now()
	s.Logger.InfoContext(ctx, "No PostgreSQL is installed: downloading it.", "version", s.Version, "from", redacted(address))
	if err := s.fetch(ctx, address, archive); err != nil {
		return err
	}
	tree := filepath.Join(work, "tree")
	if err := unpack(ctx, archive, tree); err != nil {
		return fmt.Errorf("unpacking it: %w", err)
	}
	if !hasAll(filepath.Join(tree, "bin"), []string{InitDB, Postgres}) {
		return errors.New("the archive holds no bin/initdb and bin/postgres")
	}
	// Something incomplete may stand there: someone removed a program of it.
	if err := os.RemoveAll(home); err != nil {
		return fmt.Errorf("putting it in its place: %w", err)
	}
	if err := os.Rename(tree, home); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("putting it in its place: %w", err)
	}
	s.Logger.InfoContext(ctx, "PostgreSQL is downloaded.", "version", s.Version, "directory", home, "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// workPrefix begins the names of directories that a download goes on in.
const workPrefix = ".postgres-download-"

// sweep removes what killed downloads left. The caller holds the lock on the data directory.
func (s Source) sweep() {
	leftovers, _ := filepath.Glob(filepath.Join(s.Dir, workPrefix+"*"))
	for _, path := range leftovers {
		_ = os.RemoveAll(path)
	}
}

// address returns where the archive is in the repository; its checksum is at the same address with ".sha256" added.
func (s Source) address(osName, arch string) string {
	artifact := "embedded-postgres-binaries-" + osName + "-" + arch
	return fmt.Sprintf("%s/io/zonky/test/postgres/%s/%s/%s-%s.jar",
		strings.TrimRight(s.BaseURL, "/"), artifact, s.Version, artifact, s.Version)
}

// platform returns the repository's names for an operating system and a processor.
func platform(goos, goarch string, musl bool) (osName, arch string, err error) {
	arch, ok := map[string]string{"amd64": "amd64", "arm64": "arm64v8", "386": "i386", "ppc64le": "ppc64le"}[goarch]
	supported := goos == "linux" || ((goos == "darwin") && (goarch == "amd64" || goarch == "arm64")) || (goos == "windows" && goarch == "amd64")
	if !ok || !supported {
		return "", "", fmt.Errorf("there is no build of PostgreSQL for %s on %s to download", goos, goarch)
	}
	if goos == "linux" && musl {
		arch += "-alpine"
	}
	return goos, arch, nil
}

// isMusl reports whether this system's C library is musl, as on Alpine, for which there are builds of their own.
func isMusl() bool {
	if _, err := os.Stat("/etc/alpine-release"); err == nil {
		return true
	}
	loaders, _ := filepath.Glob("/lib/ld-musl-*.so.1")
	libraries, _ := filepath.Glob("/lib*/ld-linux*.so.*")
	return len(loaders) > 0 && len(libraries) == 0
}

package binaries

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/ulikunitz/xz"
)

const (
	// maxUnpackedBytes and maxEntries stop an archive that unpacks to more than any build of PostgreSQL: about 100 MB in
	// 3,000 files.
	maxUnpackedBytes = 1 << 30
	maxEntries       = 50_000
)

// unpack unpacks the archive, a zip that holds one .txz, to a new directory. The checksum has shown that the archive is what
// the repository holds, not that it is harmless: no entry comes to lie or lead outside of the directory.
func unpack(ctx context.Context, archive, dir string) (err error) {
	outer, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("opening the archive: %w", err)
	}
	defer func() { err = errors.Join(err, outer.Close()) }()
	var inner *zip.File
	for _, file := range outer.File {
		if strings.HasSuffix(file.Name, ".txz") && !file.FileInfo().IsDir() {
			if inner != nil {
				return errors.New("the archive holds more than one .txz")
			}
			inner = file
		}
	}
	if inner == nil {
		return errors.New("the archive holds no .txz")
	}
	compressed, err := inner.Open()
	if err != nil {
		return fmt.Errorf("opening %s: %w", inner.Name, err)
	}
	defer func() { err = errors.Join(err, compressed.Close()) }()
	plain, err := xz.NewReader(compressed)
	if err != nil {
		return fmt.Errorf("opening %s: %w", inner.Name, err)
	}
	//nolint:gosec // the server may run as another user, who must reach its programs
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	// The root resolves every name within the directory, symbolic links included.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the directory: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := extract(ctx, tar.NewReader(plain), root); err != nil {
		return err
	}
	return inspectTree(root)
}

// inspectTree checks where each symbolic link of the finished tree really leads, since a link to a directory may change what
// a link below it means. It also opens the directories to all users, whatever our umask is.
func inspectTree(root *os.Root) error {
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return root.Chmod(name, 0o755)
		case entry.Type()&fs.ModeSymlink != 0:
			if _, err := root.Stat(name); err != nil {
				return fmt.Errorf("entry %q does not lead to a file of the archive: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("checking what was unpacked: %w", err)
	}
	return nil
}

func extract(ctx context.Context, entries *tar.Reader, root *os.Root) error {
	left := int64(maxUnpackedBytes)
	for count := 0; ; count++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("interrupted: %w", context.Cause(ctx))
		}
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the archive: %w", err)
		}
		if count >= maxEntries {
			return fmt.Errorf("the archive has more than %d entries", maxEntries)
		}
		left -= header.Size
		if header.Size < 0 || left < 0 {
			return fmt.Errorf("the archive unpacks to more than %d bytes", maxUnpackedBytes)
		}
		if err := extractEntry(entries, header, root); err != nil {
			return fmt.Errorf("entry %q: %w", header.Name, err)
		}
	}
}

func extractEntry(content io.Reader, header *tar.Header, root *os.Root) error {
	name := path.Clean(header.Name)
	if !fs.ValidPath(name) {
		return errors.New("it would lie outside of the directory")
	}
	if parent := path.Dir(name); parent != "." {
		if err := root.MkdirAll(parent, 0o755); err != nil {
			return fmt.Errorf("making its directory: %w", err)
		}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(name, 0o755); err != nil {
			return fmt.Errorf("making the directory: %w", err)
		}
	case tar.TypeReg:
		return writeFile(content, header, name, root)
	case tar.TypeSymlink:
		//nolint:gosec // it is checked here, and made within the root
		if path.IsAbs(header.Linkname) || !fs.ValidPath(path.Join(path.Dir(name), header.Linkname)) {
			return fmt.Errorf("it would lead outside of the directory, to %q", header.Linkname)
		}
		if err := root.Symlink(header.Linkname, name); err != nil {
			return fmt.Errorf("making the link: %w", err)
		}
	case tar.TypeLink:
		if err := root.Link(path.Clean(header.Linkname), name); err != nil {
			return fmt.Errorf("making the link: %w", err)
		}
	case tar.TypeXGlobalHeader:
	default:
		return fmt.Errorf("it is of a kind that does not belong here (%q)", header.Typeflag)
	}
	return nil
}

// writeFile writes a regular file that is not there yet. Of its mode only the right to execute is taken over: no set-user-id,
// and nobody but us may write to it.
func writeFile(content io.Reader, header *tar.Header, name string, root *os.Root) error {
	mode := fs.FileMode(0o644)
	if header.Mode&0o111 != 0 {
		mode = 0o755
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	// The size is bounded by the caller.
	_, err = io.CopyN(file, content, header.Size)
	if err == nil {
		// Whatever our umask is: the server's user must be able to read it.
		err = file.Chmod(mode)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return nil
}

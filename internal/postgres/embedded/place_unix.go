//go:build unix

package embedded

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place is where the server's files are.
type place struct {
	dir     string // the data directory, as the user knows it
	base    string // the directory that holds the rest: dir, or one below the state root
	cluster string // the cluster, usually base/pg
	account account
}

// locate finds the place of the cluster in dir, or chooses one. A cluster that cannot live in dir is linked from dir/pg,
// and that link is all that ties it to dir: a data directory removed and made anew begins with an empty database.
func locate(ctx context.Context, dir string, cfg Config) (place, error) {
	p := place{dir: dir, base: dir, cluster: filepath.Join(dir, "pg"), account: chooseAccount(filepath.Join(dir, "pg"))}
	info, err := os.Lstat(p.cluster)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if p.account.canEnter(ctx, dir) == nil {
			return p, nil
		}
		if err := ctx.Err(); err != nil {
			return place{}, fmt.Errorf("starting the embedded database: %w", err)
		}
		return p.elsewhere(ctx, cfg)
	case err != nil:
		return place{}, fmt.Errorf("finding the database: %w%s", err, ownerHint(dir, err))
	case info.Mode()&fs.ModeSymlink != 0:
		return p.follow(ctx, cfg.stateRoot)
	}
	if err := p.account.canEnter(ctx, dir); err != nil {
		return place{}, fmt.Errorf("reaching the database in %s: %w. "+
			"Move the data directory to where all users can pass, or run as an ordinary user", dir, err)
	}
	return p, nil
}

// elsewhere makes a place below the state root and links it from dir/pg. The link comes before the cluster, so that a kill
// in between leaves nothing that the next start does not find.
func (p place) elsewhere(ctx context.Context, cfg Config) (place, error) {
	sum := sha256.Sum256([]byte(p.dir))
	suffix := make([]byte, 3)
	_, _ = rand.Read(suffix) // never fails
	base := filepath.Join(cfg.stateRoot, hex.EncodeToString(sum[:6])+"-"+hex.EncodeToString(suffix))
	if err := makeOpenDir(base); err != nil {
		return place{}, fmt.Errorf("making a place for the database that user %s can reach: %w", p.account.name, err)
	}
	if err := p.account.canEnter(ctx, base); err != nil {
		return place{}, fmt.Errorf("user %s can reach neither %s nor %s to keep the database in: %w", p.account.name, p.dir, cfg.stateRoot, err)
	}
	link := p.cluster
	p.base, p.cluster = base, filepath.Join(base, "pg")
	if err := os.Symlink(p.cluster, link); err != nil {
		return place{}, fmt.Errorf("linking the database: %w", err)
	}
	cfg.Logger.InfoContext(ctx, "PostgreSQL must not run as root, so it runs as another user. That user cannot reach the data directory: "+
		"the database is kept elsewhere, and linked from the data directory.",
		"user", p.account.name, "database", p.cluster, "link", link)
	return p, nil
}

// follow goes where the link dir/pg leads. The socket and downloaded programs stand beside a cluster that we put there, and
// also beside one that the user did where the server's user cannot reach dir.
func (p place) follow(ctx context.Context, root string) (place, error) {
	link := p.cluster
	target, err := os.Readlink(link)
	if err != nil {
		return place{}, fmt.Errorf("finding the database: %w", err)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(p.dir, target)
	}
	base := filepath.Dir(target)
	if _, err := os.Stat(base); err != nil {
		return place{}, fmt.Errorf("the database that %s links to is gone: %w. Bring it back, or remove the link to begin with an empty database", link, err)
	}
	p.cluster = target
	if strings.HasPrefix(target, root+string(filepath.Separator)) || p.account.canEnter(ctx, p.dir) != nil {
		p.base = base
	}
	return p, nil
}

// makeOpenDir makes a directory and those above it, so that other users can pass through whatever our umask is. Directories
// that are there already are left as they are.
func makeOpenDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeOpenDir(parent); err != nil {
			return err
		}
	}
	const open = 0o755
	if err := os.Mkdir(dir, open); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return fmt.Errorf("%w%s", err, ownerHint(filepath.Dir(dir), err))
	}
	return os.Chmod(dir, open)
}

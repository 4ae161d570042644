//go:build unix

package embedded

import (
	"context"
	"os"
	"path/filepath"
)

func running(ctx context.Context, cfg Config) (url string, ok bool, err error) {
	if _, err := os.Lstat(filepath.Join(cfg.Dir, "pg")); err != nil {
		return "", false, nil //nolint:nilerr // there never was one
	}
	dir, err := makeDir(cfg.Dir)
	if err != nil {
		return "", false, err
	}
	if unlock, err := lockDir(dir); err == nil {
		unlock()
		return "", false, nil
	}
	place, err := locate(ctx, dir, cfg)
	if err != nil {
		return "", false, err
	}
	socket, err := makeSocketDir(place)
	if err != nil {
		return "", false, err
	}
	return socket.url(Database), true, nil
}

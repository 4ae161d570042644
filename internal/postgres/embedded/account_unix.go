//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// nobody is the id of the user without rights on systems that have no such user by name.
const nobody = 65534

// account is the user that the server runs as. PostgreSQL refuses to run as root, so when we are root it is another one.
type account struct {
	name     string
	uid, gid int
	other    bool // not our own user: the server's files are handed to it
}

// chooseAccount returns our own user, or when that is root: the owner of the cluster that is already there, so that an
// ordinary user's data stays theirs; else postgres; else nobody.
func chooseAccount(cluster string) account {
	uid := os.Geteuid()
	if uid != 0 {
		return account{name: userName(uint32(uid)), uid: uid, gid: os.Getegid()} //nolint:gosec // ids fit
	}
	if owner, ok := ownerOf(cluster); ok && owner != 0 {
		if u, err := user.LookupId(strconv.FormatUint(uint64(owner), 10)); err == nil {
			if a, ok := accountOf(u); ok {
				return a
			}
		}
		return account{name: userName(owner), uid: int(owner), gid: nobody, other: true}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			if a, ok := accountOf(u); ok {
				return a
			}
		}
	}
	return account{name: strconv.Itoa(nobody), uid: nobody, gid: nobody, other: true}
}

func accountOf(u *user.User) (account, bool) {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil || uid <= 0 {
		return account{}, false
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil || gid <= 0 {
		gid = nobody
	}
	return account{name: u.Username, uid: uid, gid: gid, other: true}, true
}

// attributes returns what a process needs to run as the account, in a process group of its own so that a terminal's ^C
// does not reach it before us. Root's supplementary groups are dropped.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.other {
		attr.Credential = &syscall.Credential{
			Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: []uint32{}, //nolint:gosec // ids fit
		}
	}
	return attr
}

// canRun returns nil when the account can run the program in the directory. Trying it tells more than looking at modes.
func (a account) canRun(ctx context.Context, program, dir string) error {
	if !a.other {
		return nil
	}
	cmd := exec.CommandContext(ctx, program, "--version")
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.SysProcAttr = a.attributes()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("PostgreSQL must not run as root, and user %s cannot run %s in %s: %w", a.name, program, dir, err)
	}
	return nil
}

// canEnter returns nil when the account can pass through all of the path down to dir.
func (a account) canEnter(ctx context.Context, dir string) error {
	err := a.canRun(ctx, "/bin/sh", dir)
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		// The shell did run, but some do not know --version.
		return nil
	}
	return err
}

// own hands a file to the account.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	if err := os.Lchown(path, a.uid, a.gid); err != nil {
		return fmt.Errorf("handing %s to user %s: %w", path, a.name, err)
	}
	return nil
}

// ownAll hands a whole tree to the account, unless its top shows that this has been done.
func (a account) ownAll(dir string) error {
	if !a.other {
		return nil
	}
	if owner, ok := ownerOf(dir); ok && int(owner) == a.uid {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		return a.own(path)
	})
	if err != nil {
		return fmt.Errorf("handing %s to user %s: %w", dir, a.name, err)
	}
	// The top comes last: it says that all is done.
	return a.own(dir)
}

// ownerOf returns the id of the user that owns what path leads to.
func ownerOf(path string) (uid uint32, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

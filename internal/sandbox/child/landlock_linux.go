package child

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What Landlock can refuse, by the version of its interface that brought it.
const (
	landlockFiles1 = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	landlockFiles2  = landlockFiles1 | unix.LANDLOCK_ACCESS_FS_REFER
	landlockFiles3  = landlockFiles2 | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	landlockFiles5  = landlockFiles3 | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	landlockNet4    = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	landlockScopes6 = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
)

const (
	// landlockSyncs is the version from which the kernel itself binds every thread.
	landlockSyncs = 8
	// landlockSignalsFixed says that threads may signal one another although each was bound by itself. The runtime's
	// scheduler needs that.
	landlockSignalsFixed = 1 << 1
)

// landlockAttr returns all that a version of Landlock can refuse, and the size of what that version reads. Versions that
// are not known yet are used as the newest that is.
func landlockAttr(version uintptr) (unix.LandlockRulesetAttr, uintptr) {
	const sizeFiles, sizeNet, sizeScopes = 8, 16, 24
	switch {
	case version >= 6:
		return unix.LandlockRulesetAttr{
			Handled_access_fs: landlockFiles5, Handled_access_net: landlockNet4, Scoped: landlockScopes6,
		}, sizeScopes
	case version == 5:
		return unix.LandlockRulesetAttr{Handled_access_fs: landlockFiles5, Handled_access_net: landlockNet4}, sizeNet
	case version == 4:
		return unix.LandlockRulesetAttr{Handled_access_fs: landlockFiles3, Handled_access_net: landlockNet4}, sizeNet
	case version == 3:
		return unix.LandlockRulesetAttr{Handled_access_fs: landlockFiles3}, sizeFiles
	case version == 2:
		return unix.LandlockRulesetAttr{Handled_access_fs: landlockFiles2}, sizeFiles
	default:
		return unix.LandlockRulesetAttr{Handled_access_fs: landlockFiles1}, sizeFiles
	}
}

// errLandlockThread is the error where only this thread could be bound.
var errLandlockThread = errors.New("the kernel's Landlock binds one thread only in a program that is linked with C")

// refusePaths has Landlock refuse every path, and TCP, abstract sockets and signals to others where it can. Where the
// program is linked with C, and the kernel cannot reach all threads by itself, only this thread is bound; the error says
// so.
func refusePaths() error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return errno
	}
	attr, size := landlockAttr(version)
	if version < landlockSyncs && !landlockErratum(landlockSignalsFixed) {
		attr.Scoped &^= unix.LANDLOCK_SCOPE_SIGNAL
	}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0) //nolint:gosec // the call's own shape
	if errno != 0 {
		return errno
	}
	defer func() { _ = unix.Close(int(rules)) }()
	// The kernel demands it of every thread that binds itself without privilege, and the runtime gives up if one thread is
	// refused what another is granted. In a program that is linked with C it binds this thread, which is what is needed.
	_ = noNewPrivileges()
	if version >= landlockSyncs {
		if _, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, unix.LANDLOCK_RESTRICT_SELF_TSYNC, 0); errno == 0 {
			return nil
		}
	}
	if _, _, errno = syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno == 0 {
		return nil
	}
	_, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0)
	if errno != 0 {
		return errno
	}
	return errLandlockThread
}

// landlockErratum reports whether the kernel has a correction of Landlock.
func landlockErratum(bit uintptr) bool {
	fixed, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_ERRATA)
	return errno == 0 && fixed&bit != 0
}

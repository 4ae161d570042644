package child

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"peneira/internal/sandbox/wire"
)

// nobody is the user and group that a sandbox becomes when it is started as root.
const nobody = 65534

// dataRoom is what RLIMIT_DATA leaves above a quarter more than the memory limit: memory that the runtime has mapped and
// given back counts as data, but is not resident.
const dataRoom = 64 << 20

// lockDown gives up what the process does not need and returns what it could give up. Nothing here is fatal: the parent
// reports what is missing.
func lockDown(memoryBytes int64) wire.Measure {
	var active wire.Measure
	if dropRoot() == nil {
		active |= wire.Unprivileged
	}
	// The kernel forgets the parent-death signal when the user changes, so it is asked for after that. A parent that died
	// before has closed the channel, and no script is ever read.
	if unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0) == nil {
		active |= wire.ParentDeath
	}
	if noNewPrivileges() == nil {
		active |= wire.NoNewPrivs
	}
	if limitData(memoryBytes) == nil {
		active |= wire.DataLimit
	}
	if limitFiles() == nil {
		active |= wire.ProcessLimits
	}
	return active
}

// dropRoot makes every thread an unprivileged user's, if it is root's. Supplementary groups go first.
func dropRoot() error {
	if os.Getuid() != 0 && os.Geteuid() != 0 {
		return nil
	}
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setresgid(nobody, nobody, nobody); err != nil {
		return err
	}
	return syscall.Setresuid(nobody, nobody, nobody)
}

// noNewPrivileges binds every thread. Where the program is linked with C the runtime cannot reach them all: then this
// thread and those that it starts are bound, and the measure does not count as active.
func noNewPrivileges() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno == 0 {
		return nil
	}
	return errors.Join(errno, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
}

// limitData is the second line behind the parent's memory watch: it stops a native that fills memory faster than the
// watch looks.
func limitData(memoryBytes int64) error {
	used, err := dataBytes()
	if err != nil {
		return err
	}
	most := uint64(used + memoryBytes + memoryBytes/4 + dataRoom) //nolint:gosec // all are positive and far from overflow
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most})
}

// dataBytes reads how much data the process has mapped.
func dataBytes() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	// The fields are: size, resident, shared, text, 0, data, 0, in pages.
	fields := strings.Fields(string(text))
	const dataField = 5
	if len(fields) <= dataField {
		return 0, errors.New("statm has too few fields")
	}
	pages, err := strconv.ParseInt(fields[dataField], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// limitFiles forbids core dumps, written files and new descriptors.
func limitFiles() error {
	return errors.Join(
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
		unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{}),
		unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: channelDescriptor + 1, Max: channelDescriptor + 1}),
	)
}

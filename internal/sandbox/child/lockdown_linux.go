package child

import (
	"errors"
	"os"
	"runtime"
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

// layer is one protection that the process puts up around itself.
type layer struct {
	measure wire.Measure
	raise   func() error
}

// layers lists the protections in the order in which they must be put up: the first still need what the later ones
// take away.
func layers(memoryBytes int64) []layer {
	events := eventDescriptors()
	return []layer{
		{wire.DataLimit, func() error { return limitData(memoryBytes) }},
		{wire.EmptyRoot, emptyRoot},
		{wire.Unprivileged, dropRoot},
		// The kernel forgets the parent-death signal when the user changes, so it is asked for after that. A parent that
		// died before has closed the channel, and no script is ever read.
		{wire.ParentDeath, func() error { return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0) }},
		{wire.NoNewPrivs, noNewPrivileges},
		{wire.Landlock, refusePaths},
		{wire.ProcessLimits, limitFiles},
		{wire.Seccomp, func() error { return filterCalls(events) }},
	}
}

// lockDown gives up what the process does not need and returns what it could give up. Nothing here is fatal: the parent
// reports what is missing, and refuses the process if it was told to.
func lockDown(memoryBytes int64) wire.Measure { return putUp(memoryBytes, wire.AllMeasures) }

// putUp puts up the wanted layers and returns those that stand.
func putUp(memoryBytes int64, wanted wire.Measure) wire.Measure {
	// Some layers bind this thread first and the others from it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var active wire.Measure
	for _, l := range layers(memoryBytes) {
		if wanted&l.measure != 0 && l.raise() == nil {
			active |= l.measure
		}
	}
	if active&wire.Seccomp != 0 {
		active |= wire.NoNewPrivs // which the filter takes to every thread together with itself
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

// emptyRoot makes a directory without files the root, where the process may: as root. It is a second line behind
// Landlock, and the only one on kernels without it. The directory is one that every system has.
func emptyRoot() error {
	if err := unix.Chroot("/proc/self/fdinfo"); err != nil {
		return err
	}
	return unix.Chdir("/")
}

// noNewPrivileges binds every thread. Where the program is linked with C the runtime cannot reach them all: then only
// this thread is bound, until the filter of system calls takes it to the others.
func noNewPrivileges() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno == 0 {
		return nil
	}
	return errors.Join(errno, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
}

// eventDescriptors returns the descriptors with which the runtime's poller wakes itself up. They are there since the
// warm-up, which used a timer.
func eventDescriptors() []uint32 {
	var found []uint32
	const most = 32 // the runtime opens its own among the first
	for fd := range uint32(most) {
		to, err := os.Readlink("/proc/self/fd/" + strconv.FormatUint(uint64(fd), 10))
		if err == nil && to == "anon_inode:[eventfd]" {
			found = append(found, fd)
		}
	}
	return found
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

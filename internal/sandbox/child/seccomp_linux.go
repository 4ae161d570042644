//go:build amd64 || arm64

package child

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// filterCalls has the kernel refuse, on every thread, all system calls but those that the runtime needs to run on. A
// refused call fails with EPERM, which is what a probe sees; a call of another architecture, which could slip through
// under another number, ends the process.
func filterCalls(events []uint32) error {
	filter := assemble(allowedCalls(uint32(os.Getpid()), events))           //nolint:gosec // process ids are small
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]} //nolint:gosec // a few hundred instructions
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	//nolint:gosec // the call's own shape
	failed, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return errno
	case failed != 0:
		return unix.ESRCH // a thread has a filter of its own, so that not all could be bound
	}
	return nil
}

// call is a system call that is allowed, if its argument is as one of the conditions says. Without conditions it always
// is.
type call struct {
	number   uint32
	argument uint32 // which one the conditions look at, from 0
	equal    []uint32
	clear    uint32 // bits that must not be set; 0: do not look
	set      uint32 // bits that must all be set; 0: do not look
}

// allowedCalls lists what the Go runtime needs, and the C library's threads where the program is linked with C. The most
// frequent come first.
func allowedCalls(pid uint32, events []uint32) []call {
	const stderr = 2
	// A thread of this process. A new process would lack the flag.
	const thread = unix.CLONE_VM | unix.CLONE_SIGHAND | unix.CLONE_THREAD
	const spaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER |
		unix.CLONE_NEWPID | unix.CLONE_NEWNET
	calls := []call{
		{number: unix.SYS_FUTEX},
		{number: unix.SYS_EPOLL_PWAIT},
		{number: unix.SYS_NANOSLEEP},
		{number: unix.SYS_READ, equal: append([]uint32{channelDescriptor}, events...)},
		{number: unix.SYS_WRITE, equal: append([]uint32{channelDescriptor, stderr}, events...)},
		{number: unix.SYS_MADVISE},
		// New memory never holds code. What the program itself is was mapped when it started.
		{number: unix.SYS_MMAP, argument: 2, clear: unix.PROT_EXEC},
		{number: unix.SYS_MPROTECT, argument: 2, clear: unix.PROT_EXEC},
		{number: unix.SYS_MUNMAP},
		{number: unix.SYS_RT_SIGPROCMASK},
		{number: unix.SYS_RT_SIGRETURN},
		{number: unix.SYS_RT_SIGACTION},
		{number: unix.SYS_SIGALTSTACK},
		{number: unix.SYS_SCHED_YIELD},
		{number: unix.SYS_GETPID},
		{number: unix.SYS_GETTID},
		// The scheduler preempts threads by a signal.
		{number: unix.SYS_TGKILL, equal: []uint32{pid}},
		{number: unix.SYS_CLONE, set: thread, clear: spaces},
		{number: unix.SYS_SET_ROBUST_LIST},
		{number: unix.SYS_RSEQ},
		{number: unix.SYS_CLOCK_GETTIME},
		{number: unix.SYS_CLOCK_NANOSLEEP},
		{number: unix.SYS_GETTIMEOFDAY},
		{number: unix.SYS_RESTART_SYSCALL},
		{number: unix.SYS_SCHED_GETAFFINITY},
		{number: unix.SYS_MINCORE},
		{number: unix.SYS_BRK},
		{number: unix.SYS_MREMAP},
		{number: unix.SYS_GETRANDOM},
		// The runtime names its memory.
		{number: unix.SYS_PRCTL, equal: []uint32{unix.PR_SET_VMA}},
		{number: unix.SYS_EXIT},
		{number: unix.SYS_EXIT_GROUP},
	}
	return append(calls, archCalls()...)
}

// Where the kernel shows a filter what is called.
const (
	seccompNumber   = 0
	seccompArch     = 4
	seccompArgument = 16 // of eight bytes each, the low half first
)

// x32 marks the numbers of a second architecture that amd64 processes may use.
const x32 = 0x40000000

// The verdicts of the filter.
const (
	allow  = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	// missing has the C library fall back to clone, whose flags a filter can see.
	missing = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	end     = unix.SECCOMP_RET_KILL_PROCESS
)

// assemble writes the filter.
func assemble(calls []call) []unix.SockFilter {
	f := []unix.SockFilter{
		load(seccompArch),
		jump(unix.BPF_JEQ, auditArch, 1, 0),
		verdict(end),
		load(seccompNumber),
		// No architecture here has numbers that high but x32.
		jump(unix.BPF_JSET, x32, 0, 1),
		verdict(end),
		jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1),
		verdict(missing),
	}
	for _, c := range calls {
		body := c.body()
		f = append(f, jump(unix.BPF_JEQ, c.number, 0, uint8(len(body)))) //nolint:gosec // a few instructions
		f = append(f, body...)
	}
	return append(f, verdict(refuse))
}

// body writes what decides about a call, once the number is known to be its.
func (c call) body() []unix.SockFilter {
	if len(c.equal) == 0 && c.clear == 0 && c.set == 0 {
		return []unix.SockFilter{verdict(allow)}
	}
	body := []unix.SockFilter{load(seccompArgument + 8*c.argument)}
	if c.clear != 0 {
		body = append(body, jump(unix.BPF_JSET, c.clear, 0, 1), verdict(refuse))
	}
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if c.set&bit != 0 {
			body = append(body, jump(unix.BPF_JSET, bit, 1, 0), verdict(refuse))
		}
	}
	for _, value := range c.equal {
		body = append(body, jump(unix.BPF_JEQ, value, 0, 1), verdict(allow))
	}
	if len(c.equal) > 0 {
		return append(body, verdict(refuse))
	}
	return append(body, verdict(allow))
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

// jump skips so many instructions, as the test on what is loaded is true or false.
func jump(test uint16, value uint32, whenTrue, whenFalse uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: whenTrue, Jf: whenFalse, K: value}
}

func verdict(v uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: v} }

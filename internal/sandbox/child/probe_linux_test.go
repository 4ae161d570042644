package child

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"peneira/internal/sandbox/wire"
)

// probeArgument makes the test binary a probe: a child that puts up the layers whose measures the next argument holds,
// and then tries what it should not be able to do.
const probeArgument = "probe"

// orders is what a probe is told to try, and with what.
type orders struct {
	Attempts []string
	Parent   int    // a process id outside
	Port     uint16 // on 127.0.0.1, where something listens
	File     string // a file outside
	Abstract string // the name of an abstract socket, where something listens
}

// probe serves one run: it tries what it is told and answers with the error of each attempt, or "done".
func probe(mask string) {
	// Where the program is linked with C, a layer may bind this thread only.
	runtime.LockOSThread()
	closeInherited()
	wanted, err := strconv.ParseUint(mask, 10, 32)
	check(err)
	in, out := openChannel()
	s := newServer(in, out)
	h, err := wire.ReadHeader(s.in, s.scratch[:wire.HeaderBytes])
	check(err)
	body, err := wire.ReadBody(s.in, h.Length, wire.GreetingBytes)
	check(err)
	hello, err := wire.ParseGreeting(body)
	check(err)
	warmUp()
	s.heap = newHeap()
	report := wire.Report{Active: putUp(hello.MemoryBytes, wire.Measure(wanted))}
	_, err = s.out.Write(wire.AppendFrame(nil, wire.Ready, 0, 0, report.Append(nil)))
	check(err)

	h, err = wire.ReadHeader(s.in, s.scratch[:wire.HeaderBytes])
	check(err)
	body, err = wire.ReadBody(s.in, h.Length, wire.TaskBytes)
	check(err)
	task, err := wire.ParseTask(body)
	check(err)
	_, err = wire.ReadBody(s.in, task.SourceBytes, wire.MaxBodyBytes)
	check(err)
	input, err := wire.ReadBody(s.in, task.InputBytes, wire.MaxBodyBytes)
	check(err)
	var o orders
	check(json.Unmarshal(input, &o))
	results := make(map[string]string)
	for _, name := range o.Attempts {
		errno := attempts[name](o)
		results[name] = unix.ErrnoName(errno)
		if errno == 0 {
			results[name] = "done"
		}
	}
	text, err := json.Marshal(results)
	check(err)
	check(s.answer(h.Run, task.MemoryBytes, answer{output: [][]byte{text}}))
	_, _ = s.in.ReadByte() // until the parent goes
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// attempts are what a probe can try. Each returns the error of its last call, 0 when it worked.
var attempts = map[string]func(o orders) syscall.Errno{
	"read a file":         func(orders) syscall.Errno { return open("/etc/passwd", unix.O_RDONLY) },
	"list a directory":    func(orders) syscall.Errno { return open("/etc", unix.O_RDONLY|unix.O_DIRECTORY) },
	"create a file":       func(orders) syscall.Errno { return open("/tmp/peneira-probe", unix.O_CREAT|unix.O_WRONLY) },
	"write to a device":   func(orders) syscall.Errno { return open("/dev/null", unix.O_WRONLY) },
	"read /proc/self":     func(orders) syscall.Errno { return open("/proc/self/status", unix.O_RDONLY) },
	"read its own memory": func(orders) syscall.Errno { return open("/proc/self/mem", unix.O_RDWR) },
	"read /proc/parent": func(o orders) syscall.Errno {
		return open("/proc/"+strconv.Itoa(o.Parent)+"/status", unix.O_RDONLY)
	},
	"make a directory": func(orders) syscall.Errno {
		return raw(unix.SYS_MKDIRAT, atCWD, text("/tmp/peneira-probe-dir"), 0o777)
	},
	"remove a file": func(o orders) syscall.Errno { return raw(unix.SYS_UNLINKAT, atCWD, text(o.File), 0) },
	"execute": func(orders) syscall.Errno {
		argv := []*byte{&[]byte("true\x00")[0], nil}
		return raw(unix.SYS_EXECVE, text("/bin/true"), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&argv[1])))
	},
	"execute by descriptor": func(orders) syscall.Errno {
		argv := []*byte{&[]byte("true\x00")[0], nil}
		p := uintptr(unsafe.Pointer(&argv[0]))
		return raw(unix.SYS_EXECVEAT, atCWD, text("/bin/true"), p, uintptr(unsafe.Pointer(&argv[1])))
	},
	"fork":                 fork,
	"fork by clone3":       func(orders) syscall.Errno { return raw(unix.SYS_CLONE3, 0, 0) },
	"make a TCP socket":    func(orders) syscall.Errno { return socket(unix.AF_INET, nil) },
	"make a UDP socket":    func(orders) syscall.Errno { return raw(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM, 0) },
	"make a packet socket": func(orders) syscall.Errno { return raw(unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_RAW, 0) },
	"make a netlink socket": func(orders) syscall.Errno {
		return raw(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW, 0)
	},
	"make a pair of sockets": func(orders) syscall.Errno {
		var fds [2]int32
		return raw(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, uintptr(unsafe.Pointer(&fds)))
	},
	"connect": func(o orders) syscall.Errno {
		return socket(unix.AF_INET, func(fd int) error {
			return unix.Connect(fd, &unix.SockaddrInet4{Port: int(o.Port), Addr: [4]byte{127, 0, 0, 1}})
		})
	},
	"bind": func(orders) syscall.Errno {
		return socket(unix.AF_INET, func(fd int) error { return unix.Bind(fd, &unix.SockaddrInet4{}) })
	},
	"connect to an abstract socket": func(o orders) syscall.Errno {
		return socket(unix.AF_UNIX, func(fd int) error { return unix.Connect(fd, &unix.SockaddrUnix{Name: "@" + o.Abstract}) })
	},
	"signal the parent": func(o orders) syscall.Errno { return raw(unix.SYS_KILL, uintptr(o.Parent), 0) },
	"signal a thread of the parent": func(o orders) syscall.Errno {
		return raw(unix.SYS_TGKILL, uintptr(o.Parent), uintptr(o.Parent), 0)
	},
	"signal everyone":     func(orders) syscall.Errno { return raw(unix.SYS_KILL, ^uintptr(0), 0) },
	"queue a signal":      func(o orders) syscall.Errno { return raw(unix.SYS_RT_SIGQUEUEINFO, uintptr(o.Parent), 0, 0) },
	"trace":               func(orders) syscall.Errno { return raw(unix.SYS_PTRACE, unix.PTRACE_TRACEME) },
	"trace the parent":    func(o orders) syscall.Errno { return raw(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(o.Parent)) },
	"read others' memory": func(o orders) syscall.Errno { return raw(unix.SYS_PROCESS_VM_READV, uintptr(o.Parent)) },
	"get a handle on the parent": func(o orders) syscall.Errno {
		return raw(unix.SYS_PIDFD_OPEN, uintptr(o.Parent), 0)
	},
	"write to stdout":       func(orders) syscall.Errno { return raw(unix.SYS_WRITE, 1, text("x"), 1) },
	"read stdin":            func(orders) syscall.Errno { return raw(unix.SYS_READ, 0, text("x"), 1) },
	"write to descriptor 9": func(orders) syscall.Errno { return raw(unix.SYS_WRITE, 9, text("x"), 1) },
	"send a descriptor":     func(orders) syscall.Errno { return raw(unix.SYS_SENDMSG, channelDescriptor, 0, 0) },
	"double a descriptor":   func(orders) syscall.Errno { return raw(unix.SYS_DUP, channelDescriptor) },
	"make a pipe": func(orders) syscall.Errno {
		var fds [2]int32
		return raw(unix.SYS_PIPE2, uintptr(unsafe.Pointer(&fds)), 0)
	},
	"make a file in memory": func(orders) syscall.Errno { return raw(unix.SYS_MEMFD_CREATE, text("x"), 0) },
	"mount":                 func(orders) syscall.Errno { return raw(unix.SYS_MOUNT, text("x"), text("/tmp"), text("tmpfs"), 0, 0) },
	"change its root":       func(orders) syscall.Errno { return raw(unix.SYS_CHROOT, text("/")) },
	"unshare":               func(orders) syscall.Errno { return raw(unix.SYS_UNSHARE, unix.CLONE_NEWUTS) },
	"unshare users":         func(orders) syscall.Errno { return raw(unix.SYS_UNSHARE, unix.CLONE_NEWUSER) },
	"enter a namespace":     func(orders) syscall.Errno { return raw(unix.SYS_SETNS, channelDescriptor, 0) },
	"become root":           func(orders) syscall.Errno { return raw(unix.SYS_SETRESUID, 0, 0, 0) },
	"become root's group":   func(orders) syscall.Errno { return raw(unix.SYS_SETRESGID, 0, 0, 0) },
	"raise its limits": func(orders) syscall.Errno {
		most := unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}
		return raw(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&most)), 0)
	},
	"map memory for code": func(orders) syscall.Errno { return mapMemory(4096, unix.PROT_READ|unix.PROT_EXEC) },
	"turn data into code": func(orders) syscall.Errno {
		return raw(unix.SYS_MPROTECT, 0, 0, unix.PROT_READ|unix.PROT_EXEC)
	},
	"map a gigabyte":                func(orders) syscall.Errno { return mapMemory(1<<30, unix.PROT_READ|unix.PROT_WRITE) },
	"allow core dumps":              func(orders) syscall.Errno { return raw(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1, 0, 0, 0) },
	"outlive its parent":            func(orders) syscall.Errno { return raw(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) },
	"load a program for the kernel": func(orders) syscall.Errno { return raw(unix.SYS_BPF, 0, 0, 0) },
	"use io_uring":                  func(orders) syscall.Errno { return raw(unix.SYS_IO_URING_SETUP, 1, 0) },
	"handle page faults":            func(orders) syscall.Errno { return raw(unix.SYS_USERFAULTFD, 0) },
	"measure performance":           func(orders) syscall.Errno { return raw(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0) },
	"use a key ring":                func(orders) syscall.Errno { return raw(unix.SYS_KEYCTL, 0, 0, 0) },
	"load a module":                 func(orders) syscall.Errno { return raw(unix.SYS_INIT_MODULE, 0, 0, 0) },
	"change the clock":              func(orders) syscall.Errno { return raw(unix.SYS_CLOCK_SETTIME, 0, 0) },
	"share memory":                  func(orders) syscall.Errno { return raw(unix.SYS_SHMGET, 0, 4096, 0o1600) },
	"change a mode":                 func(orders) syscall.Errno { return raw(unix.SYS_FCHMOD, channelDescriptor, 0o777) },
	"loosen its filter":             func(orders) syscall.Errno { return raw(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, 0) },
	"gain privileges": func(orders) syscall.Errno {
		// Starting a program would end the probe. The kernel tells whether that could.
		on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
		if err == nil && on == 1 {
			return unix.EPERM
		}
		return 0
	},
}

const atCWD = ^uintptr(99) // AT_FDCWD, -100

// raw makes a system call as code would that does not care for the runtime.
func raw(number uintptr, args ...uintptr) syscall.Errno {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := syscall.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	return errno
}

// kept keeps what raw calls point to.
var kept [][]byte

func text(s string) uintptr {
	b := append([]byte(s), 0)
	kept = append(kept, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

func open(path string, flags uintptr) syscall.Errno {
	return raw(unix.SYS_OPENAT, atCWD, text(path), flags, 0o600)
}

// socket makes a socket and uses it.
func socket(family int, use func(fd int) error) syscall.Errno {
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil && use != nil {
		err = use(fd)
	}
	if err == nil {
		return 0
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		panic(err)
	}
	return errno
}

func mapMemory(size, protection uintptr) syscall.Errno {
	return raw(unix.SYS_MMAP, 0, size, protection, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
}

// fork makes a process, which ends at once.
func fork(orders) syscall.Errno {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	return errno
}

// becomeProbe ends the process as a probe if its arguments say so.
func becomeProbe() {
	if len(os.Args) == 3 && os.Args[1] == probeArgument {
		probe(os.Args[2])
		os.Exit(0)
	}
}

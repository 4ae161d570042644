package sandbox

import (
	"errors"
	"os"
	"syscall"
)

// spaces are the namespaces that a child gets to itself: a network without interfaces, processes of which it sees none
// but itself, IPC and host name. Mounts of its own would double what a start costs and keep nothing from a process that
// may open no path.
const spaces = syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS

// attributes puts the child into a session of its own, has it killed when the thread that starts it ends and, if asked,
// gives it its own namespaces. An ordinary user may make them only within a user namespace, in which the child keeps its
// user id and gains nothing.
func attributes(separate bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if !separate {
		return a
	}
	a.Cloneflags = spaces
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	}
	return a
}

// namespaces says whether this system knows them.
const namespaces = true

// refusesNamespaces reports whether a child could not be started because the system grants it no namespaces, for want of
// privilege, by policy, or because there are too many.
func refusesNamespaces(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EPERM, syscall.EACCES, syscall.EINVAL, syscall.ENOSYS, syscall.ENOSPC, syscall.EUSERS,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

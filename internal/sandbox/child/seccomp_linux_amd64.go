package child

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// archCalls lists what is needed on this architecture alone.
func archCalls() []call { return []call{{number: unix.SYS_EPOLL_WAIT}, {number: unix.SYS_TIME}} }

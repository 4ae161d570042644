package child

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// archCalls lists what is needed on this architecture alone.
func archCalls() []call { return nil }

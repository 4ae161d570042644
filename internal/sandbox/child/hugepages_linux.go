//go:build !race

package child

import (
	"syscall"
	"unsafe"
)

// maxHuge bounds how much of the heap may lie in huge pages.
const maxHuge = 1 << 30

// preferHugePages has the heap lie in huge pages as it grows, up to a size, if the system has them to give: a large run
// takes memory by the hundred megabytes, in pages of 4 KiB that would be 25,000 page faults for each. Go's own runtime asks for
// none. It is called before the process is locked down, and what it sets aside is only addresses, which newHeap gives back.
func preferHugePages(bytes int64) {
	const page = 2 << 20
	b := make([]byte, min(max(bytes, page), maxHuge)+page)
	start := (uintptr(unsafe.Pointer(unsafe.SliceData(b))) + page - 1) &^ (page - 1) //nolint:gosec // an address, for the kernel
	begin := start - uintptr(unsafe.Pointer(unsafe.SliceData(b)))                    //nolint:gosec // the same
	// Where there are none, small ones do.
	_ = syscall.Madvise(b[begin:begin+uintptr(len(b)-page)], syscall.MADV_HUGEPAGE)
}

package embedded

import "syscall"

// orphansEnd says that the kernel ends the server when we are killed.
const orphansEnd = true

// dieWithParent has the kernel send the signal to the process when the thread that forked it ends.
//
// For the server that is SIGQUIT. It ends within milliseconds whatever its sessions are doing, takes its lock file and
// socket along, and the next start recovers from the log. SIGINT would be cleaner but waits for a checkpoint, which may
// take minutes, with nobody left to wait; SIGKILL would leave its children to find out by themselves.
func dieWithParent(attr *syscall.SysProcAttr, signal syscall.Signal) { attr.Pdeathsig = signal }

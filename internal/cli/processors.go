package cli

import (
	"os"
	"runtime"

	"peneira/internal/config"
)

// shareProcessors has a process whose scripts run beside it, in processes of their own, use at most half of the processors itself. It
// mostly waits for the database, for sandboxes and for clients, and each time that it wakes more of its threads than it needs,
// they take from these what they wake up with: on two processors a fifth of the time that an execution takes. GOMAXPROCS, if
// it is set, counts.
func shareProcessors(role config.Role) {
	if role.Worker() && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)/2))
	}
}

//go:build unix

// Package chaos drives the service with real processes and a real PostgreSQL while it kills, freezes, cuts off and fills
// what it can, and then proves that nothing that was acknowledged is lost, wrong, or done twice visibly.
//
// `go test ./internal/chaos` is a short form; `make chaos` and `make chaos/short` give it more time. The seed of the faults
// is printed; -seed repeats their order.
package chaos

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

var (
	duration = flag.Duration("for", 15*time.Second, "how long faults are made")
	seed     = flag.Uint64("seed", 0, "seed of the order of the faults; 0 takes one by chance")
)

// settleTime is how long everything may take to come to its end once the faults are over.
const settleTime = 2 * time.Minute

func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	fmt.Fprintf(os.Stdout, "chaos for %v, seed %d\n", *duration, *seed)

	db := startDatabase(t)
	fleet := startFleet(t, db)
	script := fleet.host(t)
	load := startLoad(t, fleet, script)
	faults := newFaults(t, db, fleet, load)

	faults.run(t, *duration)
	calm := time.Now()
	load.stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()
	check(ctx, t, db, fleet, load)
	fmt.Fprintf(os.Stdout, "everything had come to its end %v after the last fault\n", time.Since(calm).Round(time.Millisecond))
	fleet.terminate(t)
	faults.print(os.Stdout)
	load.print(os.Stdout)
}

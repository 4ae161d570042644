package main

import (
	"context"
	"errors"
	"fmt"
)

// smallWorkers are how many processes work that have smallShare percent of a CPU each, sandboxes and all, as if each had a
// small machine to itself, while one without a quota accepts.
var smallWorkers = []int{1, 2, 4, 8, 12}

const smallShare = 10

// measureScale measures what one more worker adds, while there is room on the CPUs. Workers as large as the machine itself
// could not show it, for there is nothing left of a machine that one of them keeps full.
func (b *bencher) measureScale(ctx context.Context) error {
	fmt.Fprintf(b.out, "\nOne process accepts while small ones work, each with %d%% of a CPU (the same load)\n", smallShare)
	for _, workers := range smallWorkers {
		l, err := b.measureSmall(ctx, workers)
		if errors.Is(err, errNoQuota) {
			fmt.Fprintf(b.out, "  %v\n", err)
			return nil
		}
		if err != nil {
			return err
		}
		b.small = append(b.small, l)
		b.writeLayout(l, "one", b.small[0])
	}
	return nil
}

// measureSmall measures so many small workers.
func (b *bencher) measureSmall(ctx context.Context, workers int) (layout, error) {
	processes := []process{{role: "api", sandboxes: 1}}
	defer func() {
		for _, p := range processes[1:] {
			p.quota.remove()
		}
	}()
	for i := range workers {
		q, err := newQuota(fmt.Sprintf("peneira-bench-%d", i), smallShare)
		if err != nil {
			return layout{}, err
		}
		processes = append(processes, process{role: "worker", sandboxes: 1, quota: q})
	}
	return b.layout(ctx, fmt.Sprintf("1 + %d", workers), processes...)
}

package app

import (
	"peneira/internal/budget"
	"peneira/internal/config"
)

// memory is what payloads may take in this process. Its parts share PENEIRA_PAYLOAD_MEMORY equally, and none waits for
// another: so requests cannot keep results from being written, nor the other way round.
type memory struct {
	requests *budget.Budget
	inputs   *budget.Budget // of runs
	outputs  *budget.Brake  // of runs
}

func newMemory(cfg config.Config) memory {
	parts := 0
	if cfg.Role.API() {
		parts++
	}
	if cfg.Role.Worker() {
		parts += 2
	}
	each := int(cfg.PayloadMemory) / parts
	return memory{budget.New(each), budget.New(each), budget.NewBrake(each)}
}

package observe

import (
	"github.com/prometheus/client_golang/prometheus"

	"peneira/internal/sandbox"
)

// SandboxCollector reads the pool of sandboxes each time metrics are asked for.
type SandboxCollector struct {
	stats func() sandbox.Stats
}

// NewSandboxCollector returns a collector over stats.
func NewSandboxCollector(stats func() sandbox.Stats) SandboxCollector {
	return SandboxCollector{stats: stats}
}

var (
	sandboxSize   = prometheus.NewDesc("peneira_sandboxes", "Sandbox processes, by what they do.", []string{"state"}, nil)
	sandboxRuns   = prometheus.NewDesc("peneira_sandbox_runs_total", "Runs in sandboxes, checks of hosted scripts included.", nil, nil)
	sandboxStarts = prometheus.NewDesc("peneira_sandbox_starts_total", "Sandbox processes started.", nil, nil)
	sandboxWaits  = prometheus.NewDesc("peneira_sandbox_waiting", "Runs that wait for a sandbox.", nil, nil)
	sandboxFailed = prometheus.NewDesc("peneira_sandbox_start_failures_total", "Sandbox processes that could not be started.", nil, nil)
	sandboxKills  = prometheus.NewDesc("peneira_sandbox_kills_total", "Sandbox processes killed, by reason.", []string{"reason"}, nil)
)

// Describe implements prometheus.Collector.
func (SandboxCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sandboxSize, sandboxRuns, sandboxStarts, sandboxWaits, sandboxFailed, sandboxKills} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c SandboxCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.stats()
	gauge := func(n int, state string) {
		ch <- prometheus.MustNewConstMetric(sandboxSize, prometheus.GaugeValue, float64(n), state)
	}
	gauge(s.Idle, "idle")
	gauge(s.Busy, "busy")
	gauge(s.Size-s.Idle-s.Busy, "missing")
	ch <- prometheus.MustNewConstMetric(sandboxRuns, prometheus.CounterValue, float64(s.Runs))
	ch <- prometheus.MustNewConstMetric(sandboxStarts, prometheus.CounterValue, float64(s.Spawns))
	ch <- prometheus.MustNewConstMetric(sandboxWaits, prometheus.GaugeValue, float64(s.Waiting))
	ch <- prometheus.MustNewConstMetric(sandboxFailed, prometheus.CounterValue, float64(s.Failed))
	for reason, n := range s.Kills {
		ch <- prometheus.MustNewConstMetric(sandboxKills, prometheus.CounterValue, float64(n), reason)
	}
}

package observe

import (
	"github.com/prometheus/client_golang/prometheus"
)

// DiskCollector tells how much room there is where the data directory is.
type DiskCollector struct {
	free  func() (uint64, error)
	least float64
}

// NewDiskCollector returns a collector over a look at the free bytes, and the bytes below which health is degraded.
func NewDiskCollector(free func() (uint64, error), least int64) DiskCollector {
	return DiskCollector{free, float64(least)}
}

var (
	diskFree  = describe("disk_free_bytes", "Free space where the data directory is. Missing where the system does not tell.")
	diskLeast = describe("disk_free_least_bytes", "PENEIRA_DISK_FREE: with less, /health is degraded.")
)

// Describe implements prometheus.Collector.
func (DiskCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- diskFree
	ch <- diskLeast
}

// Collect implements prometheus.Collector.
func (c DiskCollector) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(diskLeast, prometheus.GaugeValue, c.least)
	if free, err := c.free(); err == nil {
		ch <- prometheus.MustNewConstMetric(diskFree, prometheus.GaugeValue, float64(free))
	}
}

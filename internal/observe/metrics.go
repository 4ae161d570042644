package observe

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"peneira/internal/execution"
)

// Metrics are this process's numbers in Prometheus's form. Labels have few values, none of which a client chooses.
type Metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	executions *prometheus.CounterVec
	queueTime  *prometheus.HistogramVec
	groups     *prometheus.HistogramVec
	runTime    *prometheus.HistogramVec
	accepted   prometheus.Counter
	handedOn   prometheus.Counter
	backups    *prometheus.CounterVec
}

// durations are histogram bounds in seconds, from half a millisecond to a quarter of an hour.
var durations = []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 300, 900}

// NewMetrics returns metrics of Go, of the process and of the service. version is shown as a label of peneira_build_info.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "peneira_http_request_seconds", Help: "Time to answer requests, by route template.", Buckets: durations,
		}, []string{"method", "route", "status"}),
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "peneira_executions_finished_total", Help: "Executions that this process finished, by status and kind of error.",
		}, []string{"status", "kind"}),
		queueTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "peneira_execution_queue_seconds", Help: "Time from acceptance to the start of the run, by how it ended.", Buckets: durations,
		}, []string{"status"}),
		groups: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "peneira_group_items", Help: "How many executions shared one statement, by what was done.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}, []string{"group"}),
		runTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "peneira_execution_run_seconds", Help: "Time of the run in the sandbox.", Buckets: durations,
		}, []string{"status"}),
		accepted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "peneira_executions_accepted_total", Help: "Executions that this process accepted.",
		}),
		handedOn: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "peneira_jobs_handed_on_total", Help: "Jobs of dead workers that this process put back into the queue.",
		}),
		backups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "peneira_backups_total", Help: "Backups and clean-ups of backups that ended in this process, by what they were and how they ended.",
		}, []string{"action", "result"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "peneira_build_info", Help: "1; the label says which version runs.",
	}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.requests, m.executions, m.queueTime, m.runTime, m.accepted, m.handedOn, m.backups, m.groups, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// Every status is there from the start, so that a rate can be taken of the first of its kind.
	for _, status := range []execution.Status{execution.Completed, execution.Failed} {
		m.runTime.WithLabelValues(string(status))
		m.queueTime.WithLabelValues(string(status))
	}
	m.executions.WithLabelValues(string(execution.Completed), "")
	for _, group := range []string{"accept", "whole", "task", "start", "finish", "status", "get"} {
		m.groups.WithLabelValues(group)
	}
	for _, action := range []string{"database", "logs", "cleanup"} {
		m.backups.WithLabelValues(action, resultLabel(true))
		m.backups.WithLabelValues(action, resultLabel(false))
	}
	for _, kind := range execution.ErrorKinds {
		m.executions.WithLabelValues(string(execution.Failed), string(kind))
	}
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// RequestServed counts a request. route is a template of ours, or "unknown".
func (m *Metrics) RequestServed(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// ExecutionAccepted counts an execution that was accepted.
func (m *Metrics) ExecutionAccepted() { m.accepted.Inc() }

// ExecutionFinished counts an execution whose outcome was written.
func (m *Metrics) ExecutionFinished(outcome execution.Outcome, queueTime time.Duration) {
	kind := ""
	if outcome.Err != nil {
		kind = string(outcome.Err.Kind)
	}
	m.executions.WithLabelValues(string(outcome.Status()), kind).Inc()
	m.queueTime.WithLabelValues(string(outcome.Status())).Observe(queueTime.Seconds())
	m.runTime.WithLabelValues(string(outcome.Status())).Observe(outcome.RunTime.Seconds())
}

// JobsHandedOn counts jobs of dead workers that were put back into the queue.
func (m *Metrics) JobsHandedOn(n int) { m.handedOn.Add(float64(n)) }

// GroupFlushed counts the executions that shared one statement.
func (m *Metrics) GroupFlushed(group string, items int) {
	m.groups.WithLabelValues(group).Observe(float64(items))
}

// BackupEnded counts a backup, or a clean-up, that ended well or, with err, badly.
func (m *Metrics) BackupEnded(action string, err error) {
	m.backups.WithLabelValues(action, resultLabel(err == nil)).Inc()
}

func resultLabel(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}

// Register adds a collector that another part of the service feeds.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

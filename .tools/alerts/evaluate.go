package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// firing returns the labels of what a rule says at a time, evaluated as often as Prometheus would from the beginning on: what
// holds for as long as the rule asks.
func firing(store *series, rule rulefmt.Rule, at, interval model.Duration) ([]string, error) {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true})
	since := map[string]time.Duration{} // from when on each has held
	for now := time.Duration(0); now <= time.Duration(at); now += time.Duration(interval) {
		query, err := engine.NewInstantQuery(context.Background(), store, nil, rule.Expr, time.Unix(0, 0).Add(now))
		if err != nil {
			return nil, err
		}
		vector, err := query.Exec(context.Background()).Vector()
		if err != nil {
			return nil, err
		}
		holds := map[string]bool{}
		for _, sample := range vector {
			all := sample.Metric.Map()
			delete(all, model.MetricNameLabel)
			maps.Copy(all, rule.Labels)
			holds[written(all)] = true
		}
		query.Close()
		maps.DeleteFunc(since, func(key string, _ time.Duration) bool { return !holds[key] })
		for key := range holds {
			if _, ok := since[key]; !ok {
				since[key] = now
			}
		}
	}
	var firing []string
	for key, from := range since {
		if time.Duration(at)-from >= time.Duration(rule.For) {
			firing = append(firing, key)
		}
	}
	slices.Sort(firing)
	return firing, nil
}

// written writes labels in one order.
func written(all map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s=%q ", name, all[name])
	}
	return strings.TrimSpace(b.String())
}

// series are what is measured, made up.
type series struct{ all []storage.Series }

// add takes a series as promtool's tests write it, such as `up{job="x"} 1 0 1+1x5`, a value for each interval.
func (s *series) add(text string, interval model.Duration) error {
	named, values, err := parser.ParseSeriesDesc(text)
	if err != nil {
		return err
	}
	var samples []chunks.Sample
	for i, value := range values {
		if !value.Omitted {
			samples = append(samples, sample{int64(i) * time.Duration(interval).Milliseconds(), value.Value})
		}
	}
	s.all = append(s.all, storage.NewListSeries(named, samples))
	return nil
}

// Querier implements storage.Queryable.
func (s *series) Querier(int64, int64) (storage.Querier, error) { return querier{s}, nil }

type querier struct{ *series }

// Select implements storage.Querier.
func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &set{}
	for _, one := range q.all {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(one.Labels().Get(m.Name)) }) {
			found.all = append(found.all, one)
		}
	}
	return found
}

func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (querier) Close() error { return nil }

// set goes through series.
type set struct {
	all []storage.Series
	at  int
}

func (s *set) Next() bool                      { s.at++; return s.at <= len(s.all) }
func (s *set) At() storage.Series              { return s.all[s.at-1] }
func (*set) Err() error                        { return nil }
func (*set) Warnings() annotations.Annotations { return nil }

type sample struct {
	t int64
	f float64
}

func (s sample) T() int64                    { return s.t }
func (s sample) F() float64                  { return s.f }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }

package observe

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Tracing tells an OpenTelemetry receiver how long each step of an execution took, across processes. Spans hold ids, states
// and times, and never a payload, a script's source, its logs or its error's message.
type Tracing struct {
	provider *sdktrace.TracerProvider // nil: nobody is told
	tracer   trace.Tracer
}

// NewTracing returns tracing to the receiver at endpoint, which takes OTLP over HTTP below /v1/traces; an empty one turns
// tracing off. The other variables of OpenTelemetry, such as OTEL_EXPORTER_OTLP_HEADERS and OTEL_TRACES_SAMPLER, hold too.
// A receiver that is away is logged, and hinders nothing.
func NewTracing(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracing, error) {
	const name = "peneira"
	if endpoint == "" {
		return &Tracing{tracer: noop.NewTracerProvider().Tracer(name)}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("trace to OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", name), attribute.String("service.version", version)),
		resource.WithFromEnv(), resource.WithHost(), resource.WithProcessPID())
	if err != nil {
		return nil, fmt.Errorf("describe this process for traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.WarnContext(context.WithoutCancel(ctx), "cannot send traces", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return &Tracing{provider: provider, tracer: provider.Tracer(name)}, nil
}

// Tracer makes spans; when tracing is off, ones that cost nothing.
func (t *Tracing) Tracer() trace.Tracer { return t.tracer }

// Stop sends what has not been sent yet, for at most patience.
func (t *Tracing) Stop(patience time.Duration) error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}

// probes are asked every few seconds and would drown the rest.
var probes = []string{"/livez", "/readyz", "/health", "/metrics"}

// Requests gives each request a span, within the trace that its traceparent header names, if it has one. Whoever answers
// names the span: what a path holds is not known to be a route here.
func (t *Tracing) Requests(next http.Handler) http.Handler {
	if t.provider == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(probes, r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// traceParent is the name of W3C's header.
const traceParent = "traceparent"

// TraceOf returns the trace that ctx is in, as W3C's traceparent, to be carried elsewhere; empty when it is in none.
func TraceOf(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[traceParent]
}

// InTrace returns ctx within the trace that TraceOf told. Text that is no traceparent changes nothing.
func InTrace(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceParent: parent})
}

package config_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"peneira/internal/config"
)

var update = flag.Bool("update", false, "write the README's table of settings anew")

func parse(t *testing.T, args ...string) (config.Config, error) {
	t.Helper()
	var cfg config.Config
	parser, err := kong.New(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return cfg, err
	}
	return cfg, cfg.Validate()
}

func TestDefaultsAreThoseOfTheDesign(t *testing.T) {
	t.Parallel()
	cfg, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "127.0.0.1:5000" || cfg.TimeLimit != 5*time.Second || cfg.MemoryLimit != 128*config.MiB ||
		cfg.InputLimit != 32*config.MiB || cfg.OutputLimit != 32*config.MiB || cfg.LogLimit != 64*config.KiB {
		t.Errorf("defaults: %+v", cfg)
	}
	if !cfg.Role.API() || !cfg.Role.Worker() {
		t.Errorf("role %q does not do all", cfg.Role)
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"time limit too short":   {[]string{"--time-limit=1ms"}, "PENEIRA_TIME_LIMIT"},
		"memory limit too large": {[]string{"--memory-limit=1024GiB"}, "PENEIRA_MEMORY_LIMIT"},
		"not a size":             {[]string{"--input-limit=lots"}, "such as 32MiB"},
		"negative size":          {[]string{"--input-limit=-1"}, "such as 32MiB"},
		"size that overflows":    {[]string{"--input-limit=99999999999GiB"}, "such as 32MiB"},
		"too many sandboxes":     {[]string{"--sandboxes=1000"}, "PENEIRA_SANDBOXES"},
		"not a cron expression":  {[]string{"--backup-schedule=often"}, "PENEIRA_BACKUP_SCHEDULE"},
		"no port":                {[]string{"--listen=127.0.0.1"}, "PENEIRA_LISTEN"},
		"receiver without URL":   {[]string{"--otlp-endpoint=collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"receiver of gRPC":       {[]string{"--otlp-endpoint=grpc://collector:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"log file by name":       {[]string{"--log-file=all.log"}, "--log-file"},
		"negative rate":          {[]string{"--rate-limit=-1"}, "PENEIRA_RATE_LIMIT"},
		"too many in flight":     {[]string{"--in-flight=10000001"}, "PENEIRA_IN_FLIGHT"},
		"impatient":              {[]string{"--slow-client=1ms"}, "PENEIRA_SLOW_CLIENT"},
		"forgetful":              {[]string{"--audit-retention=1h"}, "PENEIRA_AUDIT_RETENTION"},
		"crowded queue":          {[]string{"--job-retention=169h"}, "PENEIRA_JOB_RETENTION"},
		"session for ever":       {[]string{"--session-time=10000h"}, "PENEIRA_SESSION_TIME"},
		"certificate alone":      {[]string{"--tls-cert=x"}, "PENEIRA_TLS_KEY"},
		"no certificate":         {[]string{"--tls-cert=/dev/null", "--tls-key=/dev/null"}, "PENEIRA_TLS_CERT"},
		"any origin":             {[]string{"--cors-origins=*"}, "PENEIRA_CORS_ORIGINS"},
		"origin with a path":     {[]string{"--cors-origins=https://a.example,https://a.example/"}, "PENEIRA_CORS_ORIGINS"},
		"proxy by name":          {[]string{"--trusted-proxies=10.0.0.0/8,proxy"}, "PENEIRA_TRUSTED_PROXIES"},
		"unknown role":           {[]string{"--role=chief"}, "--role"},
		"unknown level":          {[]string{"--log-level=loud"}, "--log-level"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not contain %q", err, c.want)
			}
		})
	}
}

func TestAcceptedSettings(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--listen=0.0.0.0:5000", "--auth=off"},
		{"--listen=:5000"}, // whether there are keys is asked later
		{"--cors-origins=https://a.example,http://localhost:3000", "--trusted-proxies=10.0.0.0/8,::1"},
		{"--listen=[::1]:0"},
		{"--listen=localhost:5000"},
		{"--backup-schedule=off"},
		{"--backup-schedule=@daily"},
		{"--memory-limit=1GiB", "--log-limit=1024B", "--input-limit=2048"},
	} {
		if _, err := parse(t, args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestBytesReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, size := range []config.Bytes{0, 1, 1000, config.KiB, 3 * config.MiB, 2 * config.GiB, config.MiB + 1} {
		var again config.Bytes
		if err := again.UnmarshalText([]byte(size.String())); err != nil || again != size {
			t.Errorf("%d is written %q and read %d (%v)", int64(size), size, int64(again), err)
		}
	}
}

// The table stands between two markers; `go test ./internal/config -update` writes it.
func TestReadmeShowsTheSettings(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../README.md", "<!-- settings -->\n", "<!-- /settings -->"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	table, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("the README has no table between %q and %q", begin, end)
	}
	if table == config.Markdown() {
		return
	}
	if !*update {
		t.Fatal("the README's table of settings is not current: run go test ./internal/config -update")
	}
	if err := os.WriteFile(path, []byte(before+begin+config.Markdown()+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

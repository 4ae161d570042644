// Package config holds the settings of the service: one struct, filled from flags and environment variables, checked once.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"github.com/robfig/cron/v3"
)

// Config is every setting. Each has a flag on `serve` and an environment variable of the same meaning; the flag wins.
// The README's table is made from the tags, and a test holds it current.
type Config struct {
	Listen      string `name:"listen" env:"PENEIRA_LISTEN" default:"127.0.0.1:5000" help:"Address and port to serve on."`
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" help:"PostgreSQL to use. Unset: an embedded one under the data directory."`
	DataDir     string `name:"data-dir" env:"PENEIRA_DATA_DIR" default:"./.peneira" help:"Directory of the embedded database, backups and logs."`
	Role        Role   `name:"role" env:"PENEIRA_ROLE" default:"all" enum:"all,api,worker" help:"What this process does: all, api or worker."`
	Auth        Auth   `name:"auth" env:"PENEIRA_AUTH" default:"on" enum:"on,off" help:"on asks for a key as soon as one was made, and listens beyond loopback only then. off asks nobody: only behind something that authenticates."`

	Limits    `embed:""`
	Web       `embed:""`
	Sandboxes int     `name:"sandboxes" env:"PENEIRA_SANDBOXES" default:"0" help:"Sandbox processes, which is how many scripts run at once, 1 to 256. 0: as many as CPUs."`
	Require   Require `name:"sandbox-require" env:"PENEIRA_SANDBOX_REQUIRE" default:"best-effort" enum:"strict,best-effort" help:"strict refuses to start where the system does not grant every protection of the sandbox; best-effort logs what is missing and shows it on /health."`

	PayloadMemory Bytes         `name:"payload-memory" env:"PENEIRA_PAYLOAD_MEMORY" default:"512MiB" help:"How many bytes of data and results this process holds at once, 64MiB to 1TiB; a larger one goes alone. Beyond it requests get 503 and workers fetch less."`
	Retention     time.Duration `name:"retention" env:"PENEIRA_RETENTION" default:"0" help:"How long executions are kept, at least 24h. They go by whole months, once the last of a month is older. 0: for ever."`

	BackupSchedule  string        `name:"backup-schedule" env:"PENEIRA_BACKUP_SCHEDULE" default:"0 */6 * * *" help:"Cron expression (UTC) of database backups; off for none."`
	BackupRetention time.Duration `name:"backup-retention" env:"PENEIRA_BACKUP_RETENTION" default:"720h" help:"How long backups are kept, at least 1h. The newest database backup is always kept."`
	AuditRetention  time.Duration `name:"audit-retention" env:"PENEIRA_AUDIT_RETENTION" default:"9600h" help:"How long the audit log is kept, at least 24h."`
	JobRetention    time.Duration `name:"job-retention" env:"PENEIRA_JOB_RETENTION" default:"15m" help:"How long jobs that are done stay in the queue's table, where River UI shows them, 1m to 168h. Executions are kept apart from it."`

	Bucket `embed:""`

	PGBin        string        `name:"pg-bin" env:"PG_BIN" help:"Directory of PostgreSQL's programs. Unset: searched for."`
	PGDownload   string        `name:"pg-download" env:"PENEIRA_PG_DOWNLOAD" help:"Where to download PostgreSQL from when none is installed: the base URL of a Maven repository. Unset: the public one."`
	DiskFree     Bytes         `name:"disk-free" env:"PENEIRA_DISK_FREE" default:"1GiB" help:"Free space where the data directory is, below which /health is degraded, 0 to 1PiB."`
	LogLevel     LogLevel      `name:"log-level" env:"PENEIRA_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least severe entries to log: debug, info, warn or error."`
	LogFile      LogFile       `name:"log-file" env:"PENEIRA_LOG_FILE" default:"off" enum:"on,off" help:"on writes the log to logs below the data directory too, ten files of 32 MiB at most; the backup of logs takes these."`
	OTLPEndpoint string        `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"Receiver of traces, OTLP over HTTP, such as http://localhost:4318. Unset: no traces."`
	ShutdownTime time.Duration `name:"shutdown-time" env:"PENEIRA_SHUTDOWN_TIME" default:"20s" help:"How long a stop waits for running scripts, 0s to 10m; the rest is handed back to the queue."`
}

// Bucket says where backups are copied to.
type Bucket struct {
	BucketName      string `name:"backup-s3-bucket" env:"PENEIRA_BACKUP_S3_BUCKET" help:"Bucket of an S3-compatible store that gets a copy of each backup. Unset: none does."`
	BucketEndpoint  string `name:"backup-s3-endpoint" env:"PENEIRA_BACKUP_S3_ENDPOINT" default:"https://s3.amazonaws.com" help:"Address of the store."`
	BucketRegion    string `name:"backup-s3-region" env:"PENEIRA_BACKUP_S3_REGION" help:"Region of the bucket. Unset: the store is asked."`
	BucketPrefix    string `name:"backup-s3-prefix" env:"PENEIRA_BACKUP_S3_PREFIX" help:"What the names of the copies begin with, such as peneira/production."`
	BucketAccessKey string `name:"backup-s3-access-key" env:"PENEIRA_BACKUP_S3_ACCESS_KEY" help:"Id of the key to the store. Unset: AWS's variables and files are looked at, then the machine's role."`
	BucketSecretKey string `name:"backup-s3-secret-key" env:"PENEIRA_BACKUP_S3_SECRET_KEY" help:"The key itself. Set the variable: a command line can be read by others."`
}

// Limits bound one run of a script. A script can exceed none of them; it is stopped and told which one.
type Limits struct {
	TimeLimit   time.Duration `name:"time-limit" env:"PENEIRA_TIME_LIMIT" default:"5s" help:"Longest run of a script, 10ms to 10m."`
	MemoryLimit Bytes         `name:"memory-limit" env:"PENEIRA_MEMORY_LIMIT" default:"128MiB" help:"Most memory a run may take in its sandbox, 16MiB to 16GiB."`
	InputLimit  Bytes         `name:"input-limit" env:"PENEIRA_INPUT_LIMIT" default:"32MiB" help:"Largest data of an execution, 1KiB to 128MiB."`
	OutputLimit Bytes         `name:"output-limit" env:"PENEIRA_OUTPUT_LIMIT" default:"32MiB" help:"Largest result of an execution, 1KiB to 128MiB."`
	LogLimit    Bytes         `name:"log-limit" env:"PENEIRA_LOG_LIMIT" default:"64KiB" help:"Most that a run may write with console.*, 1KiB to 8MiB."`
}

// Role is what a process does.
type Role string

// The roles.
const (
	RoleAll    Role = "all"
	RoleAPI    Role = "api"
	RoleWorker Role = "worker"
)

// API reports whether the role serves the API.
func (r Role) API() bool { return r != RoleWorker }

// Worker reports whether the role runs executions.
func (r Role) Worker() bool { return r != RoleAPI }

// Auth says whether the server may be reached by others without keys.
type Auth string

// Require says what to do where the system does not grant every protection of the sandbox.
type Require string

// Strict reports whether no script may run without them.
func (r Require) Strict() bool { return r == "strict" }

// LogFile says whether the log is written to files too.
type LogFile string

// On reports whether it is.
func (l LogFile) On() bool { return l == "on" }

// LogLevel is the least severe level that is logged.
type LogLevel string

// BackupDir is where backups stand.
func (c Config) BackupDir() string { return filepath.Join(c.DataDir, "backups") }

// LogDir is where logs that are written to files stand.
func (c Config) LogDir() string { return filepath.Join(c.DataDir, "logs") }

// Validate checks every setting and the rules between them. The error names the setting and says what it may be.
func (c Config) Validate() error {
	if err := c.Limits.Validate(); err != nil {
		return err
	}
	if err := errors.Join(
		within("PENEIRA_PAYLOAD_MEMORY", c.PayloadMemory, 64*MiB, 1024*GiB),
		within("PENEIRA_BACKUP_RETENTION", c.BackupRetention, time.Hour, 100*365*24*time.Hour),
		within("PENEIRA_AUDIT_RETENTION", c.AuditRetention, 24*time.Hour, 100*365*24*time.Hour),
		within("PENEIRA_JOB_RETENTION", c.JobRetention, time.Minute, 168*time.Hour),
		within("PENEIRA_DISK_FREE", c.DiskFree, 0, GiB<<20),
		within("PENEIRA_SHUTDOWN_TIME", c.ShutdownTime, 0, 10*time.Minute),
	); err != nil {
		return err
	}
	if c.Retention != 0 {
		if err := within("PENEIRA_RETENTION", c.Retention, 24*time.Hour, 100*365*24*time.Hour); err != nil {
			return err
		}
	}
	if c.Sandboxes < 0 || c.Sandboxes > 256 {
		return fmt.Errorf("PENEIRA_SANDBOXES is %d: it must be from 1 to 256, or 0 for as many as CPUs", c.Sandboxes)
	}
	if _, err := c.BackupCron(); err != nil {
		return err
	}
	if err := c.Web.Validate(); err != nil {
		return err
	}
	if receiver, err := url.Parse(c.OTLPEndpoint); c.OTLPEndpoint != "" &&
		(err != nil || receiver.Host == "" || (receiver.Scheme != "http" && receiver.Scheme != "https")) {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT is %q: it must be a URL, such as http://localhost:4318", c.OTLPEndpoint)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("PENEIRA_LISTEN is %q: it must be an address and a port, such as 127.0.0.1:5000", c.Listen)
	}
	return nil
}

// Validate checks every limit. The error names the setting and says what it may be.
func (l Limits) Validate() error {
	return errors.Join(
		within("PENEIRA_TIME_LIMIT", l.TimeLimit, 10*time.Millisecond, 10*time.Minute),
		within("PENEIRA_MEMORY_LIMIT", l.MemoryLimit, 16*MiB, 16*GiB),
		within("PENEIRA_INPUT_LIMIT", l.InputLimit, KiB, 128*MiB),
		within("PENEIRA_OUTPUT_LIMIT", l.OutputLimit, KiB, 128*MiB),
		within("PENEIRA_LOG_LIMIT", l.LogLimit, KiB, 8*MiB),
	)
}

func within[T interface {
	~int64
	fmt.Stringer
}](name string, value, least, most T) error {
	if value < least || value > most {
		return fmt.Errorf("%s is %v: it must be from %v to %v", name, value, least, most)
	}
	return nil
}

// BackupCron returns the schedule of backups; nil when they are off.
func (c Config) BackupCron() (cron.Schedule, error) {
	if c.BackupSchedule == "off" {
		return nil, nil //nolint:nilnil // no schedule is a valid choice, not an error
	}
	schedule, err := cron.ParseStandard("CRON_TZ=UTC " + c.BackupSchedule)
	if err != nil {
		return nil, fmt.Errorf("PENEIRA_BACKUP_SCHEDULE is %q: it must be a cron expression of five fields, such as \"0 */6 * * *\", or off", c.BackupSchedule)
	}
	return schedule, nil
}

// On reports whether requests need a key once there is one.
func (a Auth) On() bool { return a != "off" }

// Public reports whether others than this machine can reach the server.
func (c Config) Public() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return err != nil || !Loopback(host)
}

// Loopback reports whether host is reachable from this machine only.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Level returns the level for slog.
func (l LogLevel) Level() slog.Level {
	var level slog.Level
	// Unknown text leaves info, the zero level; the flag's own list has refused it before.
	_ = level.UnmarshalText([]byte(l))
	return level
}

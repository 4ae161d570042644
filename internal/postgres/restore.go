package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/internal/queries"
)

// Target is a database that a backup is restored into.
type Target struct {
	conn *pgx.Conn
	q    *queries.Queries
}

// OpenTarget connects to the database at url. The caller closes it.
func OpenTarget(ctx context.Context, url string) (*Target, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errInvalidURL
	}
	setDefault(cfg.RuntimeParams, "application_name", "peneira restore")
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, translate(fmt.Errorf("connect: %w", err))
	}
	return &Target{conn: conn, q: queries.New()}, nil
}

// Close ends the connection.
func (t *Target) Close(ctx context.Context) error { return t.conn.Close(ctx) }

// Major returns the server's major version.
func (t *Target) Major() (int, error) {
	version := t.conn.PgConn().ParameterStatus("server_version")
	digits := strings.IndexFunc(version+" ", func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.Atoi(version[:digits])
	if err != nil {
		return 0, fmt.Errorf("the server says that its version is %q", version)
	}
	return n, nil
}

// Relations counts what is in the database: tables, views and sequences. 0 means that it is empty.
func (t *Target) Relations(ctx context.Context) (int, error) {
	n, err := t.q.UserRelations(ctx, t.conn)
	return int(n), translate(err)
}

// Services counts the connections of services that work on the database.
func (t *Target) Services(ctx context.Context) (int, error) {
	n, err := t.q.OtherPeneiras(ctx, t.conn)
	return int(n), translate(err)
}

// MakeRoles makes those of the roles that the server does not know, without the right to log in.
func (t *Target) MakeRoles(ctx context.Context, names []string) error {
	statements, err := t.q.CreateMissingRoles(ctx, t.conn, names)
	if err != nil {
		return translate(err)
	}
	for _, statement := range statements {
		if _, err := t.conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make a role: %w", err)
		}
	}
	return nil
}

// SetAside moves everything in the schema public out of the way, and makes it anew, empty.
func (t *Target) SetAside(ctx context.Context) error { return t.carryOut(ctx, t.q.SetSchemaAside) }

// PutBack undoes SetAside; what has come into the schema meanwhile is dropped.
func (t *Target) PutBack(ctx context.Context) error { return t.carryOut(ctx, t.q.PutSchemaBack) }

// Unfinished reports whether an earlier restore was broken off between SetAside and DropSetAside.
func (t *Target) Unfinished(ctx context.Context) (bool, error) {
	unfinished, err := t.q.SchemaSetAside(ctx, t.conn)
	return unfinished, translate(err)
}

// SettleAccess ends the sessions that a dump brought back, and revokes its keys that are revoked in what was set aside.
func (t *Target) SettleAccess(ctx context.Context) error { return t.carryOut(ctx, t.q.SettleAccess) }

// DropSetAside drops what SetAside has moved away, for good.
func (t *Target) DropSetAside(ctx context.Context) error {
	return translate(t.q.DropSchemaSetAside(ctx, t.conn))
}

// carryOut runs the statements that a query returns, all or none of them.
func (t *Target) carryOut(ctx context.Context, of func(context.Context, queries.DBTX) (string, error)) error {
	statements, err := of(ctx, t.conn)
	if err == nil {
		_, err = t.conn.PgConn().Exec(ctx, statements).ReadAll() // one simple query is one transaction
	}
	return translate(err)
}

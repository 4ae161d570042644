package apptest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/pgtest"
)

// admin runs SQL on the server's own database, with the name of the service's in it.
func (a *App) admin(format string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, pgtest.AdminURL(a.t))
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, fmt.Sprintf(format, a.databaseName())); err != nil {
		a.t.Fatal(err)
	}
}

func (a *App) databaseName() string {
	cfg, err := pgx.ParseConfig(a.DatabaseURL)
	if err != nil {
		a.t.Fatal(err)
	}
	return cfg.Database
}

package pgtest_test

import (
	"context"
	"github.com/jackc/pgx/v5"
	"testing"

	"peneira/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestURL(t *testing.T) {
	for range 5 {
		conn, err := pgx.Connect(context.Background(), pgtest.URL(t))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close(context.Background())
	}
}

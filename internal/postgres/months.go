package postgres

import (
	"context"
	"encoding/binary"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/internal/queries"
)

// inMonth has statements that change executions go to the partition of one month. For an UPDATE of the whole table PostgreSQL
// opens and locks every month, whatever bounds it is given, in several times the time that the change itself takes.
type inMonth struct {
	queries.DBTX

	table string
}

// Query implements queries.DBTX.
func (m inMonth) Query(ctx context.Context, statement string, arguments ...any) (pgx.Rows, error) {
	return m.DBTX.Query(ctx, ofMonth(statement, m.table), arguments...)
}

func ofMonth(statement, table string) string {
	return strings.Replace(statement, "UPDATE executions e\n", "UPDATE "+table+" e\n", 1)
}

// months remembers for which month there was no partition of late. The zero value is ready to use.
type months struct{ absent atomic.Pointer[absence] }

type absence struct {
	table string
	until time.Time
}

// absentFor is how long it is not tried again to use a month by its name.
const absentFor = time.Minute

// change calls do with the database in which to change executions between two ids. It calls it again with the whole table when
// there is no such month: ids of a clock that is far off are in the partition for all others, and months are dropped.
func change[Row any](db queries.DBTX, m *months, lowest, highest uuid.UUID, do func(db queries.DBTX) ([]Row, error)) ([]Row, error) {
	table := monthOf(lowest)
	if last := m.absent.Load(); table != monthOf(highest) || last != nil && last.table == table && time.Now().Before(last.until) {
		return do(db)
	}
	rows, err := do(inMonth{db, table})
	if !notThereByName(err) {
		return rows, err
	}
	m.absent.Store(&absence{table, time.Now().Add(absentFor)})
	return do(db)
}

// monthOf is the name of the partition that has an id, if there is one for its month.
func monthOf(id uuid.UUID) string { return "executions_" + timeOf(id).Format("2006_01") }

// timeOf is the time in a UUIDv7.
func timeOf(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

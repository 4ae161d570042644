package postgres

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/internal/queries"
)

// inMonth has statements about executions go to the partition of one month. What serves any month opens and locks the table and
// all of its months, or waits for who drops one of them, in several times the time that the work itself takes.
type inMonth struct {
	queries.DBTX

	table string
}

// Query implements queries.DBTX.
func (m inMonth) Query(ctx context.Context, statement string, arguments ...any) (pgx.Rows, error) {
	return m.DBTX.Query(ctx, ofMonth(statement, m.table), arguments...)
}

// QueryRow implements queries.DBTX.
func (m inMonth) QueryRow(ctx context.Context, statement string, arguments ...any) pgx.Row {
	return m.DBTX.QueryRow(ctx, ofMonth(statement, m.table), arguments...)
}

// namings are the places in statements that name the table of executions.
var namings = []string{"INSERT INTO executions (", "UPDATE executions e\n", "JOIN executions e ON ", "\nFROM executions\n"}

func ofMonth(statement, table string) string {
	for _, naming := range namings {
		statement = strings.Replace(statement, naming, strings.Replace(naming, "executions", table, 1), 1)
	}
	return statement
}

// months remembers of the months whose executions were used whether there is a partition for them. The zero value is ready to use.
type months struct{ seen sync.Map } // by the partition's name, the time.Time until which its name is not used

// absentFor is how long it is not tried again to use a month by its name.
const absentFor = time.Minute

// usable reports whether a month that was seen may be used by its name.
func (m *months) usable(table string) (usable, seen bool) {
	value, seen := m.seen.Load(table)
	until, _ := value.(time.Time)
	return seen && !time.Now().Before(until), seen
}

// see remembers that there are executions of a month.
func (m *months) see(table string) { m.seen.LoadOrStore(table, time.Time{}) }

// byName calls do with the partition of a month. It reports false when there is none: ids of a clock that is far off are in the
// partition for all others, and months are dropped. For a while the name is not used then.
func byName[Row any](db queries.DBTX, m *months, table string, do func(db queries.DBTX) ([]Row, error)) (rows []Row, there bool, err error) {
	rows, err = do(inMonth{db, table})
	if notThereByName(err) {
		m.seen.Store(table, time.Now().Add(absentFor))
		return nil, false, nil
	}
	if len(rows) > 0 {
		m.see(table)
	}
	return rows, true, err
}

// change calls do with the database in which to insert or change executions between two ids: with their month if they have
// one, and again with the whole table when there is no partition for it.
func change[Row any](db queries.DBTX, m *months, lowest, highest uuid.UUID, do func(db queries.DBTX) ([]Row, error)) ([]Row, error) {
	table := monthOf(lowest)
	if usable, seen := m.usable(table); table == monthOf(highest) && (usable || !seen) {
		if rows, there, err := byName(db, m, table, do); there {
			return rows, err
		}
	}
	return do(db)
}

// read is change for reading. Anybody may ask for any id, so it uses the name of a month only once executions of it were found
// or changed here.
func read[Row any](db queries.DBTX, m *months, lowest, highest uuid.UUID, do func(db queries.DBTX) ([]Row, error)) ([]Row, error) {
	table := monthOf(lowest)
	if table != monthOf(highest) {
		return do(db)
	}
	if usable, _ := m.usable(table); usable {
		if rows, there, err := byName(db, m, table, do); there {
			return rows, err
		}
	}
	rows, err := do(db)
	if len(rows) > 0 {
		m.see(table)
	}
	return rows, err
}

// monthOf is the name of the partition that has an id, if there is one for its month.
func monthOf(id uuid.UUID) string { return "executions_" + timeOf(id).Format("2006_01") }

// timeOf is the time in a UUIDv7.
func timeOf(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

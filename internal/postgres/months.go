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

// inMonth has statements about executions go to the partition of one month. What serves any month opens and locks all of
// them, a change whatever bounds it is given, in several times the time that the work itself takes.
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

func ofMonth(statement, table string) string {
	statement = strings.Replace(statement, "UPDATE executions e\n", "UPDATE "+table+" e\n", 1)
	return strings.Replace(statement, "\nFROM executions\n", "\nFROM "+table+"\n", 1)
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
func byName[T any](db queries.DBTX, m *months, table string, do func(db queries.DBTX) (T, error)) (result T, there bool, err error) {
	result, err = do(inMonth{db, table})
	if notThereByName(err) {
		m.seen.Store(table, time.Now().Add(absentFor))
		return result, false, nil
	}
	if err == nil {
		m.see(table)
	}
	return result, true, err
}

// change calls do with the database in which to change executions between two ids: with their month if they have one, and
// again with the whole table when there is no partition for it.
func change[T any](db queries.DBTX, m *months, lowest, highest uuid.UUID, do func(db queries.DBTX) (T, error)) (T, error) {
	table := monthOf(lowest)
	if usable, seen := m.usable(table); table == monthOf(highest) && (usable || !seen) {
		if result, there, err := byName(db, m, table, do); there {
			return result, err
		}
	}
	return do(db)
}

// read is change for reading one execution. Anybody may ask for any id, so it uses the name of a month only once
// executions of it were found or changed here.
func read[T any](db queries.DBTX, m *months, id uuid.UUID, do func(db queries.DBTX) (T, error)) (T, error) {
	table := monthOf(id)
	if usable, _ := m.usable(table); usable {
		if result, there, err := byName(db, m, table, do); there {
			return result, err
		}
	}
	result, err := do(db)
	if err == nil {
		m.see(table)
	}
	return result, err
}

// monthOf is the name of the partition that has an id, if there is one for its month.
func monthOf(id uuid.UUID) string { return "executions_" + timeOf(id).Format("2006_01") }

// timeOf is the time in a UUIDv7.
func timeOf(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

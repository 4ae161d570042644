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

// change calls do with the database in which to insert or change executions between two ids: with their month if they have
// one, and again with the whole table when there is no partition for it.
func change[Row any](db queries.DBTX, m *months, lowest, highest uuid.UUID, do func(db queries.DBTX) ([]Row, error)) ([]Row, error) {
	return inOwn(db, m, lowest, highest, true, do)
}

// read is change for reading. Anybody may ask for any id, so it uses the name of a month only once executions of it were found
// or changed here.
func read[Row any](db queries.DBTX, m *months, lowest, highest uuid.UUID, do func(db queries.DBTX) ([]Row, error)) ([]Row, error) {
	return inOwn(db, m, lowest, highest, false, do)
}

// inOwn is both; unseen says whether to use the name of a month of which nothing is known.
func inOwn[Row any](
	db queries.DBTX, m *months, lowest, highest uuid.UUID, unseen bool, do func(db queries.DBTX) ([]Row, error),
) ([]Row, error) {
	table := monthOf(lowest)
	if table != monthOf(highest) {
		return do(db)
	}
	value, seen := m.seen.Load(table)
	until, _ := value.(time.Time)
	where, byName := db, seen && !time.Now().Before(until) || !seen && unseen
	if byName {
		where = inMonth{db, table}
	}
	rows, err := do(where)
	if byName && notThereByName(err) {
		// Ids of a clock that is far off are in the partition for all others, and months are dropped.
		m.seen.Store(table, time.Now().Add(absentFor))
		return do(db)
	}
	if len(rows) > 0 {
		m.seen.LoadOrStore(table, time.Time{})
	}
	return rows, err
}

// monthOf is the name of the partition that has an id, if there is one for its month.
func monthOf(id uuid.UUID) string { return "executions_" + timeOf(id).Format("2006_01") }

// timeOf is the time in a UUIDv7.
func timeOf(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

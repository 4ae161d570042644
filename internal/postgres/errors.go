package postgres

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"peneira/internal/failure"
)

// Translate turns what the driver says into our failures, for parts that use the database through a library.
func Translate(err error) error { return translate(err) }

// translate turns what PostgreSQL and the driver say into our failures; it is the only place that knows SQLSTATEs.
// It returns err itself for what it does not know, which makes it an internal error.
func translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*failure.Error](err); ok {
		return err
	}
	if unavailable(err) {
		return failure.New(failure.Unavailable, "database-unavailable",
			"The database cannot be reached just now. Try again in a moment.").Because(err)
	}
	return err
}

// unavailable reports whether err says that the database is not there, shuts down, or has no room for us now.
func unavailable(err error) bool {
	var connectErr *pgconn.ConnectError
	connecting := errors.As(err, &connectErr)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pgErr.Code {
		case "55000": // object_not_in_prerequisite_state: the database lets nobody in for now
			return connecting
		case "57P01", "57P02", "57P03", "57P05", // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout
			"40001", "40P01", // serialization_failure, deadlock_detected: somebody else came first
			"53100", "53200", "53300", // disk_full, out_of_memory, too_many_connections
			"08000", "08003", "08006", // connection exceptions
			"25006", // read_only_sql_transaction: a standby
			"55P03": // lock_not_available: given up so that nobody waits behind us
			return true
		}
		return false
	}
	var netErr net.Error
	return connecting || errors.As(err, &netErr) ||
		// The connection ended in the middle of an answer, without a word of why.
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err)
}

// refusedByJSONB reports whether err is JSONB's way of refusing a value: data exceptions (22…), such as a number out of
// range, and limits (54…), such as an array of too many elements.
func refusedByJSONB(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && len(pgErr.Code) == 5 && (pgErr.Code[:2] == "22" || pgErr.Code[:2] == "54")
}

// isNoRows reports whether a query that gives one row gave none.
func isNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// notThereByName reports whether a table does not exist, or may be used only as a part of another.
func notThereByName(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == "42P01" || pgErr.Code == "42501") // undefined_table, insufficient_privilege
}

// isDuplicate reports whether a row was refused because its key is there already.
func isDuplicate(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == "23505"
}

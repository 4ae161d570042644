//go:build !linux

package postgres

import "syscall"

// boundUnanswered does nothing: the system decides how long what is sent may go unacknowledged.
func boundUnanswered(string, string, syscall.RawConn) error { return nil }

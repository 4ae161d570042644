package postgres

import "github.com/google/uuid"

// OfItsMonth returns a statement that changes executions as it is run for one with the given id.
func OfItsMonth(statement string, id uuid.UUID) string { return ofMonth(statement, monthOf(id)) }

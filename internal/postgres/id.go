package postgres

import (
	"fmt"

	"github.com/google/uuid"
)

// idOrNew returns the id that was chosen for a thing, or a new one when none was.
func idOrNew(chosen uuid.UUID) (uuid.UUID, error) {
	if chosen != uuid.Nil {
		return chosen, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("make an id: %w", err)
	}
	return id, nil
}

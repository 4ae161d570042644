package api

import (
	"github.com/google/uuid"

	"peneira/internal/failure"
)

// newID makes an id for what a request makes. It returns a failure of kind Internal when the system has no randomness.
func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, failure.New(failure.Internal, "", "no randomness").Because(err)
	}
	return id, nil
}

package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// A crash of the database that forgot a job may give its number to another, which is not the one that is worked on here.
func TestHeldKnowsJobsByMoreThanTheirNumber(t *testing.T) {
	t.Parallel()
	h := newHeld()
	old := &rivertype.JobRow{ID: 7, CreatedAt: time.Unix(1, 0)}
	another := &rivertype.JobRow{ID: 7, CreatedAt: time.Unix(2, 0)}
	err := h.Work(t.Context(), old, func(ctx context.Context) error {
		if !h.works(old) || h.works(another) {
			t.Errorf("it works on the job: %v; on another of its number: %v", h.works(old), h.works(another))
		}
		return h.Work(ctx, another, func(context.Context) error {
			h.giveUp(old)
			if h.works(old) || !h.works(another) || h.allGivenUp([]int64{7}) {
				t.Error("what became of the old job is told of the new one")
			}
			return nil
		})
	})
	if err != nil || h.works(another) || !h.has(7) {
		t.Errorf("%v; afterwards it works on it: %v, knows it: %v", err, h.works(another), h.has(7))
	}
}

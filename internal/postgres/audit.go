package postgres

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/access"
	"peneira/internal/postgres/internal/queries"
)

// Audit keeps who did what. The stores write into it themselves, in the transaction of what they do; it is written and read
// here, and never changed.
type Audit struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewAudit returns the audit log in the database behind pool.
func NewAudit(pool *pgxpool.Pool) *Audit {
	return &Audit{pool: pool, q: queries.New()}
}

// Record writes that the caller whom ctx carries does something to a subject.
func (s *Audit) Record(ctx context.Context, action access.Action, subject string) error {
	return translate(audit(ctx, s.pool, action, subject))
}

// audit writes one line with db, which may be the transaction of what the line tells.
func audit(ctx context.Context, db queries.DBTX, action access.Action, subject string) error {
	id, err := idOrNew(uuid.Nil)
	if err != nil {
		return err
	}
	caller := access.From(ctx)
	var address *netip.Addr
	if caller.Address.IsValid() {
		address = &caller.Address
	}
	err = queries.New().InsertAuditEntry(ctx, db, queries.InsertAuditEntryParams{
		ID: id, KeyID: caller.KeyID(), Action: string(action), Subject: subject, RequestID: caller.RequestID, Address: address,
	})
	if err != nil {
		return fmt.Errorf("write into the audit log: %w", err)
	}
	return nil
}

// List returns the entries that the filter chooses, newest first.
func (s *Audit) List(ctx context.Context, f access.Filter) ([]access.Entry, error) {
	p := queries.ListAuditEntriesParams{
		Before: f.Before, WrittenFrom: f.From, WrittenTo: f.To, KeyID: uuid.NullUUID{UUID: f.KeyID, Valid: f.KeyID != uuid.Nil},
		PageSize: int32Of(f.Limit),
	}
	if p.Before == uuid.Nil {
		p.Before = uuid.Max
	}
	if p.WrittenFrom.Before(earliest) {
		p.WrittenFrom = earliest
	}
	if f.To.IsZero() || p.WrittenTo.After(latest) {
		p.WrittenTo = latest
	}
	if f.Action != "" {
		action := string(f.Action)
		p.Action = &action
	}
	if f.Subject != "" {
		p.Subject = &f.Subject
	}
	rows, err := s.list(ctx, p)
	if err != nil {
		return nil, translate(fmt.Errorf("list the audit log: %w", err))
	}
	entries := make([]access.Entry, len(rows))
	for i, row := range rows {
		entries[i] = access.Entry{
			ID: row.ID, At: row.At, KeyID: row.KeyID, Action: access.Action(row.Action), Subject: row.Subject, RequestID: row.RequestID,
		}
		if row.Address != nil {
			entries[i].Address = *row.Address
		}
	}
	return entries, nil
}

func (s *Audit) list(ctx context.Context, p queries.ListAuditEntriesParams) ([]queries.AuditLog, error) {
	if p.Action == nil || *p.Action == string(access.ExecutionRun) {
		return s.q.ListAuditEntries(ctx, s.pool, p)
	}
	return s.q.ListRareAuditEntries(ctx, s.pool, queries.ListRareAuditEntriesParams{
		Action: *p.Action, Before: p.Before, WrittenFrom: p.WrittenFrom, WrittenTo: p.WrittenTo, KeyID: p.KeyID, Subject: p.Subject,
		PageSize: p.PageSize,
	})
}

// forgetAtOnce bounds one transaction of retention.
const forgetAtOnce = 10_000

// Forget removes what was written before a time, and returns how much that was.
func (s *Audit) Forget(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		n, err := s.q.ForgetAuditEntries(ctx, s.pool, queries.ForgetAuditEntriesParams{Before: before, AtMost: forgetAtOnce})
		total += int(n)
		if err != nil {
			return total, translate(fmt.Errorf("forget old audit entries: %w", err))
		}
		if n < forgetAtOnce {
			return total, nil
		}
	}
}

//go:build unix

package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"
)

// source is the script. What comes out depends on nothing but what goes in.
const source = `
function process(data) {
	const end = Date.now() + data.busy;
	while (Date.now() < end) {}
	if (data.fail) throw new Error("refused " + data.nonce);
	return {nonce: data.nonce, twice: 2 * data.number, pad: "x".repeat(data.pad)};
}`

// input is the data of an execution.
type input struct {
	Nonce  string `json:"nonce"` // no two have the same
	Number int    `json:"number"`
	Busy   int    `json:"busy"` // milliseconds
	Pad    int    `json:"pad"`  // bytes
	Fail   bool   `json:"fail"`
}

func anyInput() input {
	in := input{Nonce: uuid.NewString(), Number: rand.IntN(1e6), Pad: rand.IntN(1000)}
	switch chance := rand.IntN(100); {
	case chance < 2:
		in.Busy = 500
	case chance < 12:
		in.Busy = 40
	case chance < 15:
		in.Fail = true
	case chance < 17:
		in.Pad = 200_000
	}
	return in
}

// promise is what was acknowledged, and so must be kept.
type promise struct {
	input     input
	id        string
	cancelled bool   // the cancellation was acknowledged
	mayCancel bool   // a cancellation was asked for
	seen      string // how it ended, as a client was told first; empty when none was told yet
}

// see takes a look at an answer. One that says how the execution ended must be right, and say what those before it said.
func (p *promise) see(a answer) error {
	if !final(a.Status) {
		if p.seen != "" {
			return fmt.Errorf("it had ended as %.300s, and now it is %s", p.seen, a.Status)
		}
		return nil
	}
	if err := p.wrong(a); err != nil {
		return err
	}
	end, err := ending(a.body)
	if err != nil {
		return err
	}
	if p.seen == "" {
		p.seen = end
	}
	if p.seen != end {
		return fmt.Errorf("it had ended as %.600s, and now that is %.600s", p.seen, end)
	}
	return nil
}

// ending returns all that an answer says of an execution but for its input, which only some answers have.
func ending(body []byte) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return "", fmt.Errorf("answered %.200s: %w", body, err)
	}
	delete(members, "inputData")
	text, err := json.Marshal(members) // in the order of the names
	return string(text), err
}

// wrong returns what is wrong with a final execution, if anything is.
func (p *promise) wrong(a answer) error {
	output := fmt.Sprintf(`{"nonce":%q,"twice":%d,"pad":%q}`, p.input.Nonce, 2*p.input.Number, strings.Repeat("x", p.input.Pad))
	switch {
	case a.ID != p.id:
		return fmt.Errorf("it has the id %s", a.ID)
	case p.cancelled && a.Status != "cancelled":
		return fmt.Errorf("its cancellation was acknowledged, and it is %s", a.Status)
	case a.Status == "cancelled" && p.mayCancel:
		return nil
	case p.input.Fail && a.Status == "failed" && a.ErrorMessage == "Error: refused "+p.input.Nonce+" (line 5, column 23)":
		return nil
	case p.input.Fail:
		return fmt.Errorf("it is %s with the error %q", a.Status, a.ErrorMessage)
	case a.Status != "completed":
		return fmt.Errorf("it is %s: %s", a.Status, a.ErrorMessage)
	case string(a.OutputData) != output:
		return fmt.Errorf("it gave %.200s, want %.200s", a.OutputData, output)
	}
	return nil
}

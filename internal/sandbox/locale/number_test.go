package locale_test

import (
	"testing"

	"peneira/internal/sandbox/locale"
)

func TestDecimal(t *testing.T) {
	t.Parallel()
	money := locale.Digits{MinInteger: 1, Least: 2, Most: 2, Group: ".", Point: ","}
	plain := locale.Digits{MinInteger: 1, Least: 0, Most: 3, Group: ",", Point: "."}
	percent := locale.Digits{Shift: 2, MinInteger: 1, Least: 0, Most: 0, Point: "."}
	significant := locale.Digits{MinInteger: 1, Least: 1, Most: 3, Significant: true, Group: ",", Point: "."}
	for _, c := range []struct {
		name   string
		digits locale.Digits
		text   string
		want   string
	}{
		{"grouped", money, "1617984610.42", "1.617.984.610,42"},
		{"filled up", money, "7", "7,00"},
		{"half up", money, "1.005", "1,01"},
		{"carried over", money, "999.995", "1.000,00"},
		{"below one", money, "0.004", "0,00"},
		{"three digits are no group", plain, "999", "999"},
		{"four are", plain, "1000", "1,000"},
		{"no more than there are", plain, "0.25", "0.25"},
		{"cut", plain, "0.12349", "0.123"},
		{"zeros go", plain, "2.5000", "2.5"},
		{"per cent", percent, "0.256", "26"},
		{"per cent of little", percent, "0.001", "0"},
		{"per cent of a whole", percent, "3", "300"},
		{"significant above the point", significant, "123456", "123,000"},
		{"significant across the point", significant, "12.3456", "12.3"},
		{"significant after the point", significant, "0.0012345", "0.00123"},
		{"significant zero", significant, "0", "0"},
		{"significant, carried over", significant, "999.9", "1,000"},
		{"more than a number holds", plain, "123456789012345678901234567890", "123,456,789,012,345,678,901,234,567,890"},
		{"least before the point", locale.Digits{MinInteger: 3, Most: 1, Point: "."}, "5.25", "005.3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.digits.Decimal(c.text); got != c.want {
				t.Errorf("%s is written %s, not %s", c.text, got, c.want)
			}
		})
	}
}

func TestFloat(t *testing.T) {
	t.Parallel()
	d := locale.Digits{MinInteger: 1, Most: 20, Group: ",", Point: "."}
	for value, want := range map[float64]string{
		0.1:     "0.1",
		1e21:    "1,000,000,000,000,000,000,000",
		5e-7:    "0.0000005",
		-3.5:    "3.5",
		1 << 53: "9,007,199,254,740,992",
	} {
		if got := d.Float(value); got != want {
			t.Errorf("%g is written %s, not %s", value, got, want)
		}
	}
}

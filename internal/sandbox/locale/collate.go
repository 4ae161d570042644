package locale

import (
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Order compares texts as people sort them. It must not be used by two goroutines at once.
type Order struct{ collator *collate.Collator }

// NewOrder returns the order of a sensitivity: "base" tells letters apart, "accent" accents too, all else case as well. With
// numbers, digits are compared by value. Portuguese and English sort alike.
func NewOrder(sensitivity string, numbers bool) *Order {
	var options []collate.Option
	switch sensitivity {
	case "base":
		options = append(options, collate.Loose)
	case "accent":
		options = append(options, collate.IgnoreCase)
	}
	if numbers {
		options = append(options, collate.Numeric)
	}
	return &Order{collator: collate.New(language.Und, options...)}
}

// Compare returns -1, 0 or 1.
func (o *Order) Compare(a, b string) int { return o.collator.CompareString(a, b) }

package main

import (
	"io"
	"os"
)

// ink styles text for a terminal; the zero value leaves it as it is.
type ink struct{ colours bool }

// inkFor returns colours when out is a terminal and NO_COLOR is not set.
func inkFor(out io.Writer) ink {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return ink{}
	}
	info, err := file.Stat()
	return ink{colours: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (k ink) bold(text string) string  { return k.styled("1", text) }
func (k ink) dim(text string) string   { return k.styled("2", text) }
func (k ink) red(text string) string   { return k.styled("31", text) }
func (k ink) green(text string) string { return k.styled("32", text) }

func (k ink) styled(code, text string) string {
	if !k.colours {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

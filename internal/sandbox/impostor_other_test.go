//go:build !unix

package sandbox_test

// impostors needs a socket that is passed on.
var impostors map[string]func()

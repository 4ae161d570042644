// Package sandbox runs hostile scripts in child processes and holds them to limits that no script can move.
//
// The engine cannot be bounded from within: it has no memory limit, and many of its natives do not notice an interrupt
// until they return. So a script runs in a child process of the same binary, one execution at a time, and the parent's
// deadline, memory watch and SIGKILL are the real limits. This package is the parent's side; package child is the other
// one and the only place that knows the engine. They speak through a socket, as package wire lays down.
//
// A Pool keeps the children: Run starts and replaces them, Execute runs a script over an input, Check tells whether a
// script can be hosted.
package sandbox

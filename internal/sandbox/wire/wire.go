// Package wire is what the two ends of a sandbox's socket agree on: frames with a fixed header and fixed layouts.
//
// A script may take its sandbox over, so the parent treats every frame as hostile: it bounds each length before it
// reads, reads only the kinds that fit the moment, and decodes nothing but fixed-size numbers and plain bytes.
//
// The conversation: the parent sends Hello, the child locks itself down and answers Ready. Then, for each run, the
// parent sends Run (the fixed part, then the source if it is given, then the input); the child answers with any number
// of Log frames, at most one Need, which the parent answers with Source, and exactly one of Result, Error or Checked.
// If that frame bears FlagTrim, the child collects what the run has left and sends Idle before it takes the next run. Between
// two runs the parent may send Trim, for the child to give memory back to the system and send Idle.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kind is the kind of a frame.
type Kind uint8

// The kinds of frame. Parent to child:
const (
	Hello  Kind = 1 // a Greeting
	Run    Kind = 2 // a Task; then SourceBytes of source and InputBytes of JSON follow outside the frame
	Source Kind = 3 // the source that the child said it needs
	Trim   Kind = 4 // empty: memory that is kept for further runs is to be given back
)

// Child to parent:
const (
	Ready   Kind = 16 // a Report
	Need    Kind = 17 // empty: the program of this run is not cached
	Log     Kind = 18 // one byte of level, then the message
	Result  Kind = 19 // eight bytes of run time, then JSON
	Error   Kind = 20 // a Failure
	Checked Kind = 21 // the name of the entry point
	Idle    Kind = 22 // empty: what the run, or a Trim, asked for is done
)

// FlagTrim on a final frame says that an Idle frame will follow.
const FlagTrim uint8 = 1

// HeaderBytes is the size of a frame's header: kind, flags, two zero bytes, run number, length.
const HeaderBytes = 12

// MaxBodyBytes bounds what one frame, source or input may hold.
const MaxBodyBytes = 1 << 30

// Header begins each frame.
type Header struct {
	Kind   Kind
	Flags  uint8
	Run    uint32 // the run it belongs to; 0 for Hello and Ready
	Length uint32 // of the body, in bytes
}

// ErrProtocol is the cause of every error about the shape of what the other end sent.
var ErrProtocol = errors.New("out of protocol")

// Append adds the header's bytes to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, byte(h.Kind), h.Flags, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, h.Run)
	return binary.LittleEndian.AppendUint32(b, h.Length)
}

// AppendFrame adds a whole frame to b. The body must not be longer than MaxBodyBytes.
func AppendFrame(b []byte, kind Kind, flags uint8, run uint32, body []byte) []byte {
	b = Header{Kind: kind, Flags: flags, Run: run, Length: size(body)}.Append(b)
	return append(b, body...)
}

// ReadHeader reads one header into scratch, which must hold HeaderBytes. The error is io.EOF when the other end closed
// between frames, and wraps ErrProtocol when the reserved bytes are not zero.
func ReadHeader(r io.Reader, scratch []byte) (Header, error) {
	b := scratch[:HeaderBytes]
	if _, err := io.ReadFull(r, b); err != nil {
		return Header{}, err
	}
	if b[2]|b[3] != 0 {
		return Header{}, fmt.Errorf("%w: reserved bytes are set", ErrProtocol)
	}
	return Header{
		Kind:   Kind(b[0]),
		Flags:  b[1],
		Run:    binary.LittleEndian.Uint32(b[4:]),
		Length: binary.LittleEndian.Uint32(b[8:]),
	}, nil
}

// firstChunkBytes is how much is set aside before anything has arrived.
const firstChunkBytes = 64 << 10

// ReadBody reads length bytes. It wraps ErrProtocol, and reads nothing, when length is above limit. Memory is set aside
// as the bytes arrive, never on the word of a header.
func ReadBody(r io.Reader, length uint32, limit int64) ([]byte, error) {
	if int64(length) > limit {
		return nil, fmt.Errorf("%w: a body of %d bytes where at most %d may come", ErrProtocol, length, limit)
	}
	n := int(length)
	buf := make([]byte, min(n, firstChunkBytes))
	for filled := 0; ; {
		got, err := io.ReadFull(r, buf[filled:])
		if err != nil {
			return nil, fmt.Errorf("read body: %w", err)
		}
		filled += got
		if filled == n {
			return buf, nil
		}
		// Growing fourfold and to no more than the length keeps the copies below a third of the whole.
		next := make([]byte, min(n, 4*filled))
		copy(next, buf)
		buf = next
	}
}

// size is the length of b as the wire writes it. Callers keep bodies below MaxBodyBytes.
func size(b []byte) uint32 {
	return uint32(len(b)) //nolint:gosec // bounded by MaxBodyBytes
}

// The statuses with which a child ends itself, where its parent is not there to kill it or does not see its memory.
const (
	ExitOverdue = 65 // far past its deadline
	ExitMemory  = 66 // above its memory limit
)

// ChildArgument is the argument that makes a binary a child.
const ChildArgument = "sandbox"

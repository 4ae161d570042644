//go:build unix

package embedded

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// stored returns an .xz file of content as it is: in chunks of LZMA2 that are not compressed. Undoing real compression takes
// the race detector a minute for a server's programs, and the tests of binaries have it in small.
func stored(content []byte) []byte {
	const (
		firstChunk, nextChunk, lastChunk = 1, 2, 0
		chunkBytes                       = 1 << 16
		check                            = "\x00\x01" // CRC32
	)
	file := append([]byte("\xfd7zXZ\x00"), summed([]byte(check))...)
	headerAt := len(file)
	// A block of 12 bytes of header, with one filter: LZMA2 (0x21) with 1 byte of properties, a dictionary of 64 KiB.
	file = append(file, summed([]byte{12/4 - 1, 0, 0x21, 1, 8, 0, 0, 0})...)
	kind := byte(firstChunk)
	for chunk := range slices.Chunk(content, chunkBytes) {
		file = binary.BigEndian.AppendUint16(append(file, kind), uint16(len(chunk)-1))
		file = append(file, chunk...)
		kind = nextChunk
	}
	file = append(file, lastChunk)
	blockBytes := len(file) - headerAt + crc32.Size // padding does not count
	file = binary.LittleEndian.AppendUint32(padded(file), crc32.ChecksumIEEE(content))

	index := binary.AppendUvarint([]byte{0, 1}, uint64(blockBytes)) // of one block
	index = summed(padded(binary.AppendUvarint(index, uint64(len(content)))))
	file = append(file, index...)

	footer := append(binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4-1)), check...)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE(footer))
	return append(append(file, footer...), "YZ"...)
}

// summed returns data with its checksum.
func summed(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(data), crc32.ChecksumIEEE(data))
}

// padded returns data with zeros up to the next multiple of four bytes.
func padded(data []byte) []byte {
	return append(data, make([]byte, -len(data)&3)...)
}

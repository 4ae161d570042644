package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxDiffLines bounds what is compared line by line; the longest common part of n lines takes n² steps.
const maxDiffLines = 2000

// compare says whether both texts are the same JSON, with the same order of keys and the same numbers as written.
// When they are not it shows the difference and returns errDiffers.
func compare(out io.Writer, ink ink, got, want []byte) error {
	if bytes.Equal(compacted(got), compacted(want)) {
		fmt.Fprintln(out, ink.green("OK"), "the result is the expected one")
		return nil
	}
	a, b := strings.Split(indented(want), "\n"), strings.Split(indented(got), "\n")
	fmt.Fprintln(out, ink.red("The result differs:"), "- expected, + got")
	for _, line := range diff(a[:min(len(a), maxDiffLines)], b[:min(len(b), maxDiffLines)]) {
		style := ink.red
		if line[0] == '+' {
			style = ink.green
		}
		fmt.Fprintln(out, style(line))
	}
	return errDiffers
}

func compacted(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// diff returns the lines of a that b lacks, after "- ", and those of b that a lacks, after "+ ", in their order.
func diff(a, b []string) []string {
	// common[i][j] is how many lines a[i:] and b[j:] have in common, in order.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i, left := range slices.Backward(a) {
		for j, right := range slices.Backward(b) {
			if left == right {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var lines []string
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, "- "+a[i])
			i++
		default:
			lines = append(lines, "+ "+b[j])
			j++
		}
	}
	return lines
}

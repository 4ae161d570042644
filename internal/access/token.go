package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// TokenPrefix begins every key, so that people and scanners for leaked secrets recognise one.
const TokenPrefix = "peneira_"

// secretBytes is how much of a key is random: 256 bits, which nobody guesses, so that a fast hash is enough to store.
const secretBytes = 32

// hintLength is how much of a key may be shown, so that its holder can tell which one it is: 30 of its 256 bits.
const hintLength = len(TokenPrefix) + 5

// Hash is what is kept of a key or of a session.
type Hash [sha256.Size]byte

// NewToken makes a secret with the given prefix. It is shown once; only its hash is kept.
func NewToken(prefix string) string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // it never fails: without randomness it ends the program
	return prefix + base64.RawURLEncoding.EncodeToString(secret)
}

// HashOf is the hash under which a token is kept.
func HashOf(token string) Hash { return sha256.Sum256([]byte(token)) }

// WellFormed reports whether text has the form of a key. What has not is no key, whatever its hash.
func WellFormed(text string) bool {
	secret, ok := strings.CutPrefix(text, TokenPrefix)
	if !ok || len(secret) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return false
	}
	_, err := base64.RawURLEncoding.DecodeString(secret)
	return err == nil
}

// HintOf is the part of a key that may be shown.
func HintOf(token string) string { return token[:min(hintLength, len(token))] }

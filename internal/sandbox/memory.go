package sandbox

// The parent remembers, for each child, which programs it has sent, as far as a child keeps them. If it is wrong, the
// child asks for the source.
const rememberedPrograms = 256

// memory is a set of program keys that forgets the oldest. It is safe only within one run at a time.
type memory struct {
	keys  map[[32]byte]struct{}
	order [][32]byte // a ring, once it is full
	next  int
}

func newMemory() *memory { return &memory{keys: make(map[[32]byte]struct{})} }

func (m *memory) has(key [32]byte) bool {
	_, ok := m.keys[key]
	return ok
}

func (m *memory) add(key [32]byte) {
	if m.has(key) {
		return
	}
	m.keys[key] = struct{}{}
	if len(m.order) < rememberedPrograms {
		m.order = append(m.order, key)
		return
	}
	delete(m.keys, m.order[m.next])
	m.order[m.next] = key
	m.next = (m.next + 1) % rememberedPrograms
}

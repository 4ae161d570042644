package child

import (
	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// object reads an object, whose brace is at the reader's place.
func (r *reader) object() (goja.Value, error) {
	r.at++
	if r.next() == '}' {
		r.at++
		return r.maker.object(make(memberMap), nil), nil
	}
	base := len(r.values)
	s := r.root
	for {
		e := s.follow(r.text[r.at:])
		if e != nil {
			r.at += len(e.text)
		} else {
			text, name, err := r.key()
			if err != nil {
				return nil, err
			}
			if e = r.extend(s, text, name); e == nil {
				return r.wide(s, base, name)
			}
		}
		r.next()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		if at := base + e.slot; at < len(r.values) {
			r.values[at] = v // the key came before: its member keeps its place and gets the new value
		} else {
			r.values = append(r.values, v)
		}
		s = e.to
		switch r.next() {
		case ',':
			r.at++
			r.next()
		case '}':
			r.at++
			o := r.maker.shaped(s, r.values[base:])
			r.values = r.values[:base]
			return o, nil
		default:
			return nil, r.wrong()
		}
	}
}

// extend adds an edge for a key to a shape, unless there are too many already.
func (r *reader) extend(s *shape, text string, name unistring.String) *edge {
	if r.shapes == maxShapes {
		return nil
	}
	r.shapes++
	return s.extend(text, name)
}

// key reads a key and the colon after it. It returns the name, and the text up to the colon.
func (r *reader) key() (string, unistring.String, error) {
	start := r.at
	if r.next() != '"' {
		return "", "", r.wrong()
	}
	s, err := r.str()
	if err != nil {
		return "", "", err
	}
	if r.next() != ':' {
		return "", "", r.wrong()
	}
	r.at++
	s.plain = r.maker.owned(s)
	return r.maker.owned(scanned{plain: r.text[start:r.at], lent: true}), s.name(), nil
}

// wide reads on an object that has no shape, from the value of the member name on. Its members up to there lie in
// r.values from base on.
func (r *reader) wide(s *shape, base int, name unistring.String) (goja.Value, error) {
	names := append([]unistring.String(nil), s.names...)
	members := make(memberMap, 2*len(names))
	for i, name := range names {
		members[name] = r.values[base+i]
	}
	r.values = r.values[:base]
	for {
		r.next()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; !twice {
			names = append(names, name)
		}
		members[name] = v
		switch r.next() {
		case ',':
			r.at++
			r.next()
		case '}':
			r.at++
			return r.maker.object(members, names), nil
		default:
			return nil, r.wrong()
		}
		if _, name, err = r.key(); err != nil {
			return nil, err
		}
	}
}

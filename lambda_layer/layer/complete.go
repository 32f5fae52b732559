package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// complete adds the libraries of o.Extra. Then it adds libraries that a library of the layer needs, until none is missing.
// One error lists all libraries that cannot be found.
func (f files) complete(o Options, r *Report) error {
	a := f.follow("libclntsh.so").library.architecture
	for _, given := range o.Extra {
		if err := f.addExtra(given, a, r); err != nil {
			return err
		}
	}
	m, err := thisMachine(o)
	if err != nil {
		return err
	}
	for {
		missing := f.missing(a)
		added := false
		var reasons []error
		for _, name := range slices.Sorted(maps.Keys(missing)) {
			content, origin, err := m.find(name, a)
			if err != nil {
				reasons = append(reasons, fmt.Errorf("%s needs %s: %w", missing[name], name, err))
				continue
			}
			if err := f.add(name, content, a); err != nil {
				return fmt.Errorf("%s: %w", origin, err)
			}
			r.Added = append(r.Added, name+" from "+origin)
			added = true
		}
		if !added && len(reasons) > 0 {
			return errors.Join(append(reasons, errors.New(howToGet(slices.Sorted(maps.Keys(missing)), a)))...)
		}
		if !added {
			return nil
		}
	}
}

// missing returns the names of libraries that the layer needs and neither the layer nor Lambda has. Each name has the library
// that needs it.
func (f files) missing(a Architecture) map[string]string {
	names := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		l := f[name].library
		if l == nil {
			continue
		}
		for _, needed := range l.needed {
			if f[needed] == nil && !onLambda(needed, a) && names[needed] == "" {
				names[needed] = name
			}
		}
	}
	return names
}

// addExtra adds a library of o.Extra, under the name by which other libraries load it.
func (f files) addExtra(given string, a Architecture, r *Report) error {
	content, err := os.ReadFile(given)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %s, which -extra names", given)
	}
	if err != nil {
		return err
	}
	l, err := readLibrary(content)
	if err != nil {
		return fmt.Errorf("%s: %w", given, err)
	}
	name := l.soname
	if name == "" {
		name = filepath.Base(given)
	}
	for known, others := range otherNames {
		if slices.Contains(others, name) {
			name = known
		}
	}
	if err := suits(l, a); err != nil {
		return fmt.Errorf("%s: %w", given, err)
	}
	if l.private {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s uses private symbols of its own glibc: it works only if it comes from "+
			"Amazon Linux 2023", given))
	}
	r.Added = append(r.Added, name+" from "+given)
	return f.add(name, content, a)
}

func (f files) add(name string, content []byte, a Architecture) error {
	l, err := readLibrary(content)
	if err != nil {
		return err
	}
	if err := suits(l, a); err != nil {
		return err
	}
	f[name] = &entry{name: name, content: content, library: l}
	return nil
}

// suits returns why Lambda cannot load a library together with a client for an architecture, or nil.
func suits(l *library, a Architecture) error {
	if l.architecture != a {
		return fmt.Errorf("it is for %s and the client for %s", l.architecture, a)
	}
	if newerThan(l.glibc, MaxGLIBC) {
		return fmt.Errorf("it needs GLIBC_%s, and Lambda's provided.al2023 has %s", l.glibc, MaxGLIBC)
	}
	return nil
}

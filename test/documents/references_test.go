package documents_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) { report(t, checkLinks) }

var (
	link    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	named   = regexp.MustCompile(`<a id="([^"]+)">`)
)

// checkLinks checks that files and anchors which a document links to are there.
func checkLinks(t *testing.T, d document) (found []problem) {
	for _, at := range link.FindAllStringSubmatchIndex(d.prose, -1) {
		target, line := d.prose[at[2]:at[3]], 1+strings.Count(d.prose[:at[0]], "\n")
		if strings.HasPrefix(target, "https://") {
			continue
		}
		file, anchor, _ := strings.Cut(target, "#")
		to := d.path
		if file != "" {
			to = path.Join(path.Dir(d.path), file)
		}
		switch {
		case !exists(to):
			found = append(found, problem{line, "there is no " + target})
		case anchor != "" && !slices.Contains(anchors(anchorSource(t, d, to)), anchor):
			found = append(found, problem{line, to + " has no place called " + anchor})
		}
	}
	return found
}

func anchorSource(t *testing.T, d document, to string) string {
	if to == d.path {
		return d.prose
	}
	return read(t, to)
}

// anchors are the places in a document that a link can lead to, as GitHub names them.
func anchors(source string) (all []string) {
	for _, h := range heading.FindAllStringSubmatch(source, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
				return r
			}
			return -1
		}, strings.ToLower(h[1]))
		all = append(all, name)
	}
	for _, a := range named.FindAllStringSubmatch(source, -1) {
		all = append(all, a[1])
	}
	return all
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil
}

func TestPaths(t *testing.T) { report(t, checkPaths) }

var (
	pathLike = regexp.MustCompile(`^\.?[A-Za-z0-9_]+(/[A-Za-z0-9_.*-]+)*/?$`)
	// placeholder is a part of a path that stands for any name.
	placeholder = regexp.MustCompile(`^[A-Z]{2,}$`)
	fileLike    = regexp.MustCompile(`^[A-Za-z]+\.(md|go|json|mod|sum|yaml)$`)
)

// made are files that are not in the repository, with what makes them.
var made = map[string]string{
	"lambda_layer/oracle-client.zip": "go run ./lambda_layer",
	".build/report.html":             "make local",
	"manifest.json":                  "a run, beside its request",
	"check.json":                     "a run, beside its request",
	"secret.json":                    "the reader",
}

// checkPaths checks inline code that looks like a path of the repository: it begins with a folder of the root, or is a file's
// name.
func checkPaths(_ *testing.T, d document) (found []problem) {
	for _, s := range d.spans {
		first, _, deep := strings.Cut(s.text, "/")
		switch {
		case made[s.text] != "", !pathLike.MatchString(s.text) && !fileLike.MatchString(s.text):
			continue
		case !deep && !fileLike.MatchString(s.text), deep && (!isFolder(first) || first == ".local"):
			continue
		}
		parts := strings.Split(strings.TrimSuffix(s.text, "/"), "/")
		for i, part := range parts {
			if placeholder.MatchString(part) {
				parts[i] = "*"
			}
		}
		pattern := strings.Join(parts, "/")
		if matches, err := filepath.Glob(filepath.Join(root, pattern)); err == nil && len(matches) > 0 {
			continue
		}
		if matches, err := filepath.Glob(filepath.Join(root, path.Dir(d.path), pattern)); err == nil && len(matches) > 0 {
			continue
		}
		found = append(found, problem{s.line, "there is no " + s.text})
	}
	return found
}

func isFolder(name string) bool {
	info, err := os.Stat(filepath.Join(root, name))
	return err == nil && info.IsDir()
}

func TestNames(t *testing.T) { report(t, checkNames) }

var (
	namesInFile = regexp.MustCompile("((?:`[A-Za-z]\\w*`(?:, |,? and |\\s)+)*`[A-Za-z]\\w*`)\\s+in\\s+`([\\w./-]+\\.go)`")
	identifier  = regexp.MustCompile("`([A-Za-z]\\w*)`")
)

// checkNames checks that a file declares what a document says is in it: `NAME` in `FILE.go`.
func checkNames(_ *testing.T, d document) (found []problem) {
	for _, at := range namesInFile.FindAllStringSubmatchIndex(d.prose, -1) {
		names, file := d.prose[at[2]:at[3]], d.prose[at[4]:at[5]]
		line := 1 + strings.Count(d.prose[:at[0]], "\n")
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			found = append(found, problem{line, fmt.Sprintf("there is no %s", file)})
			continue
		}
		for _, name := range identifier.FindAllStringSubmatch(names, -1) {
			if !declares(string(content), name[1]) {
				found = append(found, problem{line, fmt.Sprintf("%s does not declare %s", file, name[1])})
			}
		}
	}
	return found
}

// declares says that Go source declares a name: a function, a method, a type, a variable, a constant or a field.
func declares(source, name string) bool {
	return regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |const |var |\t)` + name + `\b`).MatchString(source)
}

// The house that docs/architecture.md shows has all packages of internal, and no others.
func TestHouse(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(root, "internal"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range folders {
		want = append(want, f.Name())
	}
	if diff := diffHouse(read(t, "docs/architecture.md"), want); diff != "" {
		t.Error(diff)
	}
}

func diffHouse(page string, want []string) string {
	_, shown, _ := strings.Cut(page, "\ninternal/\n")
	shown, _, _ = strings.Cut(shown, "\ntest/")
	var got []string
	for _, row := range regexp.MustCompile(`(?m)^  ([a-z]+)/ `).FindAllStringSubmatch(shown, -1) {
		got = append(got, row[1])
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("docs/architecture.md shows the packages %v of internal, which has %v", got, want)
	}
	return ""
}

// The README leads to every page of docs.
func TestREADMELeadsToAllPages(t *testing.T) {
	readme := read(t, "README.md")
	for _, d := range documents(t) {
		if strings.HasPrefix(d.path, "docs/") && !strings.Contains(readme, "]("+d.path+")") {
			t.Errorf("README.md does not lead to %s", d.path)
		}
	}
}

package architecture

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// arrow is a line of a table: of this repository, the packages of the left side may import only those of the right side.
type arrow struct{ from, to string }

// restriction says which packages, and which packages' tests, may import an external package.
type restriction struct{ what, imports, packages, tests string }

// linkRule says which packages must not be linked into programs.
type linkRule struct{ programs, except, never string }

// parseArrows parses a table of arrows.
func parseArrows(table string) (all []arrow) {
	for line := range strings.Lines(table) {
		from, to, found := strings.Cut(line, "->")
		if !found {
			continue
		}
		names := strings.Fields(to)
		for i, name := range names {
			names[i] = inFull(name)
		}
		all = append(all, arrow{strings.TrimSpace(from), strings.Join(names, " ")})
	}
	return all
}

// topLevel has the top-level folders of packages.
const topLevel = ". ... stacks statemachine lambda_layer lambdas cmd internal test"

// inFull returns a name of the right side with its "internal/".
func inFull(name string) string {
	first, _, _ := strings.Cut(name, "/")
	if slices.Contains(strings.Fields(topLevel), first) {
		return name
	}
	return "internal/" + name
}

// arrowOf returns the line of a table for a package.
func arrowOf(table []arrow, folder string) (arrow, bool) {
	i := slices.IndexFunc(table, func(a arrow) bool { return named(folder, a.from) })
	if i < 0 {
		return arrow{}, false
	}
	return table[i], true
}

// part is the part of a package that a rule checks: the package itself or its tests.
type part struct {
	verb    string
	imports func(pkg) []string
}

var (
	built  = part{"imports", func(p pkg) []string { return p.Imports }}
	tested = part{"has tests that import", pkg.tests}
)

// checkArrows finds packages without a line, lines without a package, and imports that the line does not allow.
func checkArrows(packages []pkg, table []arrow, of part) (violations []string) {
	used := map[string]bool{}
	for _, p := range packages {
		line, found := arrowOf(table, p.folder())
		if !found {
			violations = append(violations, fmt.Sprintf("%s has no arrows: add a line that says what it may import", p.folder()))
			continue
		}
		used[line.from] = true
		for _, imported := range of.imports(p) {
			if ours(imported) && imported != p.ImportPath && !named(folder(imported), line.to) {
				violations = append(violations, fmt.Sprintf("%s %s %s: the arrows are %s -> %s",
					p.folder(), of.verb, folder(imported), line.from, cmp.Or(line.to, "nothing")))
			}
		}
	}
	for _, line := range table {
		if !used[line.from] {
			violations = append(violations, fmt.Sprintf("the arrows of %s are of no package: delete the line", line.from))
		}
	}
	return violations
}

// checkRestrictions finds imports of external packages that only other packages may import.
func checkRestrictions(packages []pkg, rules []restriction) (violations []string) {
	for _, p := range packages {
		for _, rule := range rules {
			for _, kind := range []struct {
				part
				allowed string
			}{{built, rule.packages}, {tested, rule.tests}} {
				for _, imported := range kind.imports(p) {
					if _, found := belowAny(imported, rule.imports); found && !named(p.folder(), kind.allowed) {
						violations = append(violations, fmt.Sprintf("%s %s %s, which is %s: only %s may",
							p.folder(), kind.verb, imported, rule.what, kind.allowed))
					}
				}
			}
		}
	}
	return violations
}

// checkLinks finds packages that programs must not link: one violation for each module, not for each of its packages.
func checkLinks(packages []pkg, rules []linkRule) (violations []string) {
	for _, p := range packages {
		for _, rule := range rules {
			if p.Name != "main" || !named(p.folder(), rule.programs) || named(p.folder(), rule.except) {
				continue
			}
			for _, dep := range p.Deps {
				if prefix, found := belowAny(dep, rule.never); found {
					violations = append(violations, fmt.Sprintf("%s links %s: %s must not",
						p.folder(), prefix, rule.programs))
				}
			}
		}
	}
	slices.Sort(violations)
	return slices.Compact(violations)
}

// checkNames finds packages whose name differs from their folder's or is in nameless.
func checkNames(packages []pkg) (violations []string) {
	for _, p := range packages {
		last := path.Base(p.ImportPath)
		switch {
		case slices.Contains(strings.Fields(nameless), p.Name):
			violations = append(violations, fmt.Sprintf("%s is package %s: that name says nothing: take one that says what is in it",
				p.folder(), p.Name))
		case p.Name == "main" && !named(p.folder(), ". lambda_layer lambdas/... cmd/... test/cmd/..."):
			violations = append(violations, fmt.Sprintf("%s is package main: programs lie in lambdas/, cmd/ and test/cmd/", p.folder()))
		case p.Name != "main" && p.Name != last:
			violations = append(violations, fmt.Sprintf("%s is package %s: folder and package have the same name", p.folder(), p.Name))
		}
	}
	return violations
}

// checkBuildList finds unwanted modules in a build list.
func checkBuildList(modules []string, unwanted string) (violations []string) {
	for _, name := range modules {
		if slices.Contains(strings.Fields(unwanted), name) {
			violations = append(violations, fmt.Sprintf("go.mod needs %s: only test/go.mod may", name))
		}
	}
	return violations
}

// checkVersions finds modules that two go.mod files require in different versions.
func checkVersions(product, bed map[string]string) (violations []string) {
	for name, version := range product {
		if other, both := bed[name]; both && other != version {
			violations = append(violations, fmt.Sprintf("%s is %s in go.mod and %s in test/go.mod: both modules select the same version",
				name, version, other))
		}
	}
	slices.Sort(violations)
	return violations
}

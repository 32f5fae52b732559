package architecture

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// arrow is a line of a table: the packages that the left side names import, of ours, at most those of the right side.
type arrow struct{ from, to string }

// restriction says which packages of ours, and which packages' tests, may import packages of others.
type restriction struct{ what, imports, packages, tests string }

// linkRule says what is never linked into programs.
type linkRule struct{ programs, except, never string }

// parseArrows reads a table of arrows.
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

// topLevel are the folders of packages beside internal.
const topLevel = ". ... stacks statemachine lambda_layer lambdas cmd internal test"

// inFull is a name of the right side with the "internal/" that it leaves out.
func inFull(name string) string {
	first, _, _ := strings.Cut(name, "/")
	if slices.Contains(strings.Fields(topLevel), first) {
		return name
	}
	return "internal/" + name
}

// arrowOf is the line of a table that a package follows.
func arrowOf(table []arrow, folder string) (arrow, bool) {
	i := slices.IndexFunc(table, func(a arrow) bool { return named(folder, a.from) })
	if i < 0 {
		return arrow{}, false
	}
	return table[i], true
}

// part is what of a package a rule looks at: what is built, or its tests.
type part struct {
	verb    string
	imports func(pkg) []string
}

var (
	built  = part{"imports", func(p pkg) []string { return p.Imports }}
	tested = part{"has tests that import", pkg.tests}
)

// checkArrows finds packages that no line of the table names, lines that name no package, and imports against an arrow.
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

// checkRestrictions finds imports of packages of others that are for few of ours.
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

// checkLinks finds what programs link and never may: one violation for each module, not for each of its packages.
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

// checkNames finds packages whose name is not their folder's, or says nothing.
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

// checkBuildList finds modules of a build list that are unwanted there.
func checkBuildList(modules []string, unwanted string) (violations []string) {
	for _, name := range modules {
		if slices.Contains(strings.Fields(unwanted), name) {
			violations = append(violations, fmt.Sprintf("go.mod needs %s: only test/go.mod may", name))
		}
	}
	return violations
}

// checkVersions finds modules that two go.mod files want in different versions.
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

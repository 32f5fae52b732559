package oracle

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// codeTexts are the texts in the code from which fixes are made, each with its place.
type codeTexts map[string]token.Position

// source is the code of a package outside tests.
type source struct {
	files     *token.FileSet
	functions map[string]*ast.FuncDecl
	constants map[string]ast.Expr
	visited   map[*ast.FuncDecl]bool
	found     codeTexts
}

// printedLiterals returns every text that the packages in folders can print as a part of a fix.
func printedLiterals(t *testing.T, folders ...string) codeTexts {
	t.Helper()
	all := codeTexts{}
	for _, folder := range folders {
		s := &source{
			files: token.NewFileSet(), functions: map[string]*ast.FuncDecl{}, constants: map[string]ast.Expr{},
			visited: map[*ast.FuncDecl]bool{}, found: all,
		}
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no code in %s: %v", folder, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(s.files, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			s.declare(file)
		}
		for _, f := range s.functions {
			s.inspect(f)
		}
	}
	return all
}

func (s *source) declare(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if n, is := n.(*ast.FuncDecl); is {
			name := n.Name.Name
			for s.functions[name] != nil { // methods of several types may have one name
				name += "'"
			}
			s.functions[name] = n
			return false
		}
		constants(n, s.constants)
		return true
	})
}

// constants adds the values that a declaration gives to constants and variables.
func constants(n ast.Node, to map[string]ast.Expr) {
	if n, is := n.(*ast.ValueSpec); is {
		for i, name := range n.Names {
			if i < len(n.Values) {
				to[name.Name] = n.Values[i]
			}
		}
	}
}

// fixArguments are the functions that take a fix, with its position.
var fixArguments = map[string]int{"fail": 3, "warn": 3, "found": 4, "database": 2}

// inspect finds the expressions in a function that become the fix of a finding.
func (s *source) inspect(f *ast.FuncDecl) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if at, is := fixArguments[called(n)]; is && len(n.Args) > at {
				s.walk(n.Args[at], f)
			}
		case *ast.KeyValueExpr:
			if key, is := n.Key.(*ast.Ident); is && key.Name == "Fix" {
				s.walk(n.Value, f)
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if field, is := left.(*ast.SelectorExpr); is && field.Sel.Name == "Fix" && len(n.Rhs) == len(n.Lhs) {
					s.walk(n.Rhs[i], f)
				}
			}
		}
		return true
	})
}

// called returns the name of the function that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// walk collects the texts of an expression of function f.
func (s *source) walk(e ast.Expr, f *ast.FuncDecl) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			s.found[text] = s.files.Position(e.Pos())
		}
	case *ast.BinaryExpr:
		s.walk(e.X, f)
		s.walk(e.Y, f)
	case *ast.CallExpr:
		of := s.functions[called(e)]
		if of != nil || slices.Contains([]string{"Sprintf", "Join"}, called(e)) {
			for _, argument := range e.Args {
				s.walk(argument, f)
			}
		}
		s.visit(of)
	case *ast.Ident:
		local := map[string]ast.Expr{}
		ast.Inspect(f, func(n ast.Node) bool { constants(n, local); return true })
		if constant := cmp.Or(local[e.Name], s.constants[e.Name]); constant != nil {
			s.walk(constant, f)
			return
		}
		s.assigned(e.Name, f)
	}
}

// assigned collects what a function assigns to a variable.
func (s *source) assigned(name string, f *ast.FuncDecl) {
	ast.Inspect(f, func(n ast.Node) bool {
		a, is := n.(*ast.AssignStmt)
		if !is {
			return true
		}
		for i, left := range a.Lhs {
			value := a.Rhs[min(i, len(a.Rhs)-1)] // a call may have several results
			if v, is := left.(*ast.Ident); is && v.Name == name && !mentions(value, name) {
				s.walk(value, f)
			}
		}
		return true
	})
}

func mentions(e ast.Expr, name string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		v, is := n.(*ast.Ident)
		found = found || is && v.Name == name
		return true
	})
	return found
}

// visit collects what a function returns: its result of the name fix, or all of its results.
func (s *source) visit(f *ast.FuncDecl) {
	if f == nil || s.visited[f] {
		return
	}
	s.visited[f] = true
	only := -1
	at := 0
	if f.Type.Results != nil {
		for _, field := range f.Type.Results.List {
			for _, name := range field.Names {
				if name.Name == "fix" {
					only = at
				}
				at++
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if r, is := n.(*ast.ReturnStmt); is {
			for i, result := range r.Results {
				if only < 0 || i == only {
					s.walk(result, f)
				}
			}
		}
		return true
	})
}

var verb = regexp.MustCompile(`%(\[\d\])?[sdvq]`)

// appears reports whether one of the texts has a literal, whose verbs stand for anything.
func appears(literal string, texts []string) bool {
	parts := verb.Split(literal, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	pattern := regexp.MustCompile(strings.Join(parts, ".*"))
	return slices.ContainsFunc(texts, pattern.MatchString)
}

// Every fix that the code can print is one of printed, which TestFixesCanBeFollowed tries.
func TestEveryFixIsTried(t *testing.T) {
	found := printedLiterals(t, ".", "client")
	var texts []string
	for _, p := range printed() {
		texts = append(texts, p.text)
	}
	for literal, at := range found {
		if strings.ContainsFunc(literal, isLetter) && !appears(literal, texts) {
			t.Errorf("%s: no fix of printed has %q", at, literal)
		}
	}
	if len(found) < 60 {
		t.Errorf("%d texts of fixes are found in the code, want many more", len(found))
	}
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

package department

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds that no department comes near. They keep the YAML parser, which is recursive and slows down with the square
// of the depth, from being driven into the ground by a file that is not a department at all.
const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// parseYAML reads src into nodes. It returns nil after reporting why there is nothing to read.
func (r *reader) parseYAML(src []byte) (root *node) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if len(src) > maxBytes {
		r.report(pos{1, 1}, fmt.Sprintf("the file has %d bytes: no more than %d are read", len(src), maxBytes),
			"split the department into several")
		return nil
	}
	if at := invalidUTF8(src); at >= 0 {
		line := bytes.Count(src[:at], []byte("\n")) + 1
		column := utf8.RuneCount(src[bytes.LastIndexByte(src[:at], '\n')+1:at]) + 1
		r.report(pos{line, column}, "this character is not valid UTF-8", "save the file as UTF-8")
		return nil
	}
	defer func() {
		// The parser is not ours; whatever it stumbles over is a mistake in the file.
		if cause := recover(); cause != nil {
			r.report(pos{1, 1}, fmt.Sprintf("the YAML cannot be read: %v", cause), "write plain mappings and lists")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(string(src))
	if deep := tooDeep(tokens); deep != nil {
		r.report(place(deep), fmt.Sprintf("the YAML is nested more than %d levels deep here", maxDepth),
			"write plain mappings and lists")
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.reportSyntax(err)
		return nil
	}
	return r.document(file)
}

// reportSyntax reports an error of the YAML parser, which stops at the first.
func (r *reader) reportSyntax(err error) {
	at, what := pos{1, 1}, err.Error()
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		at, what = place(syntax.Token), syntax.Message
	}
	what, _, _ = strings.Cut(what, "\n")
	r.report(at, "this is not YAML: "+what, "check indentation, quotes and brackets here and in the line above")
}

// document is the one document of a file. A file without any content is an empty mapping, so that what is missing is
// reported key by key.
func (r *reader) document(file *ast.File) *node {
	var body ast.Node
	for _, doc := range file.Docs {
		switch b := doc.Body.(type) {
		case nil:
		case *ast.DirectiveNode:
			r.report(start(b), "YAML directives such as %YAML are not supported", "remove the line")
		default:
			if body != nil {
				r.report(start(b), "a second YAML document begins here: a file is one department",
					"move it to a file of its own")
				continue
			}
			body = b
		}
	}
	if body == nil {
		return &node{kind: mapping, pos: pos{1, 1}}
	}
	return r.node(body, "")
}

// tooDeep is the first token nested too deeply: in brackets, or by markers that nest within one line. Nesting by
// indentation needs no watching, since each level costs a longer line.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, markers, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, markers = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			markers++
		}
		if brackets > maxDepth || markers > maxDepth {
			return t
		}
	}
	return nil
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(src []byte) int {
	for at := 0; at < len(src); {
		r, size := utf8.DecodeRune(src[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

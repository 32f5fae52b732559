package yamlschema

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

// Limits of a file. The YAML parser is recursive, and its time grows with the square of the depth. Without limits a small
// hostile file could stop the program.
const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// parse turns src into nodes. If src cannot be read, parse reports why and returns nil.
func (d *Decoder) parse(src []byte) (root *Node) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if len(src) > maxBytes {
		d.Report(Pos{1, 1}, fmt.Sprintf("the file has %d bytes: a file has at most %d", len(src), maxBytes),
			"split it into several files")
		return nil
	}
	if at := invalidUTF8(src); at >= 0 {
		line := bytes.Count(src[:at], []byte("\n")) + 1
		column := utf8.RuneCount(src[bytes.LastIndexByte(src[:at], '\n')+1:at]) + 1
		d.Report(Pos{line, column}, "this character is not valid UTF-8", "save the file as UTF-8")
		return nil
	}
	defer func() {
		// The parser panics on some invalid files. Such a file is a problem to report, not a reason to crash.
		if cause := recover(); cause != nil {
			d.Report(Pos{1, 1}, fmt.Sprintf("the YAML cannot be read: %v", cause), "write plain mappings and lists")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(string(src))
	if deep := tooDeep(tokens); deep != nil {
		d.Report(place(deep), fmt.Sprintf("the YAML is nested more than %d levels deep here", maxDepth),
			"write plain mappings and lists")
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.reportSyntax(err)
		return nil
	}
	return d.document(file)
}

// reportSyntax reports an error of the YAML parser. The parser stops at its first error.
func (d *Decoder) reportSyntax(err error) {
	at, what := Pos{1, 1}, err.Error()
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		at, what = place(syntax.Token), syntax.Message
	}
	what, _, _ = strings.Cut(what, "\n")
	d.Report(at, "this is not YAML: "+what, "check indentation, quotes and brackets here and in the line above")
}

// document returns the root node of the file's one document. A file without content is an empty mapping. So every missing
// key is reported.
func (d *Decoder) document(file *ast.File) *Node {
	var body ast.Node
	for _, doc := range file.Docs {
		switch b := doc.Body.(type) {
		case nil:
		case *ast.DirectiveNode:
			d.Report(start(b), "YAML directives such as %YAML are not supported", "remove the line")
		default:
			if body != nil {
				d.Report(start(b), "a second YAML document begins here: a file holds one",
					"move it to a file of its own")
				continue
			}
			body = b
		}
	}
	if body == nil {
		return &Node{Kind: KindMapping, Pos: Pos{1, 1}}
	}
	return d.node(body, "")
}

// tooDeep returns the first token that is nested too deeply, or nil. It counts brackets, and the markers that nest within
// one line. It does not count indentation: each level needs a longer line, and maxBytes limits those.
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

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
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

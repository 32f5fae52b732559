package yamlschema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/yamlschema"
)

// garden has keys of all Types.
type garden struct {
	Name    string
	Country string
	Soil    string
	Acres   int
	Water   int // litres a day; -1 means automatic
	Open    bool
	Fenced  *bool
	Trees   []tree
	Owner   string
	Tenant  string
}

type tree struct{ Kind, Age string }

func gardenType() yamlschema.Mapping[garden] {
	return yamlschema.Mapping[garden]{
		Example: "{name: north}",
		Fields: []yamlschema.Field[garden]{
			yamlschema.Required("name", "north", "The garden's name.", yamlschema.Text{
				Pattern: `^[a-z]+$`, Form: "lower-case letters", Example: "north", Tidy: strings.ToLower,
				Check: func(v string) *yamlschema.Fault {
					if v == "eden" {
						return yamlschema.Faultf("choose another name", "%s is taken", v)
					}
					return nil
				},
			}, func(g *garden) *string { return &g.Name }),
			yamlschema.Optional("country", "Where it is.", yamlschema.Text{Example: "Norway"},
				func(g *garden) *string { return &g.Country }),
			yamlschema.WithDefault("soil", "loam", "What it stands on.", yamlschema.Choice[string]{"loam", "sand", "clay"},
				func(g *garden) *string { return &g.Soil }),
			yamlschema.WithDefault("acres", 1, "Its size.", yamlschema.Integer{From: -5, To: 90, Unit: "acres"},
				func(g *garden) *int { return &g.Acres }),
			yamlschema.Optional("water", "Litres a day.", yamlschema.IntegerOr{
				Integer: yamlschema.Integer{From: 10, To: 40, Steps: []int{10, 20, 40}, Unit: "litres"}, Word: "auto", Value: -1,
			}, func(g *garden) *int { return &g.Water }),
			yamlschema.WithDefault("open", true, "Whether visitors may enter.", yamlschema.Boolean{},
				func(g *garden) *bool { return &g.Open }),
			yamlschema.Optional("fenced", "Whether it has a fence.", yamlschema.Pointer[bool]{Of: yamlschema.Boolean{}},
				func(g *garden) **bool { return &g.Fenced }),
			yamlschema.Required("trees", "[oak]", "Its trees.", yamlschema.List[tree]{
				Of: yamlschema.Either[tree]{Short: kindType{}, Long: treeType()}, AtLeast: 1, AtMost: 3, Noun: "a tree",
				Distinct: func(t tree) string { return t.Kind },
			}, func(g *garden) *[]tree { return &g.Trees }),
			yamlschema.Optional("owner", "Who owns it.", yamlschema.Text{Example: "Ann"}, func(g *garden) *string { return &g.Owner }),
			yamlschema.Optional("tenant", "Who rents it.", yamlschema.Text{Example: "Bob"}, func(g *garden) *string { return &g.Tenant }),
		},
		OneOf: [][]string{{"owner", "tenant"}},
		Check: func(d *yamlschema.Decoder, n *yamlschema.Node, g *garden) {
			if n.Has("acres") && g.Acres < 0 {
				d.Refuse(n.Get("acres"), yamlschema.Faultf("write how many there are", "%s cannot be below 0 in %s",
					n.Get("acres").Label(), d.File()))
			}
		},
	}
}

func treeType() yamlschema.Mapping[tree] {
	return yamlschema.Mapping[tree]{
		Example: "{kind: oak}",
		Fields: []yamlschema.Field[tree]{
			yamlschema.Required("kind", "oak", "Its kind.", yamlschema.Text{Example: "oak"}, func(t *tree) *string { return &t.Kind }),
			yamlschema.Optional("age", "Its age.", yamlschema.Text{Example: "'5'"}, func(t *tree) *string { return &t.Age }),
		},
	}
}

// kindType is a tree given only by its kind, such as oak.
type kindType struct{ yamlschema.Text }

func (kindType) Decode(d *yamlschema.Decoder, n *yamlschema.Node, into *tree) {
	if v, ok := d.Text(n, "oak"); ok {
		into.Kind = v
	}
}

func (kindType) SetDefault(*tree) {}

var hints = yamlschema.Hints{
	Refused: func(key string) string {
		if yamlschema.Fold(key) == "fountain" {
			return "fountains waste water"
		}
		return ""
	},
	Home: func(key string) string {
		if key == "age" {
			return "a tree"
		}
		return ""
	},
}

func decode(src string) (*garden, error) {
	return yamlschema.Decode("garden.yaml", []byte(src), gardenType(), hints)
}

// problems returns the error of decode, with a line for each problem, or "".
func problems(t testing.TB, src string) string {
	t.Helper()
	_, err := decode(src)
	if err == nil {
		return ""
	}
	var all yamlschema.Errors
	if !errors.As(err, &all) || len(all) == 0 {
		t.Fatalf("the error is %T (%v), want Errors", err, err)
	}
	var b strings.Builder
	for _, p := range all {
		if p.File != "garden.yaml" || p.What == "" || p.Fix == "" || p.Line < 1 || p.Column < 1 {
			t.Errorf("the problem %+v has no place, reason or fix", p)
		}
		fmt.Fprintf(&b, "%d:%d: %s; %s\n", p.Line, p.Column, p.What, p.Fix)
	}
	return b.String()
}

package yamlschema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		want garden
	}{
		"defaults": {
			"name: north\ntrees: [oak]\nowner: Ann\n",
			garden{Name: "north", Soil: "loam", Acres: 1, Open: true, Trees: []tree{{Kind: "oak"}}, Owner: "Ann"},
		},
		"every key": {
			"\ufeffname: 'north'\ncountry: |-\n  Norway\nsoil: clay\nacres: 90\nwater: auto\nopen: False\nfenced: true\n" +
				"trees:\n- {kind: oak, age: '5'}\n- elm\ntenant: \"Bob\"\n",
			garden{
				Name: "north", Country: "Norway", Soil: "clay", Acres: 90, Water: -1, Fenced: new(true),
				Trees: []tree{{"oak", "5"}, {Kind: "elm"}}, Tenant: "Bob",
			},
		},
		"a step": {
			"{name: north, water: 20, trees: [oak], owner: Ann}",
			garden{Name: "north", Soil: "loam", Acres: 1, Water: 20, Open: true, Trees: []tree{{Kind: "oak"}}, Owner: "Ann"},
		},
	} {
		got, err := decode(c.src)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Each mistake is reported with its place and a fix, and does not hide others.
func TestProblems(t *testing.T) {
	const rest = "\ntrees: [oak]\nowner: Ann\n" // after the first line
	for src, want := range map[string]string{
		"": "1:1: the file has no name; add name: north\n" +
			"1:1: the file has no trees; add trees: [oak]\n1:1: the file has none of owner and tenant; add one of them\n",
		"- a":    "1:1: the file is a list, not a mapping; write {name: north}\n",
		"name: ": "1:1: name has no value; write its value, or remove the line\n1:1: the file has no trees; add trees: [oak]\n1:1: the file has none of owner and tenant; add one of them\n",

		"name: North" + rest:           "1:7: name is \"North\", which is not valid; write north: it takes lower-case letters\n",
		"name: a b" + rest:             "1:7: name is \"a b\", which is not valid; write lower-case letters, such as north\n",
		"name: 5" + rest:               "1:7: name is the number 5, not text; write lower-case letters, such as north\n",
		"name: [a]" + rest:             "1:7: name is a list, not text; write text, such as north\n",
		"name: eden" + rest:            "1:7: eden is taken; choose another name\n",
		"{name: a, country: 5}" + rest: "2:1: this is not YAML: value is not allowed in this context; check indentation, quotes and brackets here and in the line above\n",
		"name: a\ncountry: 5" + rest:   "2:10: country is the number 5, not text; put quotes around it: \"5\"\n",
		"name: a\ncountry: ''" + rest:  "2:10: country is empty; write a value, such as Norway\n",
		"name: a\nsoil: sandd" + rest:  "2:7: soil is \"sandd\", not one of loam, sand and clay; write sand\n",
		"name: a\nsoil: 7" + rest:      "2:7: soil is the number 7, not one of loam, sand and clay; write loam, sand or clay\n",
		"name: a\nacres: 0x5" + rest:   "2:8: acres is the number 0x5, not a whole number; write -5 to 90 acres\n",
		"name: a\nacres: 91" + rest:    "2:8: acres is 91, which is out of range; write -5 to 90 acres\n",
		"name: a\nacres: -1" + rest:    "2:8: acres cannot be below 0 in garden.yaml; write how many there are\n",
		"name: a\nwater: 30" + rest:    "2:8: water is 30, which is not one of the allowed numbers; write one of 10, 20 or 40 litres, such as 40\n",
		"name: a\nwater: often" + rest: "2:8: water is text (\"often\"), neither a whole number nor auto; write one of 10, 20 or 40 litres, or auto\n",
		"name: a\nopen: 'yes'" + rest:  "2:7: open is text (\"yes\"), not true or false; write true or false\n",
		"name: a\nnmae: b" + rest:      "2:1: \"nmae\" is not a key of the file: its keys are name, country, soil, acres, water, open, fenced, trees, owner and tenant; write name\n",
		"name: a\nage: 5" + rest:       "2:1: \"age\" is not a key of the file: its keys are name, country, soil, acres, water, open, fenced, trees, owner and tenant; move it: it belongs in a tree\n",
		"name: a\nroses: 5" + rest:     "2:1: \"roses\" is not a key of the file: its keys are name, country, soil, acres, water, open, fenced, trees, owner and tenant; remove it, or write one of these\n",
		"name: a\nFoun-tain: 5" + rest: "2:1: Foun-tain is not a key: fountains waste water; remove it\n",
		"name: a\nname: b" + rest:      "2:1: name is here twice: the first is in line 1; remove one of them\n",
		"name: a\ntenant: Bob" + rest:  "4:1: the file has both tenant (line 2) and owner: they exclude each other; remove one of them\n",
		"name: a\nowner: &x Ann\ntrees: [*x, !!str elm]": "2:8: YAML anchors (&name) are not supported; write the value out where it is used\n" +
			"3:9: YAML aliases (*name) are not supported; write the value out\n" +
			"3:13: YAML tags (!!str) are not supported; remove the tag; put quotes around what must be text\n",
		"name: a\nowner: Ann\ntrees: oak": "3:8: trees is text (\"oak\"), not a list; write a list: [...], or a line with a hyphen for each\n",
		"name: a\nowner: Ann\ntrees: []":  "3:8: trees has 0 items: it takes 1 to 3; write 1 to 3, each a tree\n",
		"name: a\nowner: Ann\ntrees:\n- oak\n-\n- {kind: oak, hight: 2}": "5:2: trees[1] has no value; write a tree, or remove the hyphen\n" +
			"6:3: oak is in trees twice: the first is in line 4; remove one of them\n" +
			"6:15: \"hight\" is not a key of trees[2]: its keys are kind and age; remove it, or write one of these\n",
	} {
		if diff := cmp.Diff(want, problems(t, src)); diff != "" {
			t.Errorf("problems of %q (-want +got):\n%s", src, diff)
		}
	}
}

// Decode refuses files that would exhaust a recursive parser. It is quick, and its messages are short.
func TestHostileFiles(t *testing.T) {
	for name, src := range map[string]string{
		"deep lists":      strings.Repeat("[", 100_000),
		"deep mappings":   strings.Repeat("{a: ", 100_000),
		"deep hyphens":    strings.Repeat("- ", 100_000),
		"deep question":   strings.Repeat("? ", 100_000),
		"a huge file":     strings.Repeat("# comment\n", 200_000),
		"broken text":     "name: \xff\xfe",
		"an alias bomb":   "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
		"a lone quote":    "'",
		"a zero byte":     "name: a\x00b\n",
		"an empty key":    ": x\n",
		"an empty brace":  "{",
		"a tab":           "\tname: x\n",
		"only directives": "%YAML 1.2\n---\n",
	} {
		if got := problems(t, src); got == "" || len(got) > 2000 {
			t.Errorf("%s: messages of %d bytes, want 1 to 2000: %s", name, len(got), got)
		}
	}
}

// Decode returns the written values, and the schema accepts every file that Decode accepts.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringMatching(`[ -~äöü]{1,12}`) // quotes must preserve every printable character
		want := garden{
			Name:  rapid.StringMatching(`[a-z]{5,9}`).Draw(rt, "name"),
			Soil:  rapid.SampledFrom([]string{"loam", "sand", "clay"}).Draw(rt, "soil"),
			Acres: rapid.IntRange(0, 90).Draw(rt, "acres"), Water: rapid.SampledFrom([]int{-1, 10, 20, 40}).Draw(rt, "water"),
			Open: rapid.Bool().Draw(rt, "open"), Fenced: new(rapid.Bool().Draw(rt, "fenced")),
			Country: word.Draw(rt, "country"), Tenant: word.Draw(rt, "tenant"),
		}
		var trees []string
		for _, kind := range rapid.SliceOfNDistinct(word, 1, 3, rapid.ID[string]).Draw(rt, "trees") {
			one := tree{Kind: kind}
			written := quote(kind)
			if rapid.Bool().Draw(rt, "with age") {
				one.Age = word.Draw(rt, "age")
				written = fmt.Sprintf("{kind: %s, age: %s}", quote(kind), quote(one.Age))
			}
			want.Trees = append(want.Trees, one)
			trees = append(trees, written)
		}
		water := fmt.Sprint(want.Water)
		if want.Water == -1 {
			water = "auto"
		}
		src := fmt.Sprintf("name: %s\ncountry: %s\nsoil: %s\nacres: %d\nwater: %s\nopen: %t\nfenced: %t\ntrees: [%s]\ntenant: %s\n",
			want.Name, quote(want.Country), want.Soil, want.Acres, water, want.Open, *want.Fenced, strings.Join(trees, ", "),
			quote(want.Tenant))
		got, err := decode(src)
		if err != nil {
			rt.Fatalf("%v\n%s", err, src)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s\n%s", diff, src)
		}
		if err := fitsSchema(t, src); err != nil {
			rt.Fatalf("the schema refuses what Decode accepts: %v\n%s", err, src)
		}
	})
}

// quote returns text as JSON, which is also YAML.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // unreachable: every string can be written as JSON
	}
	return string(b)
}

// For every input, Decode returns either a value or problems that have a place, a reason and a fix.
func FuzzDecode(f *testing.F) {
	f.Add("name: north\ntrees: [oak, {kind: elm}]\nowner: Ann\n")
	f.Add("name: a\njobs: {a: *b, ? c : d, <<: e}\n")
	f.Add("%YAML 1.2\n---\nname: a\n---\n- b\n")
	f.Fuzz(func(t *testing.T, src string) {
		problems(t, src)
		if got, err := decode(src); (got == nil) == (err == nil) {
			t.Errorf("Decode = %v, %v; want either a value or an error", got, err)
		}
	})
}

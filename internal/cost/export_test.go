package cost

// Row is a line of the table, for tests.
type Row struct {
	Name string
	Price
}

// TableText is the committed table.
var TableText = tableText

// Parse reads a table.
func Parse(text string) ([]Row, error) {
	rows, err := parse(text)
	var all []Row
	for _, r := range rows {
		all = append(all, Row{r.name, r.Price})
	}
	return all, err
}

// The visits of runs.
var (
	FullLoad  = fullLoad
	Following = following
	Search    = search
)

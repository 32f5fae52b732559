package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// Settings are the settings of one table for its full load.
type Settings struct {
	// Parallel is the way to split the load: "none", "partitions-auto", "partitions-list" or "ranges".
	Parallel   string
	Partitions []string
	Columns    []string   // of ranges, by name
	Boundaries [][]string // of ranges: each has one value for each of Columns
	// LOB is "limited" or "none". It is "" when the settings of the task apply.
	LOB string
	// LOBMax is the size at which a limited LOB is truncated, in bytes.
	LOBMax int
}

const (
	kilobyte         = 1024
	defaultLOBMax    = 32 // kilobytes
	maxRangesColumns = 10
)

func (m *Mapping) addSettings(raw json.RawMessage) error {
	var r settingsRule
	if err := decodeStrict(raw, &r); err != nil {
		return err
	}
	if r.Locator.Schema == "" || r.Locator.Table == "" {
		return errors.New("object-locator needs schema-name and table-name")
	}
	if strings.Contains(r.Locator.Schema+r.Locator.Table, "%") {
		return errors.New("table-settings take no wildcards")
	}
	if r.Locator.Column != "" || r.Locator.Type != "" {
		return errors.New("object-locator of table-settings takes schema-name and table-name only")
	}
	t, s := oracledb.Table{Schema: r.Locator.Schema, Name: r.Locator.Table}, Settings{Parallel: "none"}
	if _, twice := m.settings[t]; twice {
		return fmt.Errorf("table-settings for %s are given twice", t)
	}
	if r.Parallel != nil {
		if err := s.setParallel(*r.Parallel); err != nil {
			return err
		}
	}
	if r.LOB != nil {
		if err := s.setLOB(*r.LOB); err != nil {
			return err
		}
	}
	m.settings[t] = s
	return nil
}

func (s *Settings) setParallel(r parallelLoadRule) error {
	s.Parallel, s.Partitions, s.Columns = r.Type, r.Partitions, r.Columns
	for _, values := range r.Boundaries {
		boundary := make([]string, len(values))
		for i, v := range values {
			boundary[i] = string(v)
		}
		s.Boundaries = append(s.Boundaries, boundary)
	}
	ranges := len(r.Columns) > 0 || len(r.Boundaries) > 0
	switch r.Type {
	case "none", "partitions-auto":
		if ranges || len(r.Partitions) > 0 {
			return fmt.Errorf("parallel-load type %s takes no partitions, columns or boundaries", r.Type)
		}
	case "partitions-list":
		if ranges || len(r.Partitions) == 0 {
			return errors.New("parallel-load type partitions-list needs partitions, and takes no columns or boundaries")
		}
	case "ranges":
		return s.checkRanges()
	default:
		return fmt.Errorf("parallel-load type %q is not implemented", r.Type)
	}
	return nil
}

func (s *Settings) checkRanges() error {
	switch {
	case len(s.Partitions) > 0:
		return errors.New("parallel-load type ranges takes no partitions")
	case len(s.Columns) == 0 || len(s.Columns) > maxRangesColumns:
		return fmt.Errorf("parallel-load type ranges needs 1 to %d columns", maxRangesColumns)
	case len(s.Boundaries) == 0:
		return errors.New("parallel-load type ranges needs boundaries")
	}
	for i, b := range s.Boundaries {
		if len(b) != len(s.Columns) {
			return fmt.Errorf("boundary %d has %d values for %d columns", i+1, len(b), len(s.Columns))
		}
	}
	return nil
}

func (s *Settings) setLOB(r lobRule) error {
	size, err := r.BulkMaxSize.number("bulk-max-size", defaultLOBMax)
	if err != nil {
		return err
	}
	s.LOB, s.LOBMax = r.Mode, size*kilobyte
	switch r.Mode {
	case "limited", "none":
		return nil
	case "unlimited":
		return errors.New("lob-settings mode unlimited: full LOB mode does not work with an S3 target")
	default:
		return fmt.Errorf("lob-settings mode %q is not one of limited, none", r.Mode)
	}
}

// Settings returns the settings of a table. A table without a table-settings rule has Parallel "none".
func (m *Mapping) Settings(t oracledb.Table) Settings {
	if s, ok := m.settings[t]; ok {
		return s
	}
	return Settings{Parallel: "none"}
}

// Segment is a part of a table that one subtask reads.
type Segment struct {
	// Where is an SQL condition for Args. It is empty for the whole table.
	Where string
	Args  []any
}

// Segments splits a table. A range starts above one boundary and ends at the next boundary, which it includes. A row with
// a null in a range column is in no range, as in DMS. The source has no partitions, so a load by partitions reads the
// whole table in one segment. Segments fails when a range column does not exist or has a type without ranges.
func (s Settings) Segments(columns []oracledb.Column) ([]Segment, error) {
	if s.Parallel != "ranges" {
		return []Segment{{}}, nil
	}
	types := make([]oracledb.Type, len(s.Columns))
	quoted := make([]string, len(s.Columns))
	for i, name := range s.Columns {
		at := slices.IndexFunc(columns, func(c oracledb.Column) bool { return c.Name == name })
		if at < 0 {
			return nil, fmt.Errorf(`parallel-load: ORA-00904: "%s": invalid identifier`, name)
		}
		if types[i] = columns[at].Type; types[i].LOB() || types[i].Float() {
			return nil, fmt.Errorf("parallel-load: column %s is of type %s: ranges are not supported for this type", name, types[i].Name)
		}
		quoted[i] = oracledb.Quote(name)
	}
	bounds := make([][]any, len(s.Boundaries))
	for i, boundary := range s.Boundaries {
		for j, v := range boundary {
			value, err := Literal(types[j], v)
			if err != nil {
				return nil, fmt.Errorf("parallel-load: boundary %d: %w", i+1, err)
			}
			bounds[i] = append(bounds[i], value)
		}
	}
	row := "(" + strings.Join(quoted, ", ") + ")"
	marks := "(?" + strings.Repeat(", ?", len(quoted)-1) + ")"
	notNull := strings.Join(quoted, " IS NOT NULL AND ") + " IS NOT NULL"
	segments := make([]Segment, len(bounds)+1)
	for i := range segments {
		conditions := []string{notNull}
		var args []any
		if i > 0 {
			conditions = append(conditions, row+" > "+marks)
			args = append(args, bounds[i-1]...)
		}
		if i < len(bounds) {
			conditions = append(conditions, row+" <= "+marks)
			args = append(args, bounds[i]...)
		}
		segments[i] = Segment{strings.Join(conditions, " AND "), args}
	}
	return segments, nil
}

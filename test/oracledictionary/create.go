package oracledictionary

import (
	"fmt"
	"regexp"
	"strings"
)

// Create returns SQLite's statement that makes an empty table like the view. kind is TABLE or TEMP TABLE. The table refuses rows
// that Oracle cannot have: the error says what is documented.
func (v View) Create(kind string) string {
	var lines []string
	for _, c := range v.Columns {
		lines = append(lines, v.column(c))
	}
	if len(v.Columns) == 0 {
		lines = []string{"no_column"} // SQLite has no table without a column
	}
	for _, r := range v.Rules {
		lines = append(lines, v.constraint(r.Sentence, condition(r.Condition)))
	}
	return fmt.Sprintf("CREATE %s %s (\n  %s)", kind, v.Table(), strings.Join(lines, ",\n  "))
}

// Table is the name of the view in SQLite, where a name with a dot is one of another schema.
func (v View) Table() string { return strings.Replace(strings.ToLower(v.Name), "sys.", "sys_", 1) }

// Spell writes the names of columns with a # in a statement as SQLite has them. Literals stay as they are.
func Spell(statement string) string {
	return numbered.ReplaceAllStringFunc(statement, func(part string) string {
		if part[0] == '\'' {
			return part
		}
		return strings.Replace(part, "#", "_no", 1)
	})
}

var numbered = regexp.MustCompile(`'[^']*'|\w#`)

// Spelled is the name of the column in a statement of SQLite, which has words that it takes only in quotes.
func (c Column) Spelled() string {
	name := Spell(strings.ToLower(c.Name))
	if c.Name == "LIMIT" || c.Name == "DEFERRABLE" {
		return `"` + name + `"`
	}
	return name
}

func (v View) column(c Column) string {
	name := c.Spelled()
	made := name
	if c.NotNull {
		made += " NOT NULL"
	}
	if c.Ordinary != "" {
		made += " DEFAULT " + c.literal(c.Ordinary)
	}
	switch c.Type {
	case "VARCHAR2":
		made += v.constraint(fmt.Sprintf("%s is text of at most %s bytes", c.Name, c.Bytes),
			fmt.Sprintf("%s IS NULL OR TYPEOF(%[1]s) = 'text' AND LENGTH(CAST(%[1]s AS BLOB)) <= %s", name, c.Bytes))
	case "NUMBER":
		made += v.constraint(c.Name+" is a number", fmt.Sprintf("TYPEOF(%s) IN ('null', 'integer', 'real')", name))
	case "DATE": // a Julian day, which has a difference in days like Oracle's dates
		made += v.constraint(c.Name+" is a date, JULIANDAY(...)", fmt.Sprintf("TYPEOF(%s) IN ('null', 'real', 'integer')", name))
	}
	if len(c.Values) > 0 {
		made += v.constraint(c.Name+" is "+strings.Join(c.Values, ", "),
			fmt.Sprintf("%s IS NULL OR %s", name, oneOf(name, c.Values)))
	}
	return made
}

func (c Column) literal(value string) string {
	if c.Type == "NUMBER" {
		return value
	}
	return quote(value)
}

// constraint returns a CHECK that SQLite names in its error: what is documented, and where.
func (v View) constraint(sentence, condition string) string {
	name := v.Name + ": " + sentence
	if v.Page != "" {
		name += " (" + v.Page + ")"
	}
	return fmt.Sprintf(` CONSTRAINT "%s" CHECK (%s)`, strings.ReplaceAll(name, `"`, `""`), condition)
}

var list = regexp.MustCompile(`([A-Z_]+) IN \(([^']*)\)`)

// condition returns the condition of a rule with its list of values as SQL.
func condition(rule string) string {
	return list.ReplaceAllStringFunc(rule, func(found string) string {
		m := list.FindStringSubmatch(found)
		return "(" + oneOf(m[1], strings.Split(m[2], " | ")) + ")"
	})
}

// oneOf returns the condition that a column has one of the values. (n) stands for a digit in brackets.
func oneOf(column string, values []string) string {
	var plain, patterns []string
	for _, value := range values {
		if !strings.Contains(value, "(n)") {
			plain = append(plain, quote(value))
			continue
		}
		patterns = append(patterns, fmt.Sprintf("%s GLOB %s", column, quote(strings.ReplaceAll(value, "(n)", "([0-9])"))))
	}
	if len(plain) > 0 {
		patterns = append(patterns, column+" IN ("+strings.Join(plain, ", ")+")")
	}
	return strings.Join(patterns, " OR ")
}

func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

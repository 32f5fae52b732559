package commandline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/oralake/oralake/internal/cost"
	"github.com/oralake/oralake/internal/wording"
	"github.com/oralake/oralake/internal/yamlschema"
)

func printCost(p *page, e cost.Estimate) {
	p.line("department %s in %s, a month of %d hours: %s", p.in(titleColour, e.Department), e.Region, e.Hours, p.in(titleColour, sum(e.Dollars, e.Unpriced)))
	p.line("instance %s: %s h at work, %s h idle", e.Class, wording.Plain(e.Work), wording.Plain(e.Idle))
	p.line("%s", origin(e.Prices))
	p.line("")
	var rows []table.Row
	for _, j := range e.Jobs {
		rows = append(rows, table.Row{
			j.Job, j.Type, wording.Plain(j.Runs), wording.Plain(j.HoursOfRun), wording.Plain(j.Hours), history(j), dollarsOf(j.Lines, cost.Instance),
			sum(j.Dollars, j.Unpriced),
		})
	}
	p.table(grid{
		header: table.Row{"job", "type", "runs", "hours of a run", "hours at work", "from", "instance", "a month"}, rows: rows, numbers: []int{3, 4, 5, 7, 8},
	})
	for _, j := range e.Jobs {
		p.line("\n%s:", p.in(titleColour, j.Job))
		printLines(p, e.Prices, j.Lines)
	}
	p.line("\n%s", p.in(titleColour, "shared by all jobs:"))
	printLines(p, e.Prices, e.Shared)
	if len(e.Unpriced) > 0 {
		p.line("\n%s %s: allow pricing:GetProducts, or write --price NAME=DOLLARS", p.in(warningColour, "no price is known of"), listed(e.Unpriced))
	}
	p.line("\n%s", p.in(titleColour, "prices:"))
	var prices []table.Row
	for _, one := range e.Prices.List {
		prices = append(prices, table.Row{one.Key, "$" + wording.Plain(one.Dollars), "per " + one.Unit, one.Region, one.Date, one.Source})
	}
	p.table(grid{rows: prices, numbers: []int{2}, indent: "  "})
	p.line("\n%s", p.in(titleColour, "assumed:"))
	if e.Unread != "" {
		p.line("  %s", e.Unread)
	}
	for _, one := range e.Assumed {
		p.line("  %s", one)
	}
	p.line("\n%s", p.in(titleColour, "left out:"))
	for _, one := range e.LeftOut {
		p.line("  %s", one)
	}
}

// origin says where prices come from.
func origin(prices cost.Prices) string {
	said := "prices of " + prices.Region + " by " + cost.SourceAWS
	if prices.From == cost.FromTable {
		said = "prices of the table that oralake brings along, not of AWS: " + prices.Why
	}
	if others := prices.Elsewhere(); len(others) > 0 {
		said += "; where " + prices.Region + " has none, those of " + yamlschema.Listed(others, "and")
	}
	return said
}

func printLines(p *page, prices cost.Prices, lines []cost.Line) {
	var rows []table.Row
	for _, one := range lines {
		rate := "-"
		if price, known := prices.Find(one.What); known {
			rate = "$" + wording.Plain(price.Dollars)
		}
		rows = append(rows, table.Row{one.What, wording.Plain(one.Quantity), one.Unit, rate, dollars(one.Dollars), one.MadeOf})
	}
	p.table(grid{
		header: table.Row{"what", "quantity", "unit", "price", "a month", "made of"}, rows: rows, numbers: []int{2, 4, 5}, indent: "  ",
	})
}

// history says what the times of a job come from.
func history(j cost.Job) string {
	switch {
	case j.Type.Continuous():
		return "-"
	case j.History == 0:
		return "assumed"
	}
	return wording.Counted(j.History, "run")
}

// sum is a sum of dollars, and what it lacks.
func sum(amount float64, unpriced []cost.Key) string {
	said := dollars(&amount)
	if len(unpriced) > 0 {
		said += " and " + listed(unpriced)
	}
	return said
}

func listed(keys []cost.Key) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = strings.ReplaceAll(string(key), "-", " ")
	}
	return yamlschema.Listed(names, "and")
}

// dollarsOf is what a job pays for something.
func dollarsOf(lines []cost.Line, what cost.Key) string {
	i := slices.IndexFunc(lines, func(l cost.Line) bool { return l.What == what })
	if i < 0 {
		return "-"
	}
	return dollars(lines[i].Dollars)
}

// dollars is an amount of money; "?" if it is not known.
func dollars(amount *float64) string {
	if amount == nil {
		return "?"
	}
	return "$" + strconv.FormatFloat(*amount, 'f', 2, 64)
}

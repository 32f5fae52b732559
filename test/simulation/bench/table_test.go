package bench_test

import (
	"fmt"
	"os"
	"text/tabwriter"
)

// printTable prints the figures for people, a night a column.
func printTable(r report) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(name, format string, of func(figures) any) {
		fmt.Fprintf(w, "%s\t", name)
		for _, f := range []figures{r.First, r.figures, r.Original} {
			fmt.Fprintf(w, format+"\t", of(f))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "\tfirst night\tthird night\toriginal's shape\t")
	row("tables", "%d", func(f figures) any { return f.Tables })
	row("replication tasks", "%d", func(f figures) any { return f.Tasks })
	row("DMS calls", "%d", func(f figures) any { return f.DMSCalls })
	row("in the busiest second", "%d", func(f figures) any { return f.PeakDMS })
	row("refused by DMS", "%d", func(f figures) any { return f.Throttled })
	row("tokens left of 200", "%d", func(f figures) any { return f.DMSTokens })
	row("state transitions", "%d", func(f figures) any { return f.Transitions })
	row("events of the longest history", "%d", func(f figures) any { return f.HistoryEvents })
	row("S3 calls", "%d", func(f figures) any { return f.S3Calls })
	row("DynamoDB calls", "%d", func(f figures) any { return f.DynamoDBCalls })
	row("Glue calls", "%d", func(f figures) any { return f.GlueCalls })
	row("function calls", "%d", func(f figures) any { return f.Invocations })
	row("function time, s", "%.1f", func(f figures) any { return f.LambdaSeconds })
	row("longest function, s", "%.1f", func(f figures) any { return f.LongestFunction })
	row("which is", "%s", func(f figures) any { return f.LongestName })
	row("CPU at most, ms", "%.0f", func(f figures) any { return f.LambdaCPU })
	row("largest document, bytes", "%d", func(f figures) any { return f.LargestDocument })
	row("load, s", "%.0f", func(f figures) any { return f.LoadSeconds })
	row("its lower bound, s", "%.0f", func(f figures) any { return f.BoundSeconds })
	row("load over bound", "%.3f", func(f figures) any { return f.OverBound })
	row("end noticed after, s", "%.1f", func(f figures) any { return f.Notice })
	row("whole night, s", "%.0f", func(f figures) any { return f.RunSeconds })
	row("a day in dollars", "%.4f", func(f figures) any { return f.Dollars })
	row("of it instance", "%.4f", func(f figures) any { return f.DollarsInstance })
	row("of it transitions", "%.4f", func(f figures) any { return f.StepFunctions })
	row("of it functions", "%.4f", func(f figures) any { return f.LambdaDollars })
	row("with an instance per run", "%.4f", func(f figures) any { return f.DollarsPerRun })
	row("a month of a daily job in dollars", "%.2f", func(f figures) any { return f.Month.DailyAlwaysOn })
	row("with an instance per run", "%.2f", func(f figures) any { return f.Month.DailyPerRun })
	row("a month of an hourly job in dollars", "%.2f", func(f figures) any { return f.Month.HourlyAlwaysOn })
	row("with an instance per run", "%.2f", func(f figures) any { return f.Month.HourlyPerRun })
	w.Flush()
}

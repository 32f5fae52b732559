package oracledb

import (
	"flag"
	"testing"
)

var benchScale = flag.Float64("scale", 0.01, "scale factor of BenchmarkGenerate")

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if err := Generate(b.Context(), b.TempDir(), *benchScale, nil); err != nil {
			b.Fatal(err)
		}
	}
}

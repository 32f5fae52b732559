package source

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestScratch(t *testing.T) {
	s, _ := strconv.ParseFloat(os.Getenv("S"), 64)
	t0 := time.Now()
	if err := Generate(context.Background(), os.Getenv("D"), s, func(tb string, n int64) { t.Log(time.Since(t0), tb, n) }); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile("/proc/self/status")
	t.Log(string(b))
}

package eventbridge_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
)

func TestInputs(t *testing.T) {
	event, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines(t, "inputs.txt") {
		t.Run(line[0], func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *host) {
				err := h.rule("inputs", targetJSON(", "+line[0][1:len(line[0])-1]))
				if err == nil {
					h.must("PutEvents", `{"Entries": [`+string(event)+`]}`)
					synctest.Wait()
					err = h.deliveries[0].Err
				}
				got, want := strings.Join(h.inputs, "\n"), line[1]
				if err != nil && (got != "" || !strings.Contains(err.Error(), want)) || err == nil && got != want {
					t.Errorf("got %s, error %v, want %s", got, err, want)
				}
			})
		})
	}
}

func TestTargetWithoutTransformerGetsTheEvent(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		if err := h.rule("all", targetJSON("")); err != nil {
			t.Fatal(err)
		}
		out := h.must("PutEvents", `{"Entries": [{"Source": "test", "DetailType": "A <b>", "Detail": "{\"n\": 1.0}",
			"Time": 946684799, "Resources": ["arn:aws:x"]}]}`)
		synctest.Wait()
		id := out["Entries"].([]any)[0].(map[string]any)["EventId"].(string)
		want := `{"version":"0","id":"` + id + `","detail-type":"A <b>","source":"test","account":"123456789012",` +
			`"time":"1999-12-31T23:59:59Z","region":"eu-central-1","resources":["arn:aws:x"],"detail":{"n":1.0}}`
		if got := strings.Join(h.inputs, "\n"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

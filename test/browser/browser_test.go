package browser_test

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/report"
	"github.com/oralake/oralake/internal/report/reporttest"
	"github.com/oralake/oralake/test/browser"
)

// phone is the narrowest screen on which people read a report.
var phone = browser.View{Width: 380, Height: 800, Phone: true}

// start starts Chromium, or skips the test where there is none.
func start(t *testing.T) (*browser.Browser, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	b, err := browser.Start(ctx)
	if errors.Is(err, browser.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, ctx
}

// address writes a page into a file and returns its address.
func address(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// overflow are the elements of a page that reach beyond its edges, all folds opened.
const overflow = `(() => {
	document.querySelectorAll("details").forEach(d => d.open = true);
	const wide = document.documentElement.clientWidth, found = [];
	if (document.documentElement.scrollWidth > wide) found.push("the page is " + document.documentElement.scrollWidth + " wide");
	for (const e of document.querySelectorAll("body *")) {
		if (e.closest("svg") && e.tagName != "svg") continue;
		const {left, right} = e.getBoundingClientRect();
		if ((left < -1 || right > wide + 1) && found.length < 5) {
			found.push(e.tagName + "." + e.getAttribute("class") + " is from " + left + " to " + right + ": " + e.textContent.slice(0, 60));
		}
	}
	return found;
})()`

// A report opens without an error, asks for nothing but itself, and is no wider than the screen: on a phone, on a desk and on paper, in
// light and in dark.
func TestReports(t *testing.T) {
	b, ctx := start(t)
	var large bytes.Buffer
	if err := report.Write(&large, reporttest.Large(1000, 3)); err != nil {
		t.Fatal(err)
	}
	reports := map[string][]byte{"large": large.Bytes()}
	files, err := filepath.Glob("../../internal/report/testdata/*.golden.html")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d golden reports, %v", len(files), err)
	}
	for _, file := range files {
		if reports[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range reports {
		t.Run(name, func(t *testing.T) {
			where := address(t, content)
			page, err := b.Open(ctx, where, phone)
			if err != nil {
				t.Fatal(err)
			}
			defer page.Close(ctx)
			background := map[string]bool{}
			for _, v := range []browser.View{
				phone,
				{Width: 380, Height: 800, Phone: true, Dark: true},
				{Width: 1280, Height: 900},
				{Width: 840, Height: 900, Dark: true},
				{Width: 700, Height: 990, Print: true},
			} {
				if err := page.Show(ctx, v); err != nil {
					t.Fatal(err)
				}
				var wide []string
				if err := page.Evaluate(ctx, overflow, &wide); err != nil {
					t.Fatal(err)
				}
				if len(wide) > 0 {
					t.Errorf("%+v: %s", v, strings.Join(wide, "\n"))
				}
				var colour string
				if err := page.Evaluate(ctx, "getComputedStyle(document.body).backgroundColor", &colour); err != nil {
					t.Fatal(err)
				}
				background[colour] = true
			}
			if len(background) != 3 {
				t.Errorf("backgrounds %v, want those of light, of dark and of paper", background)
			}
			if problems := page.Problems(); len(problems) > 0 {
				t.Errorf("the console has %q", problems)
			}
			if requests := page.Requests(); !slices.Equal(requests, []string{where}) {
				t.Errorf("it asks for %q, want only itself", requests)
			}
		})
	}
}

// The tests would notice an error, a request and an element that is too wide.
func TestWhatIsNoticed(t *testing.T) {
	b, ctx := start(t)
	page, err := b.Open(ctx, address(t, []byte(`<!DOCTYPE html><meta name="viewport" content="width=device-width"><img src="gone.png">
		<div style="width: 500px">wide</div><script>console.error("said"); undefined.x</script>`)), phone)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close(ctx)
	var wide []string
	if err := page.Evaluate(ctx, overflow, &wide); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(wide, "\n"), "DIV.null is from") {
		t.Errorf("too wide are %q", wide)
	}
	said := strings.Join(page.Problems(), "\n")
	for _, want := range []string{"console.error", "exception: ", "gone.png"} {
		if !strings.Contains(said, want) {
			t.Errorf("the console has %q, want %s", said, want)
		}
	}
	if requests := page.Requests(); len(requests) != 2 {
		t.Errorf("it asks for %q, want itself and an image", requests)
	}
	picture, err := page.Screenshot(ctx, phone)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || config.Width != phone.Width {
		t.Errorf("the picture is %+v, %v", config, err)
	}
}

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// View is how a page is shown.
type View struct {
	Width, Height int  // in CSS pixels
	Dark          bool // prefers-color-scheme
	Print         bool // as on paper
	Phone         bool // a touch screen whose page has its own viewport
}

// Page is an open page.
type Page struct {
	browser *Browser
	session string
	target  string

	mu       sync.Mutex
	loaded   chan struct{}
	problems []string
	requests []string
}

// Open opens a page, such as file:///tmp/report.html, and waits until it is loaded.
func (b *Browser) Open(ctx context.Context, url string, v View) (*Page, error) {
	p := &Page{browser: b, loaded: make(chan struct{})}
	var target struct {
		TargetID string `json:"targetId"`
	}
	if err := b.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	p.target = target.TargetID
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := b.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": p.target, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p.session = attached.SessionID
	b.mu.Lock()
	b.events[p.session] = p.note
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		if err := p.call(ctx, domain+".enable", struct{}{}, nil); err != nil {
			return nil, err
		}
	}
	if err := p.Show(ctx, v); err != nil {
		return nil, err
	}
	var navigated struct {
		ErrorText string `json:"errorText"`
	}
	if err := p.call(ctx, "Page.navigate", map[string]any{"url": url}, &navigated); err != nil {
		return nil, err
	}
	if navigated.ErrorText != "" {
		return nil, fmt.Errorf("open %s: %s", url, navigated.ErrorText)
	}
	select {
	case <-p.loaded:
		return p, nil
	case <-b.done:
		return nil, fmt.Errorf("open %s: Chromium has ended", url)
	case <-ctx.Done():
		return nil, fmt.Errorf("open %s: %w", url, context.Cause(ctx))
	}
}

func (p *Page) call(ctx context.Context, method string, params, out any) error {
	return p.browser.call(ctx, p.session, method, params, out)
}

// note notes an event of the page.
func (p *Page) note(m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var params struct {
		Type      string // of a call of the console
		RequestID string
		Request   struct{ URL string }
		Entry     struct{ Level, Text, URL string }
		Exception struct{ Text string } `json:"exceptionDetails"`
		Args      []struct{ Value any }
	}
	_ = json.Unmarshal(m.Params, &params) // An event of another form has none of these.
	switch m.Method {
	case "Page.loadEventFired":
		select {
		case <-p.loaded:
		default:
			close(p.loaded)
		}
	case "Network.requestWillBeSent":
		p.requests = append(p.requests, params.Request.URL)
	case "Log.entryAdded":
		p.problems = append(p.problems, strings.TrimSpace(params.Entry.Level+": "+params.Entry.Text+" "+params.Entry.URL))
	case "Runtime.exceptionThrown":
		p.problems = append(p.problems, "exception: "+params.Exception.Text)
	case "Runtime.consoleAPICalled":
		p.problems = append(p.problems, fmt.Sprintf("console.%s: %v", params.Type, params.Args))
	}
}

// Problems are what the console of the page has: errors, warnings, and what a content security policy has refused.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// Requests are the addresses that the page has asked for, its own first.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Show shows the page in another way.
func (p *Page) Show(ctx context.Context, v View) error {
	metrics := map[string]any{"width": v.Width, "height": v.Height, "deviceScaleFactor": 1, "mobile": v.Phone}
	if err := p.call(ctx, "Emulation.setDeviceMetricsOverride", metrics, nil); err != nil {
		return err
	}
	media, scheme := "", "light"
	if v.Print {
		media = "print"
	}
	if v.Dark {
		scheme = "dark"
	}
	return p.call(ctx, "Emulation.setEmulatedMedia", map[string]any{
		"media": media, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
}

// Evaluate reads the value of an expression of JavaScript into out.
func (p *Page) Evaluate(ctx context.Context, expression string, out any) error {
	var evaluated struct {
		Result    struct{ Value json.RawMessage }
		Exception *struct{ Text string } `json:"exceptionDetails"`
	}
	err := p.call(ctx, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &evaluated)
	switch {
	case err != nil:
		return err
	case evaluated.Exception != nil:
		return fmt.Errorf("evaluate %s: %s", expression, evaluated.Exception.Text)
	}
	if err := json.Unmarshal(evaluated.Result.Value, out); err != nil {
		return fmt.Errorf("evaluate %s: %w", expression, err)
	}
	return nil
}

// Screenshot is a picture, in PNG, of the upper part of the page, as high as the view or as the page if that is lower.
func (p *Page) Screenshot(ctx context.Context, v View) ([]byte, error) {
	var high float64
	if err := p.Evaluate(ctx, "document.documentElement.scrollHeight", &high); err != nil {
		return nil, err
	}
	var picture struct{ Data []byte }
	err := p.call(ctx, "Page.captureScreenshot", map[string]any{
		"format": "png", "clip": map[string]any{"x": 0, "y": 0, "width": v.Width, "height": min(float64(v.Height), high), "scale": 1},
	}, &picture)
	return picture.Data, err
}

// Close closes the page.
func (p *Page) Close(ctx context.Context) error {
	err := p.browser.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	delete(p.browser.events, p.session)
	return err
}

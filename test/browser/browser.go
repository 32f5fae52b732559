// Package browser opens pages in a headless Chromium, for tests of what people look at and for pictures in the documents. It speaks the
// DevTools protocol by two pipes (https://chromedevtools.github.io/devtools-protocol/), so it needs no other module.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// names are the programs that may be Chromium, by distribution.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// ErrNotInstalled says that this machine has no Chromium.
var ErrNotInstalled = errors.New("there is no Chromium on this machine: install it (Debian: apt-get install chromium)")

// Browser is a running Chromium. Close ends it.
type Browser struct {
	process *exec.Cmd
	profile string // the folder of its profile
	to      *os.File
	from    *os.File
	done    chan struct{} // closed when nothing more can be read

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	events  map[string]func(message) // by session
	failure error
}

// message is a command, its result or an event of the protocol.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Find returns the path of a Chromium, or ErrNotInstalled.
func Find() (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNotInstalled
}

// Start starts the Chromium that Find finds. It ends when ctx does.
func Start(ctx context.Context) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	b := &Browser{done: make(chan struct{}), waiting: map[int]chan message{}, events: map[string]func(message){}}
	if b.profile, err = os.MkdirTemp("", "oralake-chromium-"); err != nil {
		return nil, fmt.Errorf("make a profile for Chromium: %w", err)
	}
	// Chromium reads commands from its file 3 and writes to its file 4. Its sandbox needs a user other than root and namespaces that a
	// container may not have; it opens only files of this repository.
	b.process = exec.CommandContext(ctx, path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
		"--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb", "--user-data-dir="+b.profile)
	b.process.Env = append(os.Environ(), "HOME="+b.profile)
	commands, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	from, results, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Chromium: %w", err), commands.Close(), to.Close())
	}
	b.to, b.from = to, from
	b.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b.process.ExtraFiles = []*os.File{commands, results}
	err = b.process.Start()
	_, _ = commands.Close(), results.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Chromium: %w", err), to.Close(), from.Close(), os.RemoveAll(b.profile))
	}
	go b.read()
	return b, nil
}

// read hands what Chromium writes to those who wait for it.
func (b *Browser) read() {
	defer close(b.done)
	lines := bufio.NewReader(b.from)
	for {
		content, err := lines.ReadBytes(0)
		if err != nil {
			b.fail(fmt.Errorf("the program Chromium has ended: %w", err))
			return
		}
		var m message
		if err := json.Unmarshal(content[:len(content)-1], &m); err != nil {
			b.fail(fmt.Errorf("read what Chromium says: %w", err))
			return
		}
		b.mu.Lock()
		answer, event := b.waiting[m.ID], b.events[m.SessionID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		switch {
		case answer != nil:
			answer <- m
		case event != nil && m.Method != "":
			event(m)
		}
	}
}

// fail ends all calls.
func (b *Browser) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failure = err
}

// call sends a command to a session and reads its result into out, unless that is nil. The session is empty for the browser.
func (b *Browser) call(ctx context.Context, session, method string, params, out any) error {
	arguments, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	answer := make(chan message, 1)
	b.mu.Lock()
	b.last++
	command := message{ID: b.last, SessionID: session, Method: method, Params: arguments}
	b.waiting[command.ID] = answer
	content, err := json.Marshal(command)
	if err == nil {
		_, err = b.to.Write(append(content, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		switch {
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case out == nil:
			return nil
		}
		if err := json.Unmarshal(m.Result, out); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return nil
	case <-b.done:
		b.mu.Lock()
		defer b.mu.Unlock()
		return fmt.Errorf("%s: %w", method, b.failure)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

// Close ends Chromium with all its processes, and deletes its profile.
func (b *Browser) Close() error {
	_ = b.call(context.Background(), "", "Browser.close", struct{}{}, nil) // It may end before it answers.
	_ = b.to.Close()
	<-b.done
	_ = b.process.Wait() // Its exit status says nothing.
	// Its other processes may still write into the profile.
	_ = syscall.Kill(-b.process.Process.Pid, syscall.SIGKILL)
	err := os.RemoveAll(b.profile)
	for deadline := time.Now().Add(closeTime); err != nil && time.Now().Before(deadline); err = os.RemoveAll(b.profile) {
		time.Sleep(20 * time.Millisecond)
	}
	return errors.Join(err, b.from.Close())
}

// closeTime is how long processes that were killed may take to end.
const closeTime = 10 * time.Second

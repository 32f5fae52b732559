package client

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// The messages of ODPI-C when it cannot load the library. Source: dpiErrorMessages.h of ODPI-C 5.
var (
	notLoaded  = regexp.MustCompile(`DPI-1047: Cannot locate a \d+-bit Oracle Client library: "([^"]*)"`)
	noSymbol   = regexp.MustCompile(`DPI-1049: symbol (\S+) not found`)
	oldVersion = regexp.MustCompile(`DPI-1050: Oracle Client library is at version ([\d.]+) but version ([\d.]+) or higher`)
	// The loader's message if a library needs a newer C library than the system has.
	noVersion = regexp.MustCompile("version `(GLIBC_[0-9A-Z_.]+)' not found \\(required by ([^)]+)\\)")
)

// packages are the packages with libraries that the client needs and does not contain.
var packages = map[string]string{
	"libaio.so.1": "package libaio; libaio1 of Debian and Ubuntu, libaio1t64 of the newer ones",
	"libnsl.so.1": "package libnsl of Amazon Linux 2023",
}

// Explain explains why the driver cannot use the client library, and how to fix it on Lambda. The caller adds the error
// itself after the text. known is false if the error is not about the library.
func Explain(err error) (text, fix string, known bool) {
	var found *Problem
	if errors.As(err, &found) {
		return "the Oracle client was not loaded", found.Fix, true
	}
	p := explain(err)
	if p == nil {
		return "", "", false
	}
	return p.Text, p.Fix, true
}

// ExplainHere explains like Explain, with the fix on a person's machine, which has no layer and no deploy.
func ExplainHere(err error) (text, fix string, known bool) {
	text, _, known = Explain(err)
	if !known {
		return "", "", false
	}
	var p *Problem
	if !errors.As(err, &p) {
		p = explain(err)
	}
	if p.Here != "" {
		return text, p.Here, true
	}
	return text, useGoOra, true
}

func explain(err error) *Problem {
	if err == nil {
		return nil
	}
	message := err.Error()
	if m := oldVersion.FindStringSubmatch(message); m != nil {
		return &Problem{
			Text: fmt.Sprintf("the Oracle client is version %s, and the driver needs %s or newer", m[1], m[2]),
			Fix:  "download Instant Client 19 or 23, make the layer from it (`go run ./lambda_layer -client ZIP`), and deploy again",
		}
	}
	if m := noSymbol.FindStringSubmatch(message); m != nil {
		return &Problem{
			Text: fmt.Sprintf("the Oracle client has no function %s: it is incomplete, or it is not an Oracle client", m[1]),
			Fix:  makeLayer,
		}
	}
	if m := notLoaded.FindStringSubmatch(message); m != nil {
		return explainLoad(m[1])
	}
	if strings.Contains(message, "DPI-1072") {
		// The library has no function OCIClientVersion.
		return &Problem{Text: "the library libclntsh.so is not an Oracle client, or it is far too old", Fix: makeLayer}
	}
	return nil
}

// explainLoad explains a message of the system's loader, such as "libaio.so.1: cannot open shared object file: ...".
func explainLoad(message string) *Problem {
	if m := noVersion.FindStringSubmatch(message); m != nil {
		return &Problem{
			Text: fmt.Sprintf("%s needs %s, and this system is too old for it", m[2], m[1]),
			Fix:  "make the layer with libraries of Amazon Linux 2023, and deploy again",
		}
	}
	name, rest, _ := strings.Cut(message, ":")
	missing := strings.Contains(rest, "No such file")
	switch {
	case missing && strings.HasPrefix(name, "libclntsh.so"):
		return missingClient()
	case missing:
		p := &Problem{Text: fmt.Sprintf("the Oracle client needs %s, and that library is missing", name), Fix: makeLayer}
		if source, ok := packages[name]; ok {
			p.Fix = "install " + source + ", on the machine that makes the layer, or give the file with -extra; then " + makeLayer
			p.Here = "install " + source + "; or " + useGoOra
		}
		return p
	default:
		return &Problem{Text: "the Oracle client cannot be loaded: " + message, Fix: makeLayer}
	}
}

// missingClient explains that there is no client, or only no link to it.
func missingClient() *Problem {
	folders := Folders()
	if path := find("libclntsh.so.23.1", folders); path != "" {
		return &Problem{
			Text: path + " exists, but the symbolic link libclntsh.so to it, which the driver needs, is missing", Fix: makeLayer,
			Here: "ln -s " + path + " " + filepath.Join(filepath.Dir(path), "libclntsh.so"),
		}
	}
	where := "the system's folders"
	if len(folders) > 0 {
		where = strings.Join(folders, ", ") + " or " + where
	}
	return &Problem{
		Text: "there is no Oracle client: no libclntsh.so in " + where,
		Fix: "download Instant Client, Basic Light, make the layer from it (`go run ./lambda_layer -client ZIP`), and deploy " +
			"again; or choose the driver that needs no client: source: {driver: go-ora}",
	}
}

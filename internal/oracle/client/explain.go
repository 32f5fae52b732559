package client

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// What ODPI-C says when it cannot load the library. Source: dpiErrorMessages.h of ODPI-C 5.
var (
	notLoaded  = regexp.MustCompile(`DPI-1047: Cannot locate a \d+-bit Oracle Client library: "([^"]*)"`)
	noSymbol   = regexp.MustCompile(`DPI-1049: symbol (\S+) not found`)
	oldVersion = regexp.MustCompile(`DPI-1050: Oracle Client library is at version ([\d.]+) but version ([\d.]+) or higher`)
	// What the loader says when a library wants a newer C library than there is.
	noVersion = regexp.MustCompile("version `(GLIBC_[0-9A-Z_.]+)' not found \\(required by ([^)]+)\\)")
)

// packages are where to get libraries that the client needs and does not bring.
var packages = map[string]string{
	"libaio.so.1": "package libaio; libaio1 of Debian and Ubuntu, libaio1t64 of the newer ones",
	"libnsl.so.1": "package libnsl of Amazon Linux 2023",
}

// Explain says what it means that the driver cannot use the client library, and what mends it. The text is to be
// followed by the error itself. It is known only if the error speaks of the library at all.
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

// ExplainHere is Explain for a person at a machine of their own, where there is no layer to be made and nothing to be
// deployed.
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
	return text, unpack, true
}

func explain(err error) *Problem {
	if err == nil {
		return nil
	}
	said := err.Error()
	if m := oldVersion.FindStringSubmatch(said); m != nil {
		return &Problem{
			Text: fmt.Sprintf("the Oracle client is version %s, and the driver needs %s or newer", m[1], m[2]),
			Fix:  "download Instant Client 19 or 23, make the layer of it (`go run ./lambda_layer -client ZIP`), and deploy again",
		}
	}
	if m := noSymbol.FindStringSubmatch(said); m != nil {
		return &Problem{
			Text: fmt.Sprintf("the Oracle client has no function %s: it is not whole, or it is no Oracle client", m[1]),
			Fix:  makeLayer,
		}
	}
	if m := notLoaded.FindStringSubmatch(said); m != nil {
		return explainLoad(m[1])
	}
	if strings.Contains(said, "DPI-1072") {
		// It has no OCIClientVersion.
		return &Problem{Text: "the library libclntsh.so is no Oracle client, or one that is far too old", Fix: makeLayer}
	}
	return nil
}

// explainLoad explains what the system's loader said, such as "libaio.so.1: cannot open shared object file: ...".
func explainLoad(said string) *Problem {
	if m := noVersion.FindStringSubmatch(said); m != nil {
		return &Problem{
			Text: fmt.Sprintf("%s needs %s, which this system is too old for", m[2], m[1]),
			Fix:  "make the layer with libraries of Amazon Linux 2023, and deploy again",
		}
	}
	name, rest, _ := strings.Cut(said, ":")
	absent := strings.Contains(rest, "No such file")
	switch {
	case absent && strings.HasPrefix(name, "libclntsh.so"):
		return absentClient()
	case absent:
		p := &Problem{Text: fmt.Sprintf("the Oracle client is there, but not %s, which it needs", name), Fix: makeLayer}
		if source, ok := packages[name]; ok {
			p.Fix = "install " + source + ", where the layer is made, or give the file with -extra; then " + makeLayer
			p.Here = "install " + source + "; or " + unpack
		}
		return p
	default:
		return &Problem{Text: "the Oracle client cannot be loaded: " + said, Fix: makeLayer}
	}
}

// absentClient is a client that is not there, or that only the link to it is missing of.
func absentClient() *Problem {
	folders := Folders()
	if path := find("libclntsh.so.23.1", folders); path != "" {
		return &Problem{
			Text: path + " is there, but not the symbolic link libclntsh.so to it, by which the driver finds it", Fix: makeLayer,
			Here: "ln -s " + path + " " + filepath.Join(filepath.Dir(path), "libclntsh.so"),
		}
	}
	where := "the system's folders"
	if len(folders) > 0 {
		where = strings.Join(folders, ", ") + " or " + where
	}
	return &Problem{
		Text: "there is no Oracle client: no libclntsh.so in " + where,
		Fix: "download Instant Client, Basic Light, make the layer of it (`go run ./lambda_layer -client ZIP`), and deploy " +
			"again; or choose the driver without a client: source: {driver: go-ora}",
	}
}

package stepfunctions

import (
	"reflect"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// lastText caches the JSON text of the last object. An object often passes through several states without a change, and
// each state records its text. No code changes an object after it is built.
type lastText struct {
	of   map[string]any
	text string
}

// write returns asl.Text(v), from the cache when v is the last object.
func (l *lastText) write(v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		return asl.Text(v)
	}
	if l.of == nil || reflect.ValueOf(object).UnsafePointer() != reflect.ValueOf(l.of).UnsafePointer() {
		l.of, l.text = object, asl.Text(object)
	}
	return l.text
}

// checkSize returns output, or err when it is not nil. The error is States.DataLimitExceeded when the output is too
// large. producer names the state or the resource that returned the output.
func (r *run) checkSize(producer string, output any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return output, asl.CheckSize(producer, r.text.write(output))
}

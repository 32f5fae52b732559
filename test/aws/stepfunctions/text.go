package stepfunctions

import (
	"reflect"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// lastText remembers the JSON text of the object that was written last. What an execution carries goes through several
// states as it is, and its text is needed at the door of each. Nothing changes an object once it is made.
type lastText struct {
	of   map[string]any
	text string
}

// write is asl.Text.
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

// checked is an output, or States.DataLimitExceeded when it is too long; producer is the state or the resource that
// made it.
func (r *run) checked(producer string, output any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return output, asl.CheckSize(producer, r.text.write(output))
}

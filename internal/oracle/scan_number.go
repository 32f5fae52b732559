package oracle

import (
	"fmt"
	"math/big"
)

// whole is a NUMBER without a fraction, or NULL. The drivers return a NUMBER as an integer, a float, text or a type of their
// own. database/sql cannot scan all of these into an integer.
type whole struct {
	Int64 int64
	Valid bool
}

// Scan implements sql.Scanner.
func (w *whole) Scan(value any) error {
	*w = whole{}
	switch v := value.(type) {
	case nil:
		return nil
	case int64:
		*w = whole{v, true}
		return nil
	case []byte:
		value = string(v)
	}
	text := fmt.Sprint(value)
	if text == "" { // NULL, for a driver that returns text
		return nil
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok || !n.IsInt() || !n.Num().IsInt64() {
		return fmt.Errorf("%q is not a whole number of 64 bits", text)
	}
	*w = whole{n.Num().Int64(), true}
	return nil
}

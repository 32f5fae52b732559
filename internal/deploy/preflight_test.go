package deploy

import (
	"testing"

	"github.com/oralake/oralake/internal/contract"
)

// The name and the ARN of a secret compare equal, if the ARN is of the stack's account and region.
func TestSameSecrets(t *testing.T) {
	const stack = "arn:aws:cloudformation:eu-central-1:111122223333:stack/oralake-sales/0a1b"
	const arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:oralake/sales-AbCdEf"
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"oralake/sales", arn, true},
		{"oralake/sales", "oralake/sales", true},
		{arn, arn, true},
		{"oralake/other", arn, false},
		{"oralake/sales-AbCdEf", arn, false},
		{"oralake/sales", "arn:aws:secretsmanager:eu-central-1:999922223333:secret:oralake/sales-AbCdEf", false},
	} {
		a := sameSecrets(contract.PreflightProperties{Secret: test.a}, stack)
		b := sameSecrets(contract.PreflightProperties{Secret: test.b}, stack)
		if got := a.Secret == b.Secret; got != test.same {
			t.Errorf("%s and %s are the same secret: %v, want %v", test.a, test.b, got, test.same)
		}
	}
}

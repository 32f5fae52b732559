package gateway

import "context"

// Principal is who makes a request.
type Principal struct {
	// ARN is the caller as STS names it: arn:aws:iam::ID:user/NAME or arn:aws:sts::ID:assumed-role/ROLE/SESSION.
	ARN string
	// Role is the ARN of the role whose policies decide, empty for a user.
	Role string
}

// Principals knows whose an access key is. A key that it does not know is an error of type *Error.
type Principals interface {
	Principal(accessKeyID string) (Principal, error)
}

type principalKey struct{}

// WithPrincipal says who acts in ctx.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom is who acts in ctx; the zero Principal when nobody was named.
func PrincipalFrom(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

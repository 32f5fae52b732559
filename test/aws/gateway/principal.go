package gateway

import "context"

// Principal is the sender of a request.
type Principal struct {
	// ARN is the caller as STS writes it: arn:aws:iam::ID:user/NAME or arn:aws:sts::ID:assumed-role/ROLE/SESSION.
	ARN string
	// Role is the ARN of the role whose policies apply. It is empty for a user.
	Role string
	// Function is the ARN of the function whose code has the credentials. It is empty if they are not those of a function's code.
	Function string
	// Unlimited is set for a role that may do everything, since its policies are in no template.
	Unlimited bool
	// Service is a service that acts as itself, such as events.amazonaws.com. It is also its ARN.
	Service string
	// SourceARN is the ARN of the resource for which a service acts as itself, such as an alarm. It is empty for a service that does
	// not say: EventBridge gives none ("Enable compatibility between event sources from AWS services and encrypted topics").
	SourceARN string
}

// Principals finds the owner of an access key. For an unknown key it returns an error of type *Error.
type Principals interface {
	Principal(accessKeyID string) (Principal, error)
}

type principalKey struct{}

// WithPrincipal returns a context in which p acts.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the principal that acts in ctx. It is the zero Principal if ctx has none.
func PrincipalFrom(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

package dms

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

func notFound(format string, args ...any) error {
	return gateway.Errorf("ResourceNotFoundFault", format, args...)
}

func invalidState(format string, args ...any) error {
	return gateway.Errorf("InvalidResourceStateFault", format, args...)
}

func alreadyExists(format string, args ...any) error {
	return gateway.Errorf("ResourceAlreadyExistsFault", format, args...)
}

func quotaExceeded(format string, args ...any) error {
	return gateway.Errorf("ResourceQuotaExceededFault", format, args...)
}

func invalidValue(format string, args ...any) error {
	return gateway.Errorf("InvalidParameterValueException", format, args...)
}

func invalidCombination(format string, args ...any) error {
	return gateway.Errorf("InvalidParameterCombinationException", format, args...)
}

var identifierPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// checkIdentifier checks the name of a task, an instance or an endpoint.
func checkIdentifier(what, id string, limit int) error {
	if id == "" || len(id) > limit || !identifierPattern.MatchString(id) || strings.HasSuffix(id, "-") ||
		strings.Contains(id, "--") {
		return invalidValue("The parameter %s must be provided and must not be blank, begin with a letter, contain only "+
			"ASCII letters, digits and hyphens, have no trailing hyphen and no two consecutive hyphens, and be at most "+
			"%d characters: %q", what, limit, id)
	}
	return nil
}

// maxResourceIdentifier is the largest length of a ResourceIdentifier, in characters. The caller chooses it as the last
// part of an ARN.
const maxResourceIdentifier = 31

// failureMessage returns the LastFailureMessage and the StopReason of a task that failed with err.
func failureMessage(err error) string {
	return fmt.Sprintf("Last Error  %v. Stop Reason FATAL_ERROR Error Level FATAL", err)
}

func isNotFound(err error) bool {
	var e *gateway.Error
	return errors.As(err, &e) && e.Code == "ResourceNotFoundFault"
}

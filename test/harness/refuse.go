package harness

import (
	"net/http"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Denied is how the service of a call refuses it for good: the caller has no permission. No SDK tries such a call again.
//
// Sources: AccessDeniedFault (API_StartReplicationTask of DMS), AuthorizationError (API_Publish of SNS), AccessDenied (the
// error codes of S3, and of services that answer in XML), AccessDeniedException (the common errors of all others).
func Denied(c gateway.Call) *gateway.Error {
	e := &gateway.Error{
		Code: "AccessDeniedException", Status: http.StatusBadRequest,
		Message: "User: " + c.Principal.ARN + " is not authorized to perform: " + c.Service + ":" + c.Operation,
	}
	switch c.Service {
	case "dms":
		e.Code = "AccessDeniedFault"
	case "s3":
		e.Code, e.Status, e.Message = "AccessDenied", http.StatusForbidden, "Access Denied"
	case "sns":
		e.Code, e.Status = "AuthorizationError", http.StatusForbidden
	case "cloudformation":
		e.Code, e.Status = "AccessDenied", http.StatusForbidden
	case "lambda":
		e.Status = http.StatusForbidden
	}
	return e
}

// FunctionOf is the function that makes a call, by the role that it has and as the template names it: "Create", "Check",
// "Cleanup"; empty when no function makes the call.
func FunctionOf(c gateway.Call) string {
	name := c.Principal.Role[strings.LastIndexByte(c.Principal.Role, '/')+1:]
	for _, part := range strings.Split(name, "-") {
		function, _, isRole := strings.Cut(part, "Role")
		logical := strings.TrimPrefix(function, "Functions")
		if isRole && (logical != function || function == "Cleanup" || function == "Preflight") {
			return logical
		}
	}
	return ""
}

package harness

import (
	"net/http"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Denied returns the error of the call's service when the caller has no permission. No SDK retries such a call.
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

// FunctionOf returns the function that makes a call by its identifier in the template, such as "Create", "Check" or
// "Cleanup". It reads the identifier from the name of the caller's role. The result is empty for other callers.
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

package glue

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// explain adds to a refusal of Glue what to do about it. It keeps nil and other errors as they are.
func explain(err error) error {
	var refusal smithy.APIError
	if !errors.As(err, &refusal) {
		return err
	}
	switch code := refusal.ErrorCode(); {
	case code == "AccessDeniedException" && strings.Contains(refusal.ErrorMessage(), "Lake Formation"):
		return fmt.Errorf("%w; Lake Formation decides about this catalog: grant the role of the function publish DESCRIBE and CREATE_TABLE on the "+
			"database, and DESCRIBE and ALTER on all its tables", err)
	case code == "GlueEncryptionException":
		return fmt.Errorf("%w; this catalog is encrypted: allow the role of the function publish kms:Decrypt, kms:Encrypt and "+
			"kms:GenerateDataKey with its key", err)
	case code == "EntityNotFoundException":
		return fmt.Errorf("%w; the database is of the stack: create it again by its name, or deploy another lake.database", err)
	}
	return err
}

package cloudwatchlogs

import (
	"encoding/base64"
	"slices"

	"github.com/oralake/oralake/test/aws/gateway"
)

// page returns one page of keys, and the token of the next page, empty after the last one. The keys must be sorted and
// unique. A token contains the last key of its page, so that new keys do not shift the pages. A limit of 0 means most.
func page(keys []string, limit, most int, token string) ([]string, string, error) {
	if limit < 0 || limit > most {
		return nil, "", gateway.Errorf("InvalidParameterException", "limit is %d, want 1 to %d", limit, most)
	}
	if limit == 0 {
		limit = most
	}
	if token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", gateway.Errorf("InvalidParameterException", "The specified nextToken is invalid.")
		}
		from, found := slices.BinarySearch(keys, string(last))
		if found {
			from++
		}
		keys = keys[from:]
	}
	if len(keys) <= limit {
		return keys, "", nil
	}
	return keys[:limit], base64.RawURLEncoding.EncodeToString([]byte(keys[limit-1])), nil
}

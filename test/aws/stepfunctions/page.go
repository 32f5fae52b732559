package stepfunctions

import (
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/oralake/oralake/test/aws/gateway"
)

// page returns one page of all and the token of the next page. The token of the last page is empty. all is sorted by
// key, ascending or descending. A token holds the key of the last item of its page, so new items do not shift the next
// page. maxResults is at most 1000; 0 means 100.
func page[T any](all []T, key func(T) int64, maxResults int, token string) ([]T, string, error) {
	if maxResults < 0 || maxResults > 1000 {
		return nil, "", gateway.Errorf("ValidationException", "maxResults is %d, want 0 to 1000", maxResults)
	}
	if maxResults == 0 {
		maxResults = 100
	}
	if token != "" {
		text, err := base64.StdEncoding.DecodeString(token)
		last, bad := strconv.ParseInt(string(text), 10, 64)
		if err != nil || bad != nil {
			return nil, "", gateway.Errorf("InvalidToken", "Invalid Token: '%s'", token)
		}
		down := len(all) > 1 && key(all[0]) > key(all[1])
		first := slices.IndexFunc(all, func(v T) bool {
			return down && key(v) < last || !down && key(v) > last
		})
		if first < 0 {
			first = len(all)
		}
		all = all[first:]
	}
	if len(all) <= maxResults {
		return all, "", nil
	}
	all = all[:maxResults]
	return all, base64.StdEncoding.EncodeToString([]byte(strconv.FormatInt(key(all[maxResults-1]), 10))), nil
}

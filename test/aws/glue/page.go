package glue

import (
	"encoding/base64"
	"sort"
)

// maxPage is the most entries in an answer: the range of MaxResults is 1 to 100.
const maxPage = 100

// page is the part of a request that asks for a page of a list.
type page struct {
	MaxResults *int
	NextToken  string
}

// of returns the keys of the page and the token of the next one, which is empty after the last page. keys are sorted. A token
// names the last key before the page, so a list may change between its pages.
func (p page) of(keys []string) (of []string, next string, err error) {
	most := maxPage
	if p.MaxResults != nil {
		most = *p.MaxResults
	}
	if most < 1 || most > maxPage {
		return nil, "", invalid("Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value from 1 to %d", most, maxPage)
	}
	if p.NextToken != "" {
		last, err := base64.StdEncoding.DecodeString(p.NextToken)
		if err != nil {
			return nil, "", invalid("Invalid token provided: %s", p.NextToken)
		}
		keys = keys[sort.Search(len(keys), func(i int) bool { return keys[i] > string(last) }):]
	}
	if len(keys) <= most {
		return keys, "", nil
	}
	return keys[:most], base64.StdEncoding.EncodeToString([]byte(keys[most-1])), nil
}

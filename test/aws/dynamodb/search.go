package dynamodb

import (
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxPage is the size of read items after which an answer ends, in bytes.
const maxPage = 1 << 20

// search has the request members that Query and Scan share.
type search struct {
	TableName                 string
	FilterExpression          *string
	ProjectionExpression      *string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]value
	ExclusiveStartKey         item
	Limit                     *int
	Select                    string
	ConsistentRead            bool
	ReturnConsumedCapacity    string
}

type found struct {
	Items            []item `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey item `json:",omitempty"`
}

type queryInput struct {
	search
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

func (s *Service) query(in queryInput) (found, error) {
	if in.KeyConditionExpression == nil {
		return found{}, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified " +
			"in the request.")
	}
	forward := in.ScanIndexForward == nil || *in.ScanIndexForward
	return s.search(in.search, in.KeyConditionExpression, forward)
}

type scanInput struct {
	search
	Segment, TotalSegments *int
}

func (s *Service) scan(in scanInput) (found, error) {
	if in.TotalSegments != nil && *in.TotalSegments > 1 {
		return found{}, gateway.NotImplemented("dynamodb: Scan in segments")
	}
	return s.search(in.search, nil, true)
}

func (s *Service) search(in search, keyCondition *string, forward bool) (found, error) {
	if err := noFigures(in.ReturnConsumedCapacity, ""); err != nil {
		return found{}, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return found{}, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
			"Member must have value greater than or equal to 1", *in.Limit)
	}
	holders, err := newPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues,
		in.FilterExpression, in.ProjectionExpression, keyCondition)
	if err != nil {
		return found{}, err
	}
	key, err := holders.condition("KeyConditionExpression", keyCondition)
	if err != nil {
		return found{}, err
	}
	filter, err := holders.condition("FilterExpression", in.FilterExpression)
	if err != nil {
		return found{}, err
	}
	paths, err := holders.paths(in.ProjectionExpression)
	if err != nil {
		return found{}, err
	}
	if err := holders.allUsed(); err != nil {
		return found{}, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return found{}, err
	}
	wanted, err := t.keys.within(key)
	if err != nil {
		return found{}, err
	}
	if key != nil {
		if err := t.keys.notIn(filter); err != nil {
			return found{}, err
		}
	}
	shape, err := in.shape(paths)
	if err != nil {
		return found{}, err
	}
	after, err := t.after(in.ExclusiveStartKey, forward)
	if err != nil {
		return found{}, err
	}
	return t.page(in, wanted, filter, shape, after, forward), nil
}

// page reads rows in order, up to the limit of the request or of the service.
func (t *table) page(
	in search, wanted keyRange, filter *condition, shape func(item) item, after func(row) bool, forward bool,
) found {
	rows := t.rows
	if !forward {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	var out found
	if in.Select != "COUNT" {
		out.Items = []item{}
	}
	seen := 0
	for _, r := range rows {
		if !wanted.holds(r) || !after(r) {
			continue
		}
		out.ScannedCount++
		seen += r.item.size()
		if filter.holds(r.item) {
			out.Count++
			if in.Select != "COUNT" {
				out.Items = append(out.Items, shape(r.item))
			}
		}
		if seen > maxPage || (in.Limit != nil && out.ScannedCount == *in.Limit) {
			out.LastEvaluatedKey = t.keys.only(r.item)
			break
		}
	}
	return out
}

// after returns a function that reports whether a row follows the start key.
func (t *table) after(start item, forward bool) (func(row) bool, error) {
	if start == nil {
		return func(row) bool { return true }, nil
	}
	if len(start) != len(t.keys.attributes()) || !t.keys.complete(start) {
		return nil, invalid("The provided starting key is invalid")
	}
	first := t.keys.row(start)
	return func(r row) bool {
		c := r.compare(first)
		if forward {
			return c > 0
		}
		return c < 0
	}, nil
}

// shape returns a function that selects the attributes of an item for the answer.
func (in search) shape(paths []path) (func(item) item, error) {
	switch in.Select {
	case "", "ALL_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES":
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'select' failed to satisfy constraint", in.Select)
	}
	if in.ProjectionExpression != nil && in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES" {
		return nil, invalid("Cannot specify the ProjectionExpression when choosing to get %s", in.Select)
	}
	if in.ProjectionExpression == nil && in.Select == "SPECIFIC_ATTRIBUTES" {
		return nil, invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get " +
			"SPECIFIC_ATTRIBUTES")
	}
	if paths == nil {
		return func(i item) item { return i }, nil
	}
	return func(i item) item { return project(i, paths) }, nil
}

// notIn refuses a filter of a query that uses a key attribute. Keys belong in the key condition.
func (k keySchema) notIn(filter *condition) error {
	if filter == nil {
		return nil
	}
	for _, o := range filter.operands {
		for _, a := range k.attributes() {
			if o.path != nil && o.path[0].name == a.name {
				return invalid("Filter Expression can only contain non-primary key attributes: "+
					"Primary key attribute: %s", a.name)
			}
		}
	}
	for _, part := range filter.inside {
		if err := k.notIn(&part); err != nil {
			return err
		}
	}
	return nil
}

func unsupported(op string) error {
	return invalid("Invalid operator used in KeyConditionExpression: %s", strings.ToUpper(op))
}

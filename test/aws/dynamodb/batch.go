package dynamodb

import (
	"maps"
	"slices"
)

const (
	maxBatchWrites = 25
	maxBatchReads  = 100
)

type batchWriteItemInput struct {
	RequestItems map[string][]struct {
		PutRequest    *struct{ Item item }
		DeleteRequest *struct{ Key item }
	}
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type batchWriteItemOutput struct {
	UnprocessedItems struct{}
}

func (s *Service) batchWriteItem(in batchWriteItemInput) (batchWriteItemOutput, error) {
	if err := noFigures(in.ReturnConsumedCapacity, in.ReturnItemCollectionMetrics); err != nil {
		return batchWriteItemOutput{}, err
	}
	var all []planned
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if len(in.RequestItems[name]) == 0 {
			return batchWriteItemOutput{}, invalid("The batch write request list for a table cannot be null or empty: %s", name)
		}
		for _, r := range in.RequestItems[name] {
			var p planned
			var err error
			switch w := (write{TableName: name}); {
			case (r.PutRequest == nil) == (r.DeleteRequest == nil):
				err = invalid("Supplied AttributeValue has more than one datatypes set, " +
					"must contain exactly one of the supported datatypes")
			case r.PutRequest != nil:
				p, err = s.planPut(putInput{write: w, Item: r.PutRequest.Item})
			default:
				p, err = s.planDelete(deleteInput{write: w, Key: r.DeleteRequest.Key})
			}
			if err != nil {
				return batchWriteItemOutput{}, err
			}
			if slices.ContainsFunc(all, p.sameItem) {
				return batchWriteItemOutput{}, invalid("Provided list of item keys contains duplicates")
			}
			all = append(all, p)
		}
	}
	switch {
	case len(all) == 0:
		return batchWriteItemOutput{}, invalid("The batch write request list cannot be empty")
	case len(all) > maxBatchWrites:
		return batchWriteItemOutput{}, invalid("Too many items requested for the BatchWriteItem call")
	}
	for _, p := range all {
		if _, err := p.run(); err != nil {
			return batchWriteItemOutput{}, err
		}
	}
	return batchWriteItemOutput{}, nil
}

func (p planned) sameItem(other planned) bool {
	return p.table == other.table && maps.EqualFunc(p.key, other.key, value.equal)
}

type batchGetItemInput struct {
	RequestItems map[string]struct {
		Keys                     []item
		ProjectionExpression     *string
		ExpressionAttributeNames map[string]string
		ConsistentRead           bool
	}
	ReturnConsumedCapacity string
}

type batchGetItemOutput struct {
	Responses       map[string][]item
	UnprocessedKeys struct{}
}

func (s *Service) batchGetItem(in batchGetItemInput) (batchGetItemOutput, error) {
	if err := noFigures(in.ReturnConsumedCapacity, ""); err != nil {
		return batchGetItemOutput{}, err
	}
	out := batchGetItemOutput{Responses: map[string][]item{}}
	keys := 0
	for name, r := range in.RequestItems {
		if keys += len(r.Keys); keys > maxBatchReads {
			return out, invalid("Too many items requested for the BatchGetItem call")
		}
		for i, key := range r.Keys {
			if slices.ContainsFunc(r.Keys[:i], func(k item) bool { return maps.EqualFunc(k, key, value.equal) }) {
				return out, invalid("Provided list of item keys contains duplicates")
			}
		}
		items, err := s.read(name, r.Keys, r.ProjectionExpression, r.ExpressionAttributeNames)
		if err != nil {
			return out, err
		}
		out.Responses[name] = items
	}
	if keys == 0 {
		return out, invalid("The batch get request list cannot be empty")
	}
	return out, nil
}

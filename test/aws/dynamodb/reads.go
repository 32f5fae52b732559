package dynamodb

type getItemInput struct {
	TableName                string
	Key                      item
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	ConsistentRead           bool
	ReturnConsumedCapacity   string
}

type getItemOutput struct {
	Item item `json:",omitempty"`
}

func (s *Service) getItem(in getItemInput) (getItemOutput, error) {
	if err := noFigures(in.ReturnConsumedCapacity, ""); err != nil {
		return getItemOutput{}, err
	}
	found, err := s.read(in.TableName, []item{in.Key}, in.ProjectionExpression, in.ExpressionAttributeNames)
	if err != nil || len(found) == 0 {
		return getItemOutput{}, err
	}
	return getItemOutput{found[0]}, nil
}

// read returns the items with the given keys. It skips keys without an item.
func (s *Service) read(name string, keys []item, projection *string, names map[string]string) ([]item, error) {
	holders, err := newPlaceholders(names, nil, projection)
	if err != nil {
		return nil, err
	}
	paths, err := holders.paths(projection)
	if err != nil {
		return nil, err
	}
	if err := holders.allUsed(); err != nil {
		return nil, err
	}
	t, err := s.table(name)
	if err != nil {
		return nil, err
	}
	found := []item{}
	for _, key := range keys {
		if err := t.keys.checkKey(key); err != nil {
			return nil, err
		}
		held := t.get(key)
		if held == nil {
			continue
		}
		if projection != nil {
			held = project(held, paths)
		}
		found = append(found, held)
	}
	return found, nil
}

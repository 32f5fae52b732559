package dynamodb

// write has the members that all operations that change an item have.
type write struct {
	TableName                           string
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]value
	ReturnValuesOnConditionCheckFailure string
}

// figures are the request members that ask for consumed capacity, metrics and old values.
type figures struct {
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
	ReturnValues                string
}

func (f figures) check() error {
	if f.ReturnValues != "" && f.ReturnValues != "NONE" && f.ReturnValues != "ALL_OLD" {
		return invalid("Return values set to invalid value: %s", f.ReturnValues)
	}
	return noFigures(f.ReturnConsumedCapacity, f.ReturnItemCollectionMetrics)
}

// planned is a change of one item that passed every check except its condition.
type planned struct {
	table     *table
	key       item
	after     item // nil when the item is deleted
	condition *condition
	onFailure string
	checkOnly bool // a ConditionCheck of a transaction: nothing changes
}

// run makes the change if the condition is true. It returns the item before the change, nil when there was none.
func (p planned) run() (before item, err error) {
	before = p.table.get(p.key)
	switch {
	case !p.condition.holds(before):
		return before, conditionFailed(before, p.onFailure)
	case p.after == nil:
		p.table.remove(p.key)
	default:
		p.table.put(p.after)
	}
	return before, nil
}

// plan checks the members of write.
func (s *Service) plan(w write) (planned, error) {
	holders, err := newPlaceholders(w.ExpressionAttributeNames, w.ExpressionAttributeValues, w.ConditionExpression)
	if err != nil {
		return planned{}, err
	}
	p := planned{onFailure: w.ReturnValuesOnConditionCheckFailure}
	if p.condition, err = holders.condition("ConditionExpression", w.ConditionExpression); err != nil {
		return planned{}, err
	}
	if err := holders.allUsed(); err != nil {
		return planned{}, err
	}
	p.table, err = s.table(w.TableName)
	return p, err
}

type putInput struct {
	write
	Item item
}

func (s *Service) planPut(in putInput) (planned, error) {
	p, err := s.plan(in.write)
	if err != nil {
		return p, err
	}
	if err := p.table.checkItem(in.Item); err != nil {
		return p, err
	}
	p.key, p.after = p.table.keys.only(in.Item), in.Item
	return p, nil
}

type deleteInput struct {
	write
	Key item
}

func (s *Service) planDelete(in deleteInput) (planned, error) {
	p, err := s.plan(in.write)
	if err != nil {
		return p, err
	}
	p.key = in.Key
	return p, p.table.keys.checkKey(in.Key)
}

type attributes struct {
	Attributes item `json:",omitempty"`
}

type putItemInput struct {
	putInput
	figures
}

func (s *Service) putItem(in putItemInput) (attributes, error) {
	if err := in.figures.check(); err != nil {
		return attributes{}, err
	}
	p, err := s.planPut(in.putInput)
	if err != nil {
		return attributes{}, err
	}
	before, err := p.run()
	return old(in.ReturnValues, before), err
}

type deleteItemInput struct {
	deleteInput
	figures
}

func (s *Service) deleteItem(in deleteItemInput) (attributes, error) {
	if err := in.figures.check(); err != nil {
		return attributes{}, err
	}
	p, err := s.planDelete(in.deleteInput)
	if err != nil {
		return attributes{}, err
	}
	before, err := p.run()
	return old(in.ReturnValues, before), err
}

// old returns the item before a change, if the request asks for it.
func old(wanted string, before item) attributes {
	if wanted == "ALL_OLD" {
		return attributes{before}
	}
	return attributes{}
}

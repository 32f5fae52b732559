package dynamodb

import (
	"fmt"
	"slices"
)

// write is what the operations that change an item have in common, in and outside of transactions.
type write struct {
	TableName                           string
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]value
	ReturnValuesOnConditionCheckFailure string
}

// figures are request members that ask for figures.
type figures struct {
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
	ReturnValues                string
}

func (f figures) check(allowed ...string) error {
	if f.ReturnValues != "" && !slices.Contains(allowed, f.ReturnValues) {
		return invalid("Return values set to invalid value: %s", f.ReturnValues)
	}
	return noFigures(f.ReturnConsumedCapacity, f.ReturnItemCollectionMetrics)
}

// planned is a change to one item that passed every check but the condition.
type planned struct {
	table *table
	key   item
	// make says what becomes of the item there is (nil: none); nil for an item that goes.
	make      func(held item) (item, error)
	condition *condition
	onFailure string
	checkOnly bool
}

// decide evaluates the condition and says what the item is to become.
func (p planned) decide() (before, after item, err error) {
	before = p.table.get(p.key)
	if !p.condition.holds(before) {
		return before, nil, conditionFailed(before, p.onFailure)
	}
	if p.checkOnly {
		return before, before, nil
	}
	after, err = p.make(before)
	return before, after, err
}

func (p planned) commit(after item) {
	switch {
	case p.checkOnly:
	case after == nil:
		p.table.remove(p.key)
	default:
		p.table.put(after)
	}
}

func (p planned) run() (before, after item, err error) {
	before, after, err = p.decide()
	if err == nil {
		p.commit(after)
	}
	return before, after, err
}

// plan checks what is common; more is parsed by the caller through the placeholders before allUsed.
func (s *Service) plan(w write, more func(*placeholders) error, expressions ...*string) (planned, error) {
	holders, err := newPlaceholders(
		w.ExpressionAttributeNames, w.ExpressionAttributeValues, append(expressions, w.ConditionExpression)...)
	if err != nil {
		return planned{}, err
	}
	p := planned{onFailure: w.ReturnValuesOnConditionCheckFailure}
	if more != nil {
		if err := more(holders); err != nil {
			return planned{}, err
		}
	}
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
	p, err := s.plan(in.write, nil)
	if err != nil {
		return p, err
	}
	if err := p.table.checkItem(in.Item); err != nil {
		return p, err
	}
	p.key = p.table.keys.only(in.Item)
	p.make = func(item) (item, error) { return in.Item, nil }
	return p, nil
}

type deleteInput struct {
	write
	Key item
}

func (s *Service) planDelete(in deleteInput) (planned, error) {
	p, err := s.plan(in.write, nil)
	if err != nil {
		return p, err
	}
	p.key = in.Key
	p.make = func(item) (item, error) { return nil, nil }
	return p, p.table.keys.checkKey(in.Key)
}

type updateInput struct {
	write
	Key              item
	UpdateExpression *string
}

func (s *Service) planUpdate(in updateInput) (planned, error) {
	var changes []change
	p, err := s.plan(in.write, func(h *placeholders) (err error) {
		changes, err = h.changes(in.UpdateExpression)
		return err
	}, in.UpdateExpression)
	if err != nil {
		return p, err
	}
	p.key = in.Key
	if err := p.table.keys.checkKey(in.Key); err != nil {
		return p, err
	}
	for _, c := range changes {
		if _, isKey := in.Key[c.path[0].name]; isKey {
			return p, invalid("One or more parameter values were invalid: Cannot update attribute %s. "+
				"This attribute is part of the key", c.path[0].name)
		}
	}
	p.make = func(held item) (item, error) {
		if held == nil {
			held = in.Key
		}
		after, err := apply(held, changes)
		if err != nil {
			return nil, err
		}
		if after.size() > maxItem {
			return nil, invalid("Item size to update has exceeded the maximum allowed size")
		}
		return after, p.table.checkItem(after)
	}
	return p, nil
}

type attributes struct {
	Attributes item `json:",omitempty"`
}

type putItemInput struct {
	putInput
	figures
}

func (s *Service) putItem(in putItemInput) (attributes, error) {
	if err := in.figures.check("NONE", "ALL_OLD"); err != nil {
		return attributes{}, err
	}
	p, err := s.planPut(in.putInput)
	if err != nil {
		return attributes{}, err
	}
	before, _, err := p.run()
	return old(in.ReturnValues, before), err
}

type deleteItemInput struct {
	deleteInput
	figures
}

func (s *Service) deleteItem(in deleteItemInput) (attributes, error) {
	if err := in.figures.check("NONE", "ALL_OLD"); err != nil {
		return attributes{}, err
	}
	p, err := s.planDelete(in.deleteInput)
	if err != nil {
		return attributes{}, err
	}
	before, _, err := p.run()
	return old(in.ReturnValues, before), err
}

func old(wanted string, before item) attributes {
	if wanted == "ALL_OLD" {
		return attributes{before}
	}
	return attributes{}
}

type updateItemInput struct {
	updateInput
	figures
}

func (s *Service) updateItem(in updateItemInput) (attributes, error) {
	if err := in.figures.check("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"); err != nil {
		return attributes{}, err
	}
	p, err := s.planUpdate(in.updateInput)
	if err != nil {
		return attributes{}, err
	}
	before, after, err := p.run()
	if err != nil {
		return attributes{}, err
	}
	var paths []path
	if in.ReturnValues == "UPDATED_OLD" || in.ReturnValues == "UPDATED_NEW" {
		// The expression was parsed once already, so it parses again.
		holders, err := newPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.UpdateExpression)
		if err != nil {
			return attributes{}, fmt.Errorf("read the updated paths: %w", err)
		}
		changes, err := holders.changes(in.UpdateExpression)
		if err != nil {
			return attributes{}, fmt.Errorf("read the updated paths: %w", err)
		}
		for _, c := range changes {
			paths = append(paths, c.path)
		}
	}
	switch in.ReturnValues {
	case "ALL_OLD":
		return attributes{before}, nil
	case "ALL_NEW":
		return attributes{after}, nil
	case "UPDATED_OLD":
		return attributes{project(before, paths)}, nil
	case "UPDATED_NEW":
		return attributes{project(after, paths)}, nil
	}
	return attributes{}, nil
}

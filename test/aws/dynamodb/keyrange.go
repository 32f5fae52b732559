package dynamodb

// keyRange is the meaning of a key condition: a partition, and a condition on its sort keys. all means every row.
type keyRange struct {
	all  bool
	hash value
	sort *condition
}

func (k keyRange) holds(r row) bool {
	if k.all {
		return true
	}
	return r.hash.equal(k.hash) && k.sort.holds(r.item)
}

var errTwoConditions = invalid("Invalid KeyConditionExpression: " +
	"KeyConditionExpressions must only contain one condition per key")

// within converts a key condition. The partition key must equal a value. The sort key may be compared with a value.
func (k keySchema) within(c *condition) (keyRange, error) {
	if c == nil {
		return keyRange{all: true}, nil
	}
	var parts []condition
	if err := flatten(*c, &parts); err != nil {
		return keyRange{}, err
	}
	var wanted keyRange
	var hashes int
	for _, part := range parts {
		a, err := k.attribute(part)
		if err != nil {
			return keyRange{}, err
		}
		for _, o := range part.operands[1:] {
			if o.value.kind != a.kind {
				return keyRange{}, invalid("One or more parameter values were invalid: " +
					"Condition parameter type does not match schema type")
			}
			if o.value.kind != numberKind && o.value.text == "" {
				return keyRange{}, a.empty() // moto's issue 7062 has the message of AWS.
			}
		}
		switch {
		case a == k.hash && part.op == "=":
			hashes++
			wanted.hash = part.operands[1].value
		case a == k.hash:
			return keyRange{}, invalid("Query key condition not supported")
		case wanted.sort != nil:
			return keyRange{}, errTwoConditions
		default:
			wanted.sort = &part
		}
	}
	switch {
	case hashes == 0:
		return keyRange{}, invalid("Query condition missed key schema element: %s", k.hash.name)
	case hashes > 1:
		return keyRange{}, errTwoConditions
	}
	return wanted, nil
}

// flatten appends the comparisons of a key condition to into. It refuses operators that key conditions do not have.
func flatten(c condition, into *[]condition) error {
	switch c.op {
	case "and":
		for _, part := range c.inside {
			if err := flatten(part, into); err != nil {
				return err
			}
		}
		return nil
	case "=", "<", "<=", ">", ">=", "between", "begins_with":
		*into = append(*into, c)
		return nil
	}
	return unsupported(c.op)
}

// attribute returns the key attribute that a part of a key condition compares with values.
func (k keySchema) attribute(part condition) (keyAttribute, error) {
	first := part.operands[0]
	for _, o := range part.operands[1:] {
		if !o.literal() {
			return keyAttribute{}, invalid("Invalid KeyConditionExpression: Invalid operand in KeyConditionExpression: " +
				"a key can only be compared with values")
		}
	}
	if len(first.path) == 1 && !first.size {
		for _, a := range k.attributes() {
			if a.name == first.path[0].name {
				return a, nil
			}
		}
	}
	return keyAttribute{}, invalid("Query condition missed key schema element: %s", k.hash.name)
}

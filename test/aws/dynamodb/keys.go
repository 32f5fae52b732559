package dynamodb

const (
	maxHashBytes = 2048
	maxSortBytes = 1024
)

// checkKey refuses a Key whose attributes are not exactly the key attributes of the table.
func (k keySchema) checkKey(key item) error {
	if len(key) != len(k.attributes()) || !k.complete(key) {
		return invalid("The provided key element does not match the schema")
	}
	return k.checkContent(key)
}

// checkItem refuses an item that has no key, has an empty key, or is too large.
func (t *table) checkItem(i item) error {
	for _, a := range t.keys.attributes() {
		v, ok := i[a.name]
		if !ok {
			return invalid("One or more parameter values were invalid: Missing the key %s in the item", a.name)
		}
		if v.kind != a.kind {
			return invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s",
				a.name, a.kind, v.kind)
		}
	}
	if err := t.keys.checkContent(i); err != nil {
		return err
	}
	if i.size() > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

// empty is the error of a key attribute that is an empty string or empty bytes.
func (a keyAttribute) empty() error {
	return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute "+
		"cannot contain an empty string value. Key: %s", a.name)
}

func (k keySchema) checkContent(i item) error {
	for _, a := range k.attributes() {
		v, limit := i[a.name], maxHashBytes
		if a == k.sort {
			limit = maxSortBytes
		}
		switch {
		case v.kind != numberKind && v.text == "":
			return a.empty()
		case v.size() > limit:
			return invalid("One or more parameter values were invalid: Size of the key %s has exceeded the maximum size "+
				"limit of %d bytes", a.name, limit)
		}
	}
	return nil
}

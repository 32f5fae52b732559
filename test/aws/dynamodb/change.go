package dynamodb

import "slices"

// checkChange refuses what DynamoDB does not change in one update: more than one index made or deleted, an index whose
// key or projection is another, and the attribute of a time to live that stays enabled. Sources:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
func (t *table) checkChange(wanted definition, ttl timeToLive) error {
	changes := 0
	for _, x := range wanted.GlobalSecondaryIndexes {
		held, ok := t.definition.index(x.IndexName)
		switch {
		case !ok:
			changes++
		case !held.same(x):
			return invalid("Cannot update GSI's properties other than Provisioned Throughput: index %s. "+
				"You can create a new GSI with a different name.", x.IndexName)
		}
	}
	for _, x := range t.GlobalSecondaryIndexes {
		if _, kept := wanted.index(x.IndexName); !kept {
			changes++
		}
	}
	if changes > 1 {
		return invalid("Cannot perform more than one GSI creation or deletion in a single update: "+
			"table %s would have %d", t.TableName, changes)
	}
	return t.checkTimeToLive(ttl)
}

func (t *table) checkTimeToLive(wanted timeToLive) error {
	held := t.timeToLive
	if held.Enabled && wanted.AttributeName != "" && wanted.AttributeName != held.AttributeName {
		return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s. "+
			"Disable it first, and enable it with the other one in a later update.", held.AttributeName)
	}
	return nil
}

func (t timeToLive) check() error {
	if t.Enabled && t.AttributeName == "" {
		return invalid("TimeToLiveSpecification needs an AttributeName")
	}
	return nil
}

func (d definition) index(name string) (indexDefinition, bool) {
	at := slices.IndexFunc(d.GlobalSecondaryIndexes, func(x indexDefinition) bool { return x.IndexName == name })
	if at < 0 {
		return indexDefinition{}, false
	}
	return d.GlobalSecondaryIndexes[at], true
}

// same tells whether two indexes have the same key and projection.
func (x indexDefinition) same(other indexDefinition) bool {
	return slices.Equal(x.KeySchema, other.KeySchema) &&
		x.Projection.ProjectionType == other.Projection.ProjectionType &&
		slices.Equal(slices.Sorted(slices.Values(x.Projection.NonKeyAttributes)),
			slices.Sorted(slices.Values(other.Projection.NonKeyAttributes)))
}

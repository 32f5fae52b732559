package harness

import (
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/sns"
)

// Alerts returns the messages that runs have sent to a topic, oldest first: without those of alarms.
func (a *Account) Alerts(topicARN string) []sns.Message {
	return slices.DeleteFunc(a.SNS.Messages(topicARN), func(m sns.Message) bool { return !strings.HasPrefix(m.Subject, "oralake ") })
}

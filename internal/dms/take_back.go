package dms

import "context"

// TakeBack takes back what a call has done that had no right to it any more. Of the tasks that belong to the stack, it deletes those
// that the call has created, by identifier, if nobody has started them since, and stops those that it has started, by ARN. done is
// false while DMS does not let it finish: call it again.
func TakeBack(
	ctx context.Context, api TaskCleaner, stack string, tasks []Task, created, started map[string]bool,
) (done bool, err error) {
	return forOwnTasks(ctx, api, stack, tasks, func(d Description) (bool, error) {
		switch {
		case created[d.ID] && d.StartedAt.IsZero():
			return stopOrDelete(ctx, api, d)
		case started[d.ARN]:
			return ensureStopped(ctx, api, d)
		default:
			return true, nil
		}
	})
}

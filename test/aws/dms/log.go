package dms

import (
	"fmt"
	"time"
)

// The components of DMS in the lines of a task log.
const (
	taskManager  = "TASK_MANAGER"
	sourceUnload = "SOURCE_UNLOAD"
	targetLoad   = "TARGET_LOAD"

	sourceCapture = "SOURCE_CAPTURE"
	targetApply   = "TARGET_APPLY"
)

// The severities of a log line.
const (
	infoLevel    = 'I'
	warningLevel = 'W'
	failureLevel = 'E'
)

// logsRole is the role with which DMS writes to CloudWatch Logs. It belongs to the account, not to a stack.
const logsRole = "dms-cloudwatch-logs-role"

// write writes a line to the log of a task, if its logging is enabled. The form of a line is
// "2026-01-31T02:00:00 [TASK_MANAGER    ]I:  ...". The caller holds the lock.
func (s *Service) write(t *task, component string, level rune, format string, args ...any) {
	i := s.instances[t.instance]
	if !t.settings.Logging.EnableLogging || i == nil {
		return
	}
	if _, err := s.roles.Credentials(s.account.GlobalARN("iam", "role/"+logsRole), session); err != nil {
		return // without the role the log stays empty, as on AWS
	}
	s.log("dms-tasks-"+i.ReplicationInstanceIdentifier, "dms-task-"+lastPart(t.arn),
		fmt.Sprintf("%s [%-16s]%c:  %s", time.Now().UTC().Format("2006-01-02T15:04:05"), component, level,
			fmt.Sprintf(format, args...)))
}

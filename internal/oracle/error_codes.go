package oracle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The error codes of Oracle that the check explains.
const (
	noSuchTable        = 942
	noSuchColumn       = 904
	noPrivilege        = 1031
	badContext         = 2003
	snapshotTooOld     = 1555
	badSCN             = 8181
	tableChanged       = 1466 // the table's definition is newer than the SCN
	wrongPassword      = 1017
	accountLocked      = 28000
	passwordExpired    = 28001
	noCreateSession    = 1045
	unknownAlias       = 12154
	unknownSID         = 12505
	unknownService     = 12514
	noListener         = 12541
	connectTimeout     = 12170
	hostUnreachable    = 12543
	hostUnknown        = 12545
	connectionClosed   = 12537
	operationTimeout   = 12535
	lostContact        = 12547
	notOpen            = 1109
	notAvailable       = 1034
	starting           = 1033
	weakEncryption     = 12269 // from go-ora
	noCommonEncryption = 12650
	otherEncryption    = 12660
	unknownCharset     = 12737
	oldServer          = 3134
	noSnapshot         = 8180
	badLowerLimit      = 30052
	noPrivileges       = 41900 // Oracle 23ai's error for a missing privilege
	nestedTable        = 22812 // a nested table cannot be read by its own name
	invalidView        = 4063
	noLogMiner         = 1306 // a LogMiner view can be read only while LogMiner runs: the user has the privilege
)

// noMoreSessions are the error codes of a database that accepts no more sessions.
var noMoreSessions = []int{18, 20, 2391, 12516, 12519, 12520}

var oraCode = regexp.MustCompile(`ORA-(\d{5})`)

// codeOf returns the first Oracle error code in an error's text, or 0. Each driver has its own error type, but all of them
// print the code.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	m := oraCode.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	code, _ := strconv.Atoi(m[1]) // cannot fail: the pattern allows only digits
	return code
}

// noAccess reports whether Oracle denies access to an object. Oracle reports a missing privilege in the same way as a
// missing object.
func noAccess(err error) bool {
	return slices.Contains([]int{noSuchTable, noPrivilege, noPrivileges}, codeOf(err))
}

// refusal reports whether Oracle refuses a statement because of what it names, before it reads a row.
func refusal(err error) bool {
	return noAccess(err) || slices.Contains([]int{noSuchColumn, nestedTable, invalidView, noLogMiner}, codeOf(err))
}

// firstLine returns the first line of an error. Oracle and its drivers add many lines of explanation.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	// godror puts all parameters of a connection before the reason why it failed.
	if _, reason, found := strings.Cut(line, "}: ORA-"); found && strings.HasPrefix(line, "user=") {
		return "ORA-" + reason
	}
	return line
}

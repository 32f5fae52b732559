package contract

// Functions are the folders of lambdas/ that every department deploys. All but the last two are functions of the state machine,
// in the order of its states. The last two answer the custom resources. The check function is missing here: it is built
// separately, because it links an Oracle driver.
var Functions = []string{
	"prepare", "create", "reconcile", "start", "poll", "verify", "record", "publish", "delete", "orphans",
	"preflight", "cleanup",
}

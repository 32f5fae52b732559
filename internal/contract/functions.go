package contract

// Functions are the folders of lambdas/ that every department deploys. The first ones are the states of the workflow, in
// their order there; the last two answer the custom resources. The check function is built apart, since it links a driver.
var Functions = []string{
	"prepare", "create", "reconcile", "start", "poll", "verify", "record", "delete",
	"preflight", "cleanup",
}

package architecture

// productArrows has the packages of this repository that each package may import outside tests. A name is a folder of the
// repository, without "internal/" on the right side. NAME/... is NAME and every folder below it. The first line whose left
// side names a package is the line of that package.
const productArrows = `
.                             -> stacks
stacks                        -> contract department manifest oracle statemachine lambda_layer/layer
statemachine                  ->
lambda_layer                  -> lambda_layer/layer
lambda_layer/layer            ->
lambda_layer/layertest        ->
cmd/oralake                   -> commandline oracle/checkservice oracle/driver

lambdas/check                 -> lambdahandler oracle/checkservice oracle/driver
lambdas/reconcile             -> lambdahandler reconcile
lambdas/preflight             -> lambdahandler deploy
lambdas/cleanup               -> lambdahandler deploy
lambdas/...                   -> lambdahandler run

internal/yamlschema           ->
internal/department           -> yamlschema department/cron
internal/department/cron      -> yamlschema
internal/contract             -> department
internal/manifest             -> department yamlschema
internal/lambdahandler        ->
internal/documents            -> contract
internal/records              -> department
internal/lake                 -> contract department
internal/lake/laketest        -> lake department
internal/dms                  -> contract department manifest
internal/oracle               ->
internal/oracle/client        ->
internal/oracle/checkservice  -> oracle oracle/client documents department contract
internal/oracle/driver        -> oracle/checkservice oracle/client
internal/oracle/...           -> oracle
internal/catalog              -> records lake manifest contract
internal/catalog/glue         -> catalog records department
internal/verdict              -> dms records manifest department
internal/run                  -> catalog catalog/glue verdict dms records lake oracle oracle/checkservice documents manifest department contract
internal/reconcile            -> run verdict dms records documents manifest department contract
internal/deploy               -> run dms records contract department
internal/wording              -> yamlschema
internal/cost                 -> run statemachine department contract wording yamlschema
internal/cost/costtest        ->
internal/plan                 -> cost oracle manifest department contract yamlschema
internal/operator             -> run verdict dms records documents manifest department contract wording yamlschema
internal/report               -> operator records verdict contract wording
internal/report/reporttest    -> operator records dms department
internal/commandline          -> plan cost operator report run records oracle/checkservice department wording yamlschema
`

// testArrows is the same table for the test module. test/aws has the protocols of AWS and imports nothing of oralake.
const testArrows = `
test/aws/cloud                -> test/aws/... test/oracledb
test/aws/dms/...              -> test/aws/... test/oracledb
test/aws/...                  -> test/aws/...
test/oracledb                 -> test/oracledb/tpch test/oracledictionary
test/oracledb/tpch            ->
test/oracledictionary         ->
test/demo/tablediff           -> lake test/oracledb
test/demo                     -> internal/... test/aws/... test/oracledb test/demo/tablediff test/duckdb
test/cmd/mutants              -> test/mutants test/simulation/finding
test/cmd/iam                  -> test/harness
test/cmd/screenshots          -> test/browser
test/browser                  ->
test/cmd/...                  -> test/demo
test/mutants                  ->
test/cputime                  ->
test/harness                  -> internal/... test/aws/... test/oracledb test/demo/tablediff
test/...                      -> stacks statemachine internal/... lambda_layer/... test/...
`

// ownTestArrows has what the tests of a package may import. Packages without a line may import anything in their tests.
const ownTestArrows = `
test/aws/...                  -> test/aws/... test/oracledb test/cputime
test/oracledb                 -> test/oracledb test/oracledictionary
...                           -> ...
`

// restrictions are external packages that only a few packages may import.
var restrictions = []restriction{
	{
		what:     "the CDK",
		imports:  "github.com/aws/aws-cdk-go github.com/aws/jsii-runtime-go github.com/aws/constructs-go github.com/cdklabs",
		packages: ". stacks test/cdkprocess",
		tests:    "stacks test/templates test/scenarios test/simulation/...",
	},
	{
		what:     "a driver for Oracle",
		imports:  oracleDrivers,
		packages: "internal/oracle/driver",
		tests:    "internal/oracle/driver",
	},
}

// links are packages that must not be linked into deployed programs, or programs that people run without the test module.
var links = []linkRule{
	{programs: "lambdas/...", except: "lambdas/check", never: oracleDrivers},
	{programs: "lambdas/... cmd/... lambda_layer", never: testBed},
	{programs: "lambdas/... lambda_layer", never: "github.com/alecthomas/kong github.com/jedib0t/go-pretty"},
	{programs: "lambdas/... cmd/... lambda_layer", never: "github.com/aws/aws-cdk-go github.com/aws/jsii-runtime-go"},
}

const (
	oracleDrivers = "github.com/godror/godror github.com/sijms/go-ora"
	testBed       = "modernc.org/sqlite github.com/johannesboyne/gofakes3 github.com/reugn/go-quartz " +
		"pgregory.net/rapid github.com/google/go-cmp testing"
)

// walletReader reads Oracle wallets, for both drivers. It connects to nothing.
const walletReader = "github.com/sijms/go-ora/v2/configurations"

// emulators are modules that the root module must not require, so that a build of the product does not download them.
const emulators = "modernc.org/sqlite github.com/johannesboyne/gofakes3 github.com/pingcap/go-tpc"

// nameless has package names that do not say what is in the package.
const nameless = "util utils common helper helpers misc shared base"

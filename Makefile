# The two commands of a newcomer are `make local` and `make test`; each installs what it needs.

SCALE ?= 0.01

# The CDK app and the CLI run on the Node that package.json pins.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# A go.work in a parent folder is not for this module.
export GOWORK := off

.PHONY: local serve test chaos cdc-histories destroys test-update lint clean

# Deploy sales on this machine, load its tables, show what arrived, destroy it.
local: node_modules
	go build -C test -o ../.build/demo ./cmd/demo
	@.build/demo -scale $(SCALE)

# The same, left running for you: prints the environment that `npx cdk deploy` and any AWS SDK need. Ctrl-C or a kill ends
# it: the program is run as it is, since `go run` hands no signals on. ARGS are more options, such as -department finance.
serve: node_modules
	@go build -C test -o ../.build/demo ./cmd/demo
	@exec .build/demo serve -scale $(SCALE) $(ARGS)

test: node_modules
	go vet ./...
	go -C test vet ./...
	go test ./...
	go -C test test ./...
	go test -tags goora ./internal/oracle/driver

# Live through N random schedules of faults, from SEED on, in virtual time. The last line says what was found; a schedule
# that broke a promise is printed with the command that repeats it and the file that tells its story.
N ?= 10000
SEED ?= 1
chaos:
	@go test -C test -c -o ../.build/chaos.test ./simulation/faults
	@.build/chaos.test -test.run '^TestChaos$$' -test.timeout 60m -schedules $(N) -seed $(SEED)

# Live through N random histories of a source and of a job that follows its changes, from SEED on, in virtual time. The last
# line says whether the lake lost a change or differs from the source; a history that went wrong is printed with the command
# that repeats it, with STEPS for the steps of it that matter.
cdc-histories: N = 1000
cdc-histories:
	@go test -C test -c -o ../.build/histories.test ./simulation/cdcmodel
	@.build/histories.test -test.run '^TestHistories$$' -test.timeout 60m -histories $(N) -seed $(SEED) -steps '$(STEPS)'

# Deploy, start runs and destroy in the middle of them, N times, with the real CDK CLI: about ten minutes. The last line says
# what was left or lost.
destroys: N = 50
destroys: node_modules
	@go test -C test -c -o ../.build/destroys.test ./cli
	@.build/destroys.test -test.run '^TestDestroyInTheMiddle$$' -test.v -test.timeout 60m -rounds $(N) -seed $(SEED)

# Write the golden files and departments/schema.json anew, after a change that is meant.
test-update: node_modules
	go test ./internal/department ./internal/manifest ./statemachine -update
	go test -C test ./aws/dms ./aws/stepfunctions ./oraclecheck ./templates -update

lint:
	go run mvdan.cc/gofumpt@v0.12.0 -l -d $$(git ls-files '*.go')
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules

clean:
	rm -rf node_modules cdk.out .build .local

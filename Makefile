# The two commands of a newcomer are `make local` and `make test`; each installs what it needs.

SCALE ?= 0.01

# The CDK app and the CLI run on the Node that package.json pins.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# A go.work in a parent folder is not for this module.
export GOWORK := off

# All is built as functions are built, so that nothing is compiled twice: a package that is compiled with another of these is
# another to Go's cache, and so is each that imports it. Only godror and the race detector need C; they say so.
export GOFLAGS := -trimpath -buildvcs=false $(GOFLAGS)
export CGO_ENABLED := 0

.PHONY: local screenshots serve test architecture race chaos readers bench cdc-histories mutants iam destroys oracle-test test-update synth-ratio upgrade-fixture lint clean

# Deploy sales on this machine, load its tables, show what arrived, destroy it.
local: node_modules
	go build -C test -o ../.build/demo ./cmd/demo
	@.build/demo -scale $(SCALE) -report .build/report.html

# Take the pictures of the documents from the report of make local. It needs Chromium.
screenshots: local
	go -C test run ./cmd/screenshots ../.build/report.html ../docs

# The account of make local, left running for you: prints the environment that `npx cdk deploy` and any AWS SDK need. Ctrl-C or a
# kill ends it: the program is run as it is, since `go run` hands no signals on. ARGS are more options, such as -department finance.
serve: node_modules
	@go build -C test -o ../.build/demo ./cmd/demo
	@exec .build/demo serve -scale $(SCALE) $(ARGS)

# The tests of the test bed run again each time: Go's cache of results does not see the files of the root module that they
# read and build. The packages that take longest begin first. make lint has all of go vet, so nothing is vetted twice.
test: node_modules
	go test -vet=off ./...
	CGO_ENABLED= go test -vet=off ./internal/oracle/driver
	go test -vet=off -tags goora ./internal/oracle/driver
	go -C test test -vet=off -count=1 ./cli ./templates ./simulation/... ./scenarios ./...

# The arrows between packages, which are part of make test.
architecture:
	go -C test test -count=1 ./architecture

# The short tests with the race detector, which needs a C compiler.
race: export CGO_ENABLED := 1
race: node_modules
	go test -vet=off -race -short ./...
	go -C test test -vet=off -race -short -count=1 -timeout 30m ./templates ./scenarios ./simulation/... ./...

# Live through N random schedules of faults, from SEED on, in virtual time. The last line says what was found; a schedule
# that broke a promise is printed with the command that repeats it and the file that tells its story.
N ?= 10000
SEED ?= 1
chaos:
	@go test -C test -c -o ../.build/chaos.test ./simulation/faults
	@.build/chaos.test -test.run '^TestChaos$$' -test.timeout 60m -schedules $(N) -seed $(SEED)

# Let readers read the tables of a job through LOADS loads with random faults, from SEED on, in virtual time. The last line says whether
# a read had the rows of two loads, lacked rows, or went back to older ones.
LOADS ?= 20
readers:
	@go test -C test -c -o ../.build/readers.test ./simulation/readers
	@.build/readers.test -test.run '^TestReaders$$' -test.timeout 60m -loads $(LOADS) -seed $(SEED)

# Measure three nights of a department with TABLES tables, the first without history, and beside them the shape of the program from which
# oralake began: a table for people, and as the last line JSON with the figures of the third night. 10,000 tables take some minutes.
TABLES ?= 1000
bench:
	@go test -C test -c -o ../.build/bench.test ./simulation/bench
	@.build/bench.test -test.run '^TestBench$$' -test.timeout 60m -tables $(TABLES)

# Live through N random histories of a source and of a job that follows its changes, from SEED on, in virtual time. The last
# line says whether the lake lost a change or differs from the source; a history that went wrong is printed with the command
# that repeats it, with STEPS for the steps of it that matter.
cdc-histories: N = 1000
cdc-histories:
	@go test -C test -c -o ../.build/histories.test ./simulation/cdcmodel
	@.build/histories.test -test.run '^TestHistories$$' -test.timeout 60m -histories $(N) -seed $(SEED) -steps '$(STEPS)'

# Plant faults in the product, one by one, and let the histories and the chaos find them: some minutes. The last line says how
# many were planted and how many were found. ONLY is a pattern of the names of faults to plant.
mutants:
	@go test -C test -c -o ../.build/histories.test ./simulation/cdcmodel
	@go test -C test -c -o ../.build/chaos.test ./simulation/faults
	@go build -C test -o ../.build/mutants ./cmd/mutants
	@.build/mutants -only '$(ONLY)'

# Prove the permissions of all roles: run the scenarios, then take every permission away, one by one, and let a scenario notice it.
# The report is .build/iam.md. ONLY is a pattern of "ROLE ACTION"; REUSE=1 takes the recording of the last time; PART=2 PARTS=4 takes
# away a quarter.
PART ?= 1
PARTS ?= 1
iam: node_modules
	@go test -C test -c -o ../.build/scenarios.test ./scenarios
	@go build -C test -o ../.build/iam ./cmd/iam
	@.build/iam -only '$(ONLY)' -part $(PART) -parts $(PARTS) $(if $(REUSE),-reuse)

# Deploy, start runs and destroy in the middle of them, N times, with the real CDK CLI: about ten minutes. The last line says
# what was left or lost.
destroys: N = 50
destroys: node_modules
	@go test -C test -c -o ../.build/destroys.test ./cli
	@.build/destroys.test -test.run '^TestDestroyInTheMiddle$$' -test.v -test.timeout 60m -rounds $(N) -seed $(SEED)

# Send every statement of the database check to a real Oracle, as ORACLE_TEST_DSN=USER/PASSWORD@HOST:PORT/SERVICE, a DBA of a
# pluggable database. It makes a user ORALAKE_TEST_... with tables, reads, and drops the user. DRIVER=godror uses Oracle's client;
# ORACLE_TEST_WALLET=cwallet.sso is for a port with TLS. A $ in the password is written $$.
oracle-test: DRIVER ?= go-ora
oracle-test:
	$(if $(ORACLE_TEST_DSN),,$(error write make oracle-test ORACLE_TEST_DSN=USER/PASSWORD@HOST:PORT/SERVICE))
	@$(if $(filter godror,$(DRIVER)),CGO_ENABLED= go test,go test -tags goora) -count=1 -v -run TestOracle ./internal/oracle/live

# Write the golden files and departments/schema.json anew, after a change that is meant.
test-update: node_modules
	go test ./internal/department ./internal/manifest ./internal/report ./statemachine -update
	go test -C test ./aws/dms ./aws/stepfunctions ./commandline ./oraclecheck ./templates -update

# Keep what stacks of this version have, for the test of upgrades: before a release, and never after it.
upgrade-fixture: node_modules
	go test -C test ./scenarios -run '^TestUpgradeFixture$$' -count=1 -upgrade-fixture

# Measure the CPU time of synthesis beside that of a twin in Node whose functions are built already, PAIRS times, and the sizes of the
# functions. The last line has the medians. Nothing else should run meanwhile.
PAIRS ?= 5
synth-ratio: node_modules
	@go build -C test -o ../.build/synthratio ./cmd/synthratio
	@.build/synthratio -pairs $(PAIRS)

# Formatting, staticcheck and go vet. The check function's driver is another with C, and with the tag goora.
lint: STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
lint:
	@files=$$(go run mvdan.cc/gofumpt@v0.12.0 -l $$(git ls-files -co --exclude-standard '*.go')) && test -z "$$files" || \
		{ echo "not as gofumpt formats it, which gofumpt -w does:"; echo "$$files"; exit 1; }
	go run $(STATICCHECK) ./...
	go -C test run $(STATICCHECK) ./...
	go run -exec "env CGO_ENABLED=" $(STATICCHECK) ./internal/oracle/driver
	go run $(STATICCHECK) -tags goora ./internal/oracle/driver
	go vet ./...
	go -C test vet ./...
	CGO_ENABLED= go vet ./internal/oracle/driver
	go vet -tags goora ./internal/oracle/driver

node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules

clean:
	rm -rf node_modules cdk.out .build .local

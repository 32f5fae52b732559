package architecture

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planted returns a package of this repository with imports. An import that starts with "./" is in this repository.
func planted(folder, name string, imports ...string) pkg {
	p := pkg{ImportPath: importPath(folder), Name: name}
	for _, imported := range imports {
		p.Imports = append(p.Imports, importPath(imported))
	}
	p.Deps = p.Imports
	return p
}

func importPath(name string) string {
	if name, found := strings.CutPrefix(name, "./"); found {
		return module + "/" + name
	}
	return name
}

// inTests moves the imports of p to its tests.
func inTests(p pkg) pkg {
	p.Imports, p.Deps, p.XTestImports = nil, nil, p.Imports
	return p
}

// follows returns a check of one package against its line of a table.
func follows(table string, of part) func(pkg) []string {
	return func(p pkg) []string {
		var lines []arrow
		if line, found := arrowOf(parseArrows(table), p.folder()); found {
			lines = []arrow{line}
		}
		return checkArrows([]pkg{p}, lines, of)
	}
}

// Each planted violation is found. Its error names the package, the import and the rule.
func TestPlantedViolations(t *testing.T) {
	product, bed, ownTests := follows(productArrows, built), follows(testArrows, built), follows(ownTestArrows, tested)
	restricted := func(p pkg) []string { return checkRestrictions([]pkg{p}, restrictions) }
	linked := func(p pkg) []string { return checkLinks([]pkg{p}, links) }
	called := func(p pkg) []string { return checkNames([]pkg{p}) }
	for name, test := range map[string]struct {
		check func(pkg) []string
		pkg   pkg
		want  string // empty when there is no violation
	}{
		"an arrow": {product, planted("./internal/verdict", "verdict", "./internal/dms", "context"), ""},
		"an arrow back": {
			product, planted("./internal/verdict", "verdict", "./internal/dms", "./internal/run"),
			"internal/verdict imports internal/run: the arrows are internal/verdict -> " +
				"internal/dms internal/records internal/manifest internal/department",
		},
		"an arrow to nothing": {
			product, planted("./internal/lambdahandler", "lambdahandler", "./internal/contract"),
			"internal/lambdahandler imports internal/contract: the arrows are internal/lambdahandler -> nothing",
		},
		"a function": {
			product, planted("./lambdas/poll", "main", "./internal/run", "./internal/deploy"),
			"lambdas/poll imports internal/deploy: the arrows are lambdas/... -> internal/lambdahandler internal/run",
		},
		"a package without arrows": {
			product, planted("./internal/warehouse", "warehouse"), "internal/warehouse has no arrows: add a line that says what it may import",
		},
		"the emulator knows the product": {
			bed, planted("./test/aws/s3", "s3", "./internal/contract"), "test/aws/s3 imports internal/contract: the arrows are test/aws/... -> test/aws/...",
		},
		"the emulator's tests know the product": {
			ownTests, inTests(planted("./test/aws/s3", "s3", "./stacks")),
			"test/aws/s3 has tests that import stacks: the arrows are test/aws/... -> test/aws/... test/oracledb test/cputime",
		},
		"a service knows the database": {
			bed, planted("./test/aws/s3", "s3", "./test/oracledb"), "test/aws/s3 imports test/oracledb: the arrows are test/aws/... -> test/aws/...",
		},
		"DMS knows the database": {bed, planted("./test/aws/dms", "dms", "./test/oracledb"), ""},
		"the database knows AWS": {
			bed, planted("./test/oracledb", "oracledb", "./test/aws/clock"), "test/oracledb imports test/aws/clock: the arrows are test/oracledb -> test/oracledb/tpch test/oracledictionary",
		},
		"the CDK": {restricted, planted("./stacks", "stacks", "github.com/aws/aws-cdk-go/awscdk/v2"), ""},
		"the CDK elsewhere": {
			restricted, planted("./internal/manifest", "manifest", "github.com/aws/aws-cdk-go/awscdk/v2/awss3"),
			"internal/manifest imports github.com/aws/aws-cdk-go/awscdk/v2/awss3, which is the CDK: only . stacks test/cdkprocess may",
		},
		"the CDK in tests": {restricted, inTests(planted("./test/simulation/faults", "faults", "github.com/aws/jsii-runtime-go")), ""},
		"the CDK in tests elsewhere": {
			restricted, inTests(planted("./test/demo", "demo", "github.com/aws/jsii-runtime-go")),
			"test/demo has tests that import github.com/aws/jsii-runtime-go, which is the CDK: " +
				"only stacks test/templates test/scenarios test/simulation/... may",
		},
		"a driver elsewhere": {
			restricted, planted("./internal/oracle", "oracle", "github.com/sijms/go-ora/v2"),
			"internal/oracle imports github.com/sijms/go-ora/v2, which is a driver for Oracle: only internal/oracle/driver may",
		},
		"a function links a driver": {
			linked, planted("./lambdas/create", "main", "github.com/godror/godror", "github.com/godror/godror/dsn"),
			"lambdas/create links github.com/godror/godror: lambdas/... must not",
		},
		"the check function links a driver": {linked, planted("./lambdas/check", "main", "github.com/godror/godror"), ""},
		"the check function links SQLite": {
			linked, planted("./lambdas/check", "main", "modernc.org/sqlite/lib"),
			"lambdas/check links modernc.org/sqlite: lambdas/... cmd/... lambda_layer must not",
		},
		"a function links the CDK": {
			linked, planted("./lambdas/create", "main", "github.com/aws/jsii-runtime-go/runtime"),
			"lambdas/create links github.com/aws/jsii-runtime-go: lambdas/... cmd/... lambda_layer must not",
		},
		"a name": {called, planted("./internal/lake", "lake"), ""},
		"a name that says nothing": {
			called, planted("./internal/helpers", "helpers"),
			"internal/helpers is package helpers: that name says nothing: take one that says what is in it",
		},
		"another name": {
			called, planted("./internal/lake", "athena"), "internal/lake is package athena: folder and package have the same name",
		},
		"a program in the wrong place": {
			called, planted("./internal/lake", "main"), "internal/lake is package main: programs lie in lambdas/, cmd/ and test/cmd/",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, strings.Join(test.check(test.pkg), "\n")); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// A line of the table without a package is an error, so that the table has no old lines.
func TestPlantedLine(t *testing.T) {
	got := checkArrows([]pkg{planted("./internal/run", "run")}, parseArrows("internal/run ->\ninternal/workflow -> run\n"), built)
	if diff := cmp.Diff([]string{"the arrows of internal/workflow are of no package: delete the line"}, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestPlantedModules(t *testing.T) {
	got := checkVersions(map[string]string{"go": "1.26.0", "a": "v1.0.0", "b": "v1.2.0", "c": "v1.0.0"},
		map[string]string{"go": "1.26.0", "b": "v1.3.0", "c": "v1.0.0", "d": "v1.0.0"})
	got = append(got, checkBuildList([]string{"golang.org/x/sys", "modernc.org/sqlite"}, emulators)...)
	want := []string{
		"b is v1.2.0 in go.mod and v1.3.0 in test/go.mod: both modules select the same version",
		"go.mod needs modernc.org/sqlite: only test/go.mod may",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// dataCatalog is the department's database in the Data Catalog of AWS Glue. Runs create the tables in it. It is nil in a department
// with catalog: off.
type dataCatalog struct {
	Scope    constructs.Construct
	Database string // its name
}

// newDataCatalog adds the database. CloudFormation deletes it with its tables; their files are not touched.
func newDataCatalog(parent constructs.Construct, d *department.Department) *dataCatalog {
	if d.Lake.Catalog != department.CatalogGlue {
		return nil
	}
	scope := constructs.NewConstruct(parent, new("Catalog"))
	// Glue cannot rename a database. So another name gives another resource, and CloudFormation deletes the old one.
	database := awsglue.NewCfnDatabase(scope, &d.Lake.Database, &awsglue.CfnDatabaseProps{
		CatalogId: awscdk.Aws_ACCOUNT_ID(),
		DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{
			// CloudFormation would choose a name that Athena cannot use.
			Name:        &d.Lake.Database,
			Description: new("oralake: tables of department " + d.Name),
		},
	})
	return &dataCatalog{Scope: scope, Database: *database.Ref()}
}

// allow allows actions on the tables of the database. Glue checks the catalog, the database and the table for each call.
func (c *dataCatalog) allow(actions ...string) []statement {
	if c == nil {
		return nil
	}
	return []statement{{
		Sid: "Catalog", Actions: actions,
		Resources: []string{
			arn("glue", "catalog"), arn("glue", "database/"+c.Database), arn("glue", "table/"+c.Database+"/*"),
		},
		Wide: "The database is the department's own; its tables come and go with the department's file.",
	}}
}

// with adds to the environment of a function what it has to know of the catalog.
func (c *dataCatalog) with(environment map[string]string) map[string]string {
	if c != nil {
		environment[contract.EnvCatalogDatabase] = c.Database
	}
	return environment
}

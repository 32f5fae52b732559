// Command check is the Lambda function that queries the source database: whether it is ready for a job, what its SCN is, and how
// many rows its tables have. It is the only function that connects to Oracle. It is also the only one that needs a C compiler,
// because the driver godror needs cgo. With -tags goora it uses a driver in Go.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/driver"
)

func main() { lambdahandler.Serve(checkservice.New(driver.Connect)) }

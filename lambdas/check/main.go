// Command check is the Lambda function that asks the source database whether it is ready for a job, what its SCN is and how many
// rows its tables have. It is the only function that talks to Oracle, and the only one that a C compiler builds, because godror
// needs cgo. With -tags goora it is Go alone, as all others are.
package main

import (
	"github.com/oralake/oralake/internal/lambdahandler"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/oracle/driver"
)

func main() { lambdahandler.Serve(checkservice.New(driver.Connect)) }

package oracle

import (
	"context"
	"database/sql"
)

// connect runs the first statement, which says who the user is and what the user may do. The driver connects when it runs
// that statement.
func (c *checker) connect(ctx context.Context) error {
	err := c.rows(ctx, querySession, nil, c.readSession)
	if codeOf(err) == badContext {
		c.known.before12, c.granted = true, granted{}
		err = c.rows(ctx, querySession11, nil, c.readSession)
	}
	return err
}

// readSession reads a row of querySession.
func (c *checker) readSession(r *sql.Rows) error {
	d := &c.report.Database
	var kind, name text
	err := r.Scan(&kind, &name)
	switch kind.String {
	case "user":
		d.User, c.fixes.user = name.String, name.String
	case "container":
		d.Container, c.known.container = name.String, name.String
	case "version":
		d.Version, c.release = name.String, parseRelease(name.String)
	case "product":
		c.known.product = name.String
	case "privilege":
		c.granted.privileges = append(c.granted.privileges, name.String)
	case "role":
		c.granted.roles = append(c.granted.roles, name.String)
	case "directory":
		c.granted.directories = append(c.granted.directories, name.String)
	case "execute":
		c.granted.packages = append(c.granted.packages, name.String)
	case "limit":
		c.granted.limits = append(c.granted.limits, name.String)
	case "link":
		c.granted.links = append(c.granted.links, name.String)
	case "known user":
		d.RDS, c.fixes.rds = d.RDS || name.String == "RDSADMIN", c.fixes.rds || name.String == "RDSADMIN"
		c.known.autonomous = c.known.autonomous || name.String == "C##CLOUD$SERVICE"
	}
	return err
}

package dms_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

// DMS upgrades the major version only if the request allows it, and never goes back to an older version.
func TestEngineUpgrades(t *testing.T) {
	for _, test := range []struct {
		from, to string
		allowed  bool
		want     string // part of the error; empty if DMS upgrades
	}{
		{"3.5.4", "3.5.5", false, ""},
		{"3.5.4", "3.6.1", true, ""},
		{"3.5.4", "3.6.1", false, "AllowMajorVersionUpgrade"},
		{"3.6.1", "4.0.0", false, "AllowMajorVersionUpgrade"},
		{"3.6.1", "3.6.1", false, ""},
		{"3.6.2", "3.6.1", true, "cannot be downgraded"},
		{"3.10.1", "3.6.1", true, "cannot be downgraded"},
	} {
		t.Run(fmt.Sprintf("%s to %s, allowed %t", test.from, test.to, test.allowed), func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, "")
				properties := func(version string) string {
					return fmt.Sprintf(`{"ReplicationInstanceClass":"dms.t3.medium","EngineVersion":"%s","AllowMajorVersionUpgrade":%t,`+
						`"PreferredMaintenanceWindow":"Sat:23:45-Sun:00:15"}`, version, test.allowed)
				}
				id := c.create("AWS::DMS::ReplicationInstance", "Other", properties(test.from))
				_, err := c.dms.Resources()["AWS::DMS::ReplicationInstance"].Update(c.ctx, change(id, "Other", properties(test.to)))
				if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want one with %q", err, test.want)
				}
			})
		})
	}
}

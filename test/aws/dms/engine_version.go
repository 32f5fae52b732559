package dms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// checkUpgrade refuses what DMS does not do to an instance: an upgrade of the major version that the request does not allow, and
// an older version (ModifyReplicationInstance; CHAP_ReplicationInstance.EngineVersions). The first two numbers are the major
// version.
func checkUpgrade(running string, p instanceProperties) error {
	from, to := engineNumbers(running), engineNumbers(p.EngineVersion)
	switch {
	case slices.Compare(to, from) < 0:
		return invalidValue("Replication instance cannot be downgraded from version %s to %s", running, p.EngineVersion)
	case !slices.Equal(to[:2], from[:2]) && !bool(p.AllowMajorVersionUpgrade):
		return invalidCombination("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version, from %s to %s",
			running, p.EngineVersion)
	}
	return nil
}

// engineNumbers returns the three numbers of a version, or nil.
func engineNumbers(version string) []int {
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return nil
	}
	numbers := make([]int, len(parts))
	for i, p := range parts {
		var err error
		if numbers[i], err = strconv.Atoi(p); err != nil {
			return nil
		}
	}
	return numbers
}

var maintenanceWindow = regexp.MustCompile(`^(?i)(sun|mon|tue|wed|thu|fri|sat):(\d\d):(\d\d)-(sun|mon|tue|wed|thu|fri|sat):(\d\d):(\d\d)$`)

// windowLength returns the length of a maintenance window in minutes, or 0 if the text is no window.
func windowLength(text string) int {
	parts := maintenanceWindow.FindStringSubmatch(text)
	if parts == nil {
		return 0
	}
	minute := func(day, hour, minute string) int {
		d := strings.Index("sunmontuewedthufrisat", strings.ToLower(day)) / 3
		h, _ := strconv.Atoi(hour)
		m, _ := strconv.Atoi(minute)
		if h > 23 || m > 59 {
			return -1
		}
		return (d*24+h)*60 + m
	}
	const week = 7 * 24 * 60
	start, end := minute(parts[1], parts[2], parts[3]), minute(parts[4], parts[5], parts[6])
	if start < 0 || end < 0 {
		return 0
	}
	return (end - start + week) % week
}

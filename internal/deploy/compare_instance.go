package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oralake/oralake/internal/contract"
)

// decideInstance refuses a change of the replication instance while a full load runs, and an older engine version. DMS restarts
// the tables that are being loaded when it modifies an instance (CHAP_ReplicationInstance.MaintenanceWindow); tasks that follow
// changes go on from their checkpoints. A move to another VPC is a new instance: see replacementReasons.
func (d *Decision) decideInstance(before, after contract.InstanceDefinition, live map[string]LiveTasks) {
	if olderEngine(after.EngineVersion, before.EngineVersion) {
		d.refuse("replication.engineVersion would change from %s to %s: DMS does not go back to an older version; write %s or a later one",
			before.EngineVersion, after.EngineVersion, before.EngineVersion)
	}
	change := instanceChange(before, after)
	if change == "" {
		return
	}
	var loading []string
	for _, job := range slices.Sorted(maps.Keys(live)) {
		if live[job].Loads || live[job].FirstLoad {
			loading = append(loading, job)
		}
	}
	if len(loading) == 0 {
		d.note("the replication instance: %s", change)
		return
	}
	d.refuse("full loads are running (%s), and the deploy changes the replication instance (%s): DMS would restart them; "+
		"wait for the end of the loads, or stop their runs, and deploy again", strings.Join(loading, ", "), change)
}

// instanceChange says for people what changes in the replication instance; empty for nothing.
func instanceChange(before, after contract.InstanceDefinition) string {
	if before == (contract.InstanceDefinition{}) {
		return "what is deployed is not known: an earlier version of oralake deployed it"
	}
	var all []string
	for _, p := range []struct{ key, before, after string }{
		{"class", before.Class, after.Class},
		{"storageGB", before.StorageGB, after.StorageGB},
		{"engineVersion", before.EngineVersion, after.EngineVersion},
		{"multiAz", before.MultiAZ, after.MultiAZ},
	} {
		if p.before != p.after {
			all = append(all, fmt.Sprintf("%s from %s to %s", p.key, p.before, p.after))
		}
	}
	return strings.Join(all, ", ")
}

// olderEngine reports whether engine version a is older than b. It is false if one of them is not three numbers.
func olderEngine(a, b string) bool {
	x, y := engineNumbers(a), engineNumbers(b)
	return x != nil && y != nil && slices.Compare(x, y) < 0
}

func engineNumbers(version string) []int {
	parts := strings.Split(version, ".")
	numbers := make([]int, len(parts))
	for i, p := range parts {
		var err error
		if numbers[i], err = strconv.Atoi(p); err != nil {
			return nil
		}
	}
	return numbers
}

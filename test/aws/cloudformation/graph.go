package cloudformation

import (
	"maps"
	"slices"
)

// graph maps each node to the nodes that it needs.
type graph map[string][]string

// walkLimit is the largest number of resources that an operation works on at the same time.
const walkLimit = 16

// reversed returns the graph in which each node needs the nodes that needed it.
func (g graph) reversed() graph {
	back := make(graph, len(g))
	for node := range g {
		back[node] = nil
	}
	for _, node := range slices.Sorted(maps.Keys(g)) {
		for _, needed := range g[node] {
			back[needed] = append(back[needed], node)
		}
	}
	return back
}

// filter returns the graph of the nodes that keep accepts, without the needs for other nodes.
func (g graph) filter(keep func(string) bool) graph {
	part := graph{}
	for node, needs := range g {
		if keep(node) {
			part[node] = slices.DeleteFunc(slices.Clone(needs), func(n string) bool { return !keep(n) })
		}
	}
	return part
}

// order lists the nodes so that each node comes after the nodes that it needs. It returns the nodes on a cycle
// separately.
func (g graph) order() (ordered, cyclic []string) {
	ordered = g.sort()
	rest := g.filter(func(node string) bool { return !slices.Contains(ordered, node) })
	// rest also has nodes that need a cycle but are not on one. An order of the reversed graph removes these nodes.
	back := rest.reversed()
	for _, node := range back.sort() {
		delete(rest, node)
	}
	return ordered, slices.Sorted(maps.Keys(rest))
}

// sort lists the nodes in dependency order. It omits nodes that need a cycle and nodes on a cycle.
func (g graph) sort() []string {
	var sorted []string
	left := maps.Clone(g)
	for {
		var free []string
		for node, needs := range left {
			if !slices.ContainsFunc(needs, func(n string) bool { _, waits := left[n]; return waits }) {
				free = append(free, node)
			}
		}
		if free == nil {
			return sorted
		}
		slices.Sort(free)
		for _, node := range free {
			delete(left, node)
		}
		sorted = append(sorted, free...)
	}
}

// walk calls do for each node after the nodes that it needs. It makes up to walkLimit calls at the same time. It skips a
// node when a node that it needs failed. After a failure, walk starts no more calls unless keepGoing is true. It returns
// the errors by node when all calls have returned.
func (g graph) walk(keepGoing bool, do func(node string) error) map[string]error {
	type result struct {
		node string
		err  error
	}
	results := make(chan result)
	waiting := map[string]int{}
	neededBy := g.reversed()
	var ready []string
	for _, node := range slices.Sorted(maps.Keys(g)) {
		waiting[node] = len(g[node])
		if waiting[node] == 0 {
			ready = append(ready, node)
		}
	}
	failed := map[string]error{}
	running := 0
	for {
		for len(ready) > 0 && running < walkLimit && (keepGoing || len(failed) == 0) {
			node := ready[0]
			ready = ready[1:]
			running++
			go func() { results <- result{node, do(node)} }()
		}
		if running == 0 {
			return failed
		}
		r := <-results
		running--
		if r.err != nil {
			failed[r.node] = r.err
			continue
		}
		for _, next := range neededBy[r.node] {
			if waiting[next]--; waiting[next] == 0 {
				ready = append(ready, next)
			}
		}
	}
}

package cloudformation

import (
	"maps"
	"slices"
)

// graph says for each node which others it needs.
type graph map[string][]string

// walkLimit is how many resources are worked on side by side.
const walkLimit = 16

// reversed is the graph in which each node needs those that needed it.
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

// only is the graph of the nodes that keep accepts; a need for any other node is dropped.
func (g graph) only(keep func(string) bool) graph {
	part := graph{}
	for node, needs := range g {
		if keep(node) {
			part[node] = slices.DeleteFunc(slices.Clone(needs), func(n string) bool { return !keep(n) })
		}
	}
	return part
}

// order lists the nodes so that each comes after those that it needs. Nodes on a cycle are returned separately.
func (g graph) order() (ordered, cyclic []string) {
	ordered = g.peel()
	rest := g.only(func(node string) bool { return !slices.Contains(ordered, node) })
	// What is left also holds the nodes that only need a cycle: those fall off from the other end.
	back := rest.reversed()
	for _, node := range back.peel() {
		delete(rest, node)
	}
	return ordered, slices.Sorted(maps.Keys(rest))
}

func (g graph) peel() []string {
	var peeled []string
	left := maps.Clone(g)
	for {
		var free []string
		for node, needs := range left {
			if !slices.ContainsFunc(needs, func(n string) bool { _, waits := left[n]; return waits }) {
				free = append(free, node)
			}
		}
		if free == nil {
			return peeled
		}
		slices.Sort(free)
		for _, node := range free {
			delete(left, node)
		}
		peeled = append(peeled, free...)
	}
}

// walk calls do for each node after those that it needs, side by side where it can. A node whose needs failed is left
// out; after a failure nothing new is begun unless keepGoing is set. It returns when all calls have returned, with the
// nodes that failed and why.
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

package oracledb

import "sync"

// Keep lets up to most connections wait for their next read instead of closing them, until the process ends: to open one
// takes longer than to read a small table. It is for files that stay the same, as in tests of many loads.
func (d *Database) Keep(most int) { d.idle.most = most }

// idle are connections of a database that nothing reads from.
type idle struct {
	most  int
	mu    sync.Mutex
	conns []conn
}

// take is a connection that waits; nil when there is none.
func (i *idle) take() conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.conns) == 0 {
		return nil
	}
	c := i.conns[len(i.conns)-1]
	i.conns = i.conns[:len(i.conns)-1]
	return c
}

// give lets a connection wait, or closes it when enough do.
func (i *idle) give(c conn) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.conns) >= i.most {
		return c.Close()
	}
	i.conns = append(i.conns, c)
	return nil
}

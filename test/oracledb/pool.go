package oracledb

import (
	"errors"
	"sync"
	"sync/atomic"
)

// poolSize is how many queries run at once, and how many connections wait for their next query. More would not be
// faster, and each connection holds the definitions of all tables in memory.
const poolSize = 4

// pool are the connections that a database reads with. To open one takes the longer the more tables there are, since
// SQLite reads all their definitions. They are kept until the database is closed, or nobody has it any more.
type pool struct {
	turns [poolSize]sync.Mutex // each is held by a query that runs
	next  atomic.Uint32

	mu     sync.Mutex
	closed bool
	conns  []conn // those that nothing reads with
}

// turn waits until a query may run, and returns what ends its turn. A goroutine that has a turn must not wait for
// another one: turns are mutexes, since a database may be shared by bubbles of testing/synctest, which must not share
// channels, and in a bubble time stands still while a goroutine waits for a mutex.
func (p *pool) turn() (end func()) {
	first := p.next.Add(1)
	for i := range uint32(poolSize) {
		if m := &p.turns[(first+i)%poolSize]; m.TryLock() {
			return m.Unlock
		}
	}
	m := &p.turns[first%poolSize]
	m.Lock()
	return m.Unlock
}

// take is a connection that nothing reads with; nil when there is none.
func (p *pool) take() conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) == 0 {
		return nil
	}
	last := len(p.conns) - 1
	c := p.conns[last]
	p.conns[last], p.conns = nil, p.conns[:last]
	return c
}

// give takes a connection back, and closes it when there are enough.
func (p *pool) give(c conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) == poolSize {
		return c.Close()
	}
	p.conns = append(p.conns, c)
	return nil
}

// close closes the connections that nothing reads with; the others are closed when they are given back.
func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, c := range p.conns {
		err = errors.Join(err, c.Close())
	}
	p.closed, p.conns = true, nil
	return err
}

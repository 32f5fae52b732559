package oracledb

import (
	"errors"
	"sync"
	"sync/atomic"
)

// poolSize is how many queries run at the same time, and how many idle connections are kept. More would not be
// faster, and each connection holds the definitions of all tables in memory.
const poolSize = 4

// pool holds the connections that read a database. Opening a connection takes longer the more tables there are, because
// SQLite reads all their definitions. They stay open until the database is closed or garbage collected.
type pool struct {
	turns [poolSize]sync.Mutex // each is held by a running query
	next  atomic.Uint32

	mu     sync.Mutex
	closed bool
	conns  []conn // idle connections
}

// turn waits until a query may run, and returns the function that ends its turn. A goroutine must not hold two turns.
// Turns are mutexes because testing/synctest bubbles may share a database but must not share channels. In a bubble,
// time does not advance while a goroutine waits for a mutex.
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

// take returns an idle connection, or nil if there is none.
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

// give returns a connection to the pool, or closes it when the pool is full.
func (p *pool) give(c conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) == poolSize {
		return c.Close()
	}
	p.conns = append(p.conns, c)
	return nil
}

// close closes the idle connections. A connection that is in use is closed when it is given back.
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

// Package stack spares goroutines that live for one call the growing of their stacks. Left to itself the runtime doubles
// a stack each time that it runs out, and copies all that lies on it: up to a quarter of the time of a call in a new
// goroutine. So the stack is given its size while it is still empty.
package stack

// Room for what lies on a stack; the runtime makes a stack of the next power of two of it.
const (
	calling = 56 << 10 // a function that calls AWS: the middleware of an SDK client nests some fifty calls
	serving = 14 << 10 // a service that answers
)

// ForCalling makes room for calls of SDK clients.
func ForCalling() { callingRoom(false) }

// ForServing makes room for a handler of a service.
func ForServing() { servingRoom(false) }

// callingRoom has room on its stack whether it uses it or not.
//
//go:noinline
func callingRoom(use bool) byte {
	if !use {
		return 0
	}
	var room [calling]byte
	return touch(room[:])
}

//go:noinline
func servingRoom(use bool) byte {
	if !use {
		return 0
	}
	var room [serving]byte
	return touch(room[:])
}

// touch keeps the compiler from leaving the room out.
//
//go:noinline
func touch(room []byte) byte { return room[0] }

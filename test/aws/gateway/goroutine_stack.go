package gateway

// A goroutine that lives for one call spends up to a quarter of its time in growing its stack: the runtime doubles a stack
// each time that it is full, and copies it. StackForCalling and StackForServing give it its size while it is empty.

// Room for what lies on a stack; the runtime makes a stack of the next power of two of it.
const (
	calling = 56 << 10 // a function that calls AWS: the middleware of an SDK client nests some fifty calls
	serving = 14 << 10 // a service that answers
)

// StackForCalling makes room for calls of SDK clients.
func StackForCalling() { callingRoom(false) }

// StackForServing makes room for a handler of a service.
func StackForServing() { servingRoom(false) }

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

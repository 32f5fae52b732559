package gateway

// A goroutine that handles one call spends up to a quarter of its time on growing its stack: the runtime doubles a full
// stack and copies it. StackForCalling and StackForServing grow the stack once, while it is empty.

// The stack sizes in bytes. The runtime rounds a stack up to the next power of two.
const (
	calling = 56 << 10 // for a function that calls AWS: the middleware of an SDK client nests about fifty calls
	serving = 14 << 10 // for a service that answers
)

// StackForCalling grows the stack of the goroutine for calls of SDK clients.
func StackForCalling() { callingRoom(false) }

// StackForServing grows the stack of the goroutine for the handler of a service.
func StackForServing() { servingRoom(false) }

// callingRoom needs a large stack frame, even if it does not use it.
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

// touch keeps the compiler from removing the room.
//
//go:noinline
func touch(room []byte) byte { return room[0] }

package verdict

// Proof says how it is known that tables are good. It is another question than the outcome: DMS may report a full load as complete
// although it has lost its source meanwhile.
type Proof string

// The proofs, the weaker one first. Tables that are not good have none.
const (
	Reported Proof = "reported" // DMS reports that the table is complete, or that its changes are followed
	Counted  Proof = "counted"  // and the check function has counted as many rows at the source as were loaded
)

// ProofOf is the weakest proof of the good tables; empty if no table is good.
func ProofOf(tables []Table) (weakest Proof) {
	for _, t := range tables {
		switch {
		case !t.Good:
		case t.Proof == Reported:
			return Reported
		default:
			weakest = t.Proof
		}
	}
	return weakest
}

package verdict

// Proof says how it is known that tables are good. It is another question than the outcome: DMS may report a full load as complete
// although it has lost its source meanwhile.
type Proof string

// The proofs, the weakest first. Tables that are not good have none.
const (
	Reported Proof = "reported" // DMS reports that the table is complete, or that its changes are followed
	// Footers means also that the footers of the table's Parquet files have as many rows as DMS reports. It says that the files are
	// all there, and not that DMS has read all rows of the source.
	Footers Proof = "footers"
	Counted Proof = "counted" // and the check function has counted as many rows at the source as were loaded
)

// proofs has all proofs, the weakest first.
var proofs = []Proof{Reported, Footers, Counted}

// ProofOf is the weakest proof of the good tables; empty if no table is good.
func ProofOf(tables []Table) Proof {
	for _, proof := range proofs {
		for _, t := range tables {
			if t.Good && t.Proof == proof {
				return proof
			}
		}
	}
	return ""
}

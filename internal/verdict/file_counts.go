package verdict

import "fmt"

// MarkFooters notes that the files of a table (SCHEMA.TABLE) have as many rows as DMS reports, if the table is good.
func MarkFooters(v *Verdict, table string) {
	v.markProof(table, Footers)
}

// MarkFilesDiffering fails a table (SCHEMA.TABLE) whose files have other rows than DMS reports. Readers must not get them.
func MarkFilesDiffering(v *Verdict, table string, inFiles, reported int64) (why string) {
	why = fmt.Sprintf("its files have %d rows, and DMS reports that it has loaded %d", inFiles, reported)
	v.MarkFailed(table, FilesDiffer, why)
	return why
}

// MarkFilesUnread fails a table (SCHEMA.TABLE) whose files could not be counted, although they are Parquet.
func MarkFilesUnread(v *Verdict, table, why string) {
	v.MarkFailed(table, FilesUnread, "its files could not be counted: "+why)
}

// MarkSameNames fails a table (SCHEMA.TABLE) that the Data Catalog cannot hold. Readers keep the load before.
func MarkSameNames(v *Verdict, table, why string) {
	v.MarkFailed(table, SameNames, why)
}

// markProof notes a proof of a table, if the table is good.
func (v *Verdict) markProof(table string, proof Proof) {
	for i := range v.Tables {
		if t := &v.Tables[i]; t.String() == table && t.Good {
			t.Proof = proof
		}
	}
}

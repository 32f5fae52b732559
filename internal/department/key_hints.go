package department

import (
	"slices"

	"github.com/oralake/oralake/internal/yamlschema"
)

// keyHints explain keys that the file does not have.
func keyHints() yamlschema.Hints {
	return yamlschema.Hints{
		Refused: func(key string) string { return refusedKeys[yamlschema.Fold(key)] },
		Home:    func(key string) string { return keyHomes()[yamlschema.Fold(key)] },
	}
}

// refusedKeys are settings that people know from DMS and that this file does not offer, each with the reason. They are
// folded (see yamlschema.Fold), so that snake_case, kebab-case and DMS's own spelling are all found.
var refusedKeys = map[string]string{
	"batchapply":                 "batch apply can lose changes on the way to S3, so it stays off",
	"batchapplyenabled":          "batch apply can lose changes on the way to S3, so it stays off",
	"preservetransactions":       "keeping transactions forces CSV and gives up the partitions by date",
	"cdcpath":                    "it only works with preserved transactions, which force CSV",
	"cdcinsertsonly":             "updates and deletes would be lost",
	"cdcinsertsandupdates":       "deletes would be lost",
	"fulllob":                    "full LOB mode does not exist for S3; lobMaxKB is the size up to which LOBs are taken",
	"inlinelob":                  "inline LOB mode does not exist for S3; lobMaxKB is the size up to which LOBs are taken",
	"handlesourcetabletruncated": "a TRUNCATE at the source would delete the files in the lake, so it stays off",
	"handlesourcetabledropped":   "a DROP at the source would delete the files in the lake, so it stays off",
	"username":                   "credentials live in the Secrets Manager secret, never in this file",
	"password":                   "credentials live in the Secrets Manager secret, never in this file",
	"host":                       "the secret holds it, beside username, password and port",
	"port":                       "the secret holds it, beside username, password and host",
	"publiclyaccessible":         "the replication instance never has a public address",
}

// keyHomes is where each key belongs, by folded key. A key that belongs in several places has no home.
func keyHomes() map[string]string {
	places := map[string]string{}
	add := func(where string, keys []string) {
		for _, key := range keys {
			k := yamlschema.Fold(key)
			if _, several := places[k]; several {
				places[k] = ""
				continue
			}
			places[k] = where
		}
	}
	add("network", networkKeys().Keys())
	add("source", sourceKeys().Keys())
	add("replication", replicationKeys().Keys())
	add("lake", lakeKeys().Keys())
	add("the file's top level", slices.DeleteFunc(fileKeys().Keys(), func(k string) bool { return k == "jobs" }))
	add("a job", jobKeys().Keys())
	add("an object in a job's tables", tableKeys().Keys())
	return places
}

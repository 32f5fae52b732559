package department

import (
	"slices"

	"github.com/oralake/oralake/internal/yamlschema"
)

// keyHints explain unknown keys.
func keyHints() yamlschema.Hints {
	return yamlschema.Hints{
		Refused: func(key string) string { return refusedKeys[yamlschema.Fold(key)] },
		Home:    func(key string) string { return keyHomes()[yamlschema.Fold(key)] },
	}
}

// refusedKeys are well-known settings of DMS and Oracle that a department's file does not have, each with the reason. The
// keys are folded (see yamlschema.Fold), so they match snake_case, kebab-case and DMS's own spelling.
var refusedKeys = map[string]string{
	"batchapply":                 "batch apply can lose changes on the way to S3, so it stays off",
	"batchapplyenabled":          "batch apply can lose changes on the way to S3, so it stays off",
	"preservetransactions":       "preserved transactions require CSV and exclude folders by date",
	"cdcpath":                    "it needs preserved transactions, which require CSV",
	"cdcinsertsonly":             "updates and deletes would be lost",
	"cdcinsertsandupdates":       "deletes would be lost",
	"fulllob":                    "full LOB mode does not exist for S3; lobMaxKB is the largest size of a LOB",
	"inlinelob":                  "inline LOB mode does not exist for S3; lobMaxKB is the largest size of a LOB",
	"handlesourcetabletruncated": "a TRUNCATE at the source would delete the files in the lake, so it stays off",
	"handlesourcetabledropped":   "a DROP at the source would delete the files in the lake, so it stays off",
	"username":                   "the Secrets Manager secret holds the credentials, never this file",
	"password":                   "the Secrets Manager secret holds the credentials, never this file",
	"host":                       "the secret holds it, with username, password and port",
	"port":                       "the secret holds it, with username, password and host",
	"publiclyaccessible":         "the replication instance never has a public address",
}

// keyHomes returns the part of the file that has each key, by folded key. The part is "" for a key of several parts.
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

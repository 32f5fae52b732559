package department

import (
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// OracleSettings are settings of the Oracle endpoint for databases that need more than a secret (CHAP_Source.Oracle, "Endpoint
// settings when using Oracle as a source"). The zero value has DMS's defaults.
type OracleSettings struct {
	ASM *ASM // how Binary Reader reads redo logs in Automatic Storage Management; nil without ASM
	TDE *TDE // how Binary Reader decrypts redo logs; nil without Transparent Data Encryption
	// ArchivedLogDestID and AdditionalArchivedLogDestID are the destinations (DEST_ID) whose archived redo logs DMS reads: the
	// first, and a standby's after a role change. 0 leaves the choice to DMS.
	ArchivedLogDestID, AdditionalArchivedLogDestID int
	UseZeroDestID                                  bool // DMS reads destination 0
	// NumberDatatypeScale is the scale of NUMBER columns without one: 0 to 38, -1 for floating point, -2 for text. nil is DMS's
	// default, 10.
	NumberDatatypeScale           *int
	ConvertTimestampWithZoneToUTC bool // TIMESTAMP WITH TIME ZONE arrives in UTC
	StandbyDelayMinutes           int  // how far a standby, from which DMS reads, is behind; 0 for no delay
	ExtraConnectionAttributes     string
}

// ASM is the access to Automatic Storage Management. SecretName is a secret with asm_user, asm_password and asm_server.
type ASM struct{ SecretName string }

// TDE is the key of encrypted redo logs: its name in the wallet, and a secret with its value as key.
type TDE struct{ KeyName, SecretName string }

func oracleKeys() yamlschema.Mapping[OracleSettings] {
	secret := yamlschema.Text{Pattern: `^[A-Za-z0-9/_+=.@-]{1,512}$`, Form: "a secret's name", Example: "oralake/sales-asm"}
	destination := yamlschema.Integer{From: 1, To: 31, Unit: "as DEST_ID"}
	return yamlschema.Mapping[OracleSettings]{
		Example: "{archivedLogDestId: 2}",
		Fields: []yamlschema.Field[OracleSettings]{
			yamlschema.Optional("asm", "For binary-reader, if the redo logs are in Automatic Storage Management.",
				yamlschema.Pointer[ASM]{Of: yamlschema.Mapping[ASM]{
					Example: "{secretName: oralake/sales-asm}",
					Fields: []yamlschema.Field[ASM]{
						yamlschema.Required("secretName", "oralake/sales-asm", "The secret with asm_user, asm_password and asm_server.",
							secret, func(a *ASM) *string { return &a.SecretName }),
					},
				}}, func(o *OracleSettings) **ASM { return &o.ASM }),
			yamlschema.Optional("tde", "For binary-reader, if tablespaces or columns are encrypted (Transparent Data Encryption).",
				yamlschema.Pointer[TDE]{Of: yamlschema.Mapping[TDE]{
					Example: "{keyName: NAME, secretName: oralake/sales-tde}",
					Fields: []yamlschema.Field[TDE]{
						yamlschema.Required("keyName", "ORACLE.SECURITY.DB.ENCRYPTION.AbCdEf", "The name of the wallet's key, as mkstore -list shows it.",
							yamlschema.Text{Pattern: `^[A-Za-z0-9._+/=-]{1,128}$`, Form: "a key's name", Example: "ORACLE.SECURITY.DB.ENCRYPTION.AbCdEf"},
							func(t *TDE) *string { return &t.KeyName }),
						yamlschema.Required("secretName", "oralake/sales-tde", "The secret with the key's value, as key.",
							secret, func(t *TDE) *string { return &t.SecretName }),
					},
				}}, func(o *OracleSettings) **TDE { return &o.TDE }),
			yamlschema.Optional("archivedLogDestId", "The destination (DEST_ID) whose archived redo logs DMS reads.",
				destination, func(o *OracleSettings) *int { return &o.ArchivedLogDestID }),
			yamlschema.Optional("additionalArchivedLogDestId", "A second destination, for the time after a standby has become the primary.",
				destination, func(o *OracleSettings) *int { return &o.AdditionalArchivedLogDestID }),
			yamlschema.WithDefault("useZeroDestid", false, "Whether DMS reads destination 0, which has the logs that no destination names.",
				yamlschema.Boolean{}, func(o *OracleSettings) *bool { return &o.UseZeroDestID }),
			yamlschema.Optional("numberDatatypeScale",
				"The scale of NUMBER columns without precision and scale: 0 to 38, -1 for floating point, -2 for text, which keeps every digit. "+
					"DMS's default is 10.",
				yamlschema.Pointer[int]{Of: yamlschema.Integer{From: -2, To: 38, Unit: "digits"}},
				func(o *OracleSettings) **int { return &o.NumberDatatypeScale }),
			yamlschema.WithDefault("convertTimestampWithZoneToUtc", false, "Whether TIMESTAMP WITH TIME ZONE arrives in UTC.",
				yamlschema.Boolean{}, func(o *OracleSettings) *bool { return &o.ConvertTimestampWithZoneToUTC }),
			yamlschema.Optional("standbyDelayMinutes", "How far the standby that DMS reads is behind its primary.",
				yamlschema.Integer{From: 0, To: 1440, Unit: "minutes"}, func(o *OracleSettings) *int { return &o.StandbyDelayMinutes }),
			yamlschema.Optional("extraConnectionAttributes", "Further attributes of the Oracle endpoint, NAME=VALUE;NAME=VALUE.",
				yamlschema.Text{
					Pattern: `^[A-Za-z_]+=[^;=\s]+(;[A-Za-z_]+=[^;=\s]+)*;?$`, Form: "NAME=VALUE;NAME=VALUE", Example: "readAheadBlocks=150000",
					Check: checkAttributes,
				}, func(o *OracleSettings) *string { return &o.ExtraConnectionAttributes }),
		},
		Check: checkOracleSettings,
	}
}

// ownKeys are the attributes that have a key of their own, or that oralake sets, each with what to write instead. The names are
// folded: DMS ignores their case.
var ownKeys = map[string]string{
	"uselogminerreader":             "write source: {capture: logminer} or {capture: binary-reader}",
	"usebfile":                      "write source: {capture: binary-reader}",
	"asm_user":                      "write source: {oracle: {asm: {secretName: NAME}}}",
	"asm_server":                    "write source: {oracle: {asm: {secretName: NAME}}}",
	"securitydbencryption":          "write source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}",
	"securitydbencryptionname":      "write source: {oracle: {tde: {keyName: NAME, secretName: NAME}}}",
	"archivedlogdestid":             "write source: {oracle: {archivedLogDestId: 1}}",
	"additionalarchivedlogdestid":   "write source: {oracle: {additionalArchivedLogDestId: 2}}",
	"usezerodestid":                 "write source: {oracle: {useZeroDestid: true}}",
	"numberdatatypescale":           "write source: {oracle: {numberDatatypeScale: -2}}",
	"converttimestampwithzonetoutc": "write source: {oracle: {convertTimestampWithZoneToUtc: true}}",
	"standbydelaytime":              "write source: {oracle: {standbyDelayMinutes: 10}}",
	"addsupplementallogging":        "remove it: DMS must not change the database",
	"failtasksonlobtruncation":      "remove it: a LOB above the limit always fails its task",
	"opentransactionwindow":         "remove it: every task starts at a position that includes the open transactions",
	"exposeviews":                   "remove it: it is set when a job lists a view",
}

// checkAttributes refuses attributes that have a key of their own.
func checkAttributes(v string) *yamlschema.Fault {
	for attribute := range strings.SplitSeq(v, ";") {
		name, _, _ := strings.Cut(attribute, "=")
		if fix, own := ownKeys[strings.ToLower(name)]; own {
			return yamlschema.Faultf(fix, "source.oracle.extraConnectionAttributes has %s, which has its own place", name)
		}
	}
	return nil
}

// checkOracleSettings refuses settings that contradict each other.
func checkOracleSettings(d *yamlschema.Decoder, n *yamlschema.Node, o *OracleSettings) {
	if o.ArchivedLogDestID > 0 && o.ArchivedLogDestID == o.AdditionalArchivedLogDestID {
		d.Refuse(n.Get("additionalArchivedLogDestId"), yamlschema.Faultf("write another destination, or remove the key",
			"source.oracle.additionalArchivedLogDestId is %d, like archivedLogDestId", o.AdditionalArchivedLogDestID))
	}
	if o.UseZeroDestID && o.ArchivedLogDestID > 0 {
		d.Refuse(n.Get("useZeroDestid"), yamlschema.Faultf("remove archivedLogDestId or useZeroDestid",
			"source.oracle.useZeroDestid is true, and archivedLogDestId is %d", o.ArchivedLogDestID))
	}
}

// checkOracleOf refuses settings of Binary Reader beside another capture.
func checkOracleOf(d *yamlschema.Decoder, n *yamlschema.Node, s *Source) {
	if s.Capture == "binary-reader" {
		return
	}
	settings := n.Get("oracle")
	for _, key := range []string{"asm", "tde"} {
		if settings != nil && settings.Get(key) != nil {
			d.Refuse(settings.Get(key), yamlschema.Faultf("write capture: binary-reader, or remove "+key,
				"source.oracle.%s is only for capture: binary-reader, and LogMiner reads the redo log itself", key))
		}
	}
}

// NestedTables reports whether DMS loads the storage of nested tables (CHAP_Source.Oracle, "Replicating nested tables").
func (o OracleSettings) NestedTables() bool {
	return slices.ContainsFunc(strings.Split(o.ExtraConnectionAttributes, ";"), func(attribute string) bool {
		return strings.EqualFold(attribute, "allowSelectNestedTables=true")
	})
}

// RedoLog is what a file says of the redo log, for the database check.
type RedoLog struct {
	ASM bool `json:"asm,omitempty"` // Binary Reader has access to Automatic Storage Management
	TDE bool `json:"tde,omitempty"` // Binary Reader has the key of encrypted redo logs
	// Destinations are the destinations whose archived logs DMS reads; empty if the file leaves it to DMS.
	Destinations []int `json:"destinations,omitempty"`
}

// RedoLog returns what the settings say of the redo log, or nil if they say nothing.
func (o OracleSettings) RedoLog() *RedoLog {
	l := RedoLog{ASM: o.ASM != nil, TDE: o.TDE != nil}
	for _, id := range []int{o.ArchivedLogDestID, o.AdditionalArchivedLogDestID} {
		if id > 0 {
			l.Destinations = append(l.Destinations, id)
		}
	}
	if o.UseZeroDestID {
		l.Destinations = []int{0}
	}
	if !l.ASM && !l.TDE && len(l.Destinations) == 0 {
		return nil
	}
	return &l
}

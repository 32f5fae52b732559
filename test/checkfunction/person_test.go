package checkfunction_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// `oralake check` for a person, on a machine without a client: what it says is of use there.
func TestPersonWithoutClient(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"sales.yaml": "department: sales\nnetwork: {create: 10.40.0.0/24}\nsource: {secretName: s, database: ORCLPDB1}\n" +
			"jobs:\n  daily: {type: full-load, tables: [SALES.ORDERS]}\n",
		"secret.json": `{"username":"ORALAKE","password":"tiger","host":"127.0.0.1","port":1}`,
		"wrong.json":  `{"username":"ORALAKE","password":"tiger","port":1}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(command, secret string) string {
		cmd := exec.CommandContext(t.Context(), command, "check", "--departments", folder, "--department", "sales",
			"--secret-file", filepath.Join(folder, secret))
		cmd.Env = []string{"LD_LIBRARY_PATH=" + folder}
		output, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%s succeeds:\n%s", command, output)
		}
		return string(output)
	}
	goora := program(t, "cmd/oralake", false, "goora")
	said := map[string]string{
		ask(goora, "secret.json"): "this machine does not reach 127.0.0.1:1: ",
		ask(goora, "wrong.json"):  "wrong.json: read the database's secret: it has no host",
	}
	needCompiler(t)
	client := ask(program(t, "cmd/oralake", true, ""), "secret.json")
	said[client] = "there is no Oracle client: no libclntsh.so in " + folder
	if !strings.Contains(client, "fix: run this with -tags goora") || strings.Contains(client, "ORA-00000") {
		t.Errorf("%s\nwant what helps on this machine, and no number that is none", client)
	}
	for got, want := range said {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant it to say %q", got, want)
		}
	}
}

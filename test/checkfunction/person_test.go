package checkfunction_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// On a machine without a client, the findings of `oralake check` help a person on that machine.
func TestPersonWithoutClient(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"sales.yaml": "department: sales\nnetwork: {create: 10.40.0.0/24}\nsource: {secretName: s, database: ORCLPDB1, sslMode: none}\n" +
			"jobs:\n  daily: {type: full-load, tables: [SALES.ORDERS]}\n",
		"secret.json": `{"username":"ORALAKE","password":"tiger","host":"127.0.0.1","port":1}`,
		"wrong.json":  `{"username":"ORALAKE","password":"tiger","port":1}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(command, secret string) string {
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
		check(goora, "secret.json"): "this machine does not reach 127.0.0.1:1: ",
		check(goora, "wrong.json"):  "wrong.json: read the database's secret: it has no host",
	}
	needCompiler(t)
	client := check(program(t, "cmd/oralake", true, ""), "secret.json")
	said[client] = "there is no Oracle client: no libclntsh.so in " + folder
	if !strings.Contains(client, "fix: run this with -tags goora") || strings.Contains(client, "ORA-00000") {
		t.Errorf("%s\nwant a fix for this machine, and no missing number", client)
	}
	for got, want := range said {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant it to contain %q", got, want)
		}
	}
}

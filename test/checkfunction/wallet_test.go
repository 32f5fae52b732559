package checkfunction_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With verify-ca the real driver gives Oracle's client the protocol TCPS, and a folder with sqlnet.ora and the wallet.
func TestClientWithWallet(t *testing.T) {
	client := buildStandIn(t, 19)
	folder, temporary := t.TempDir(), t.TempDir()
	files := map[string]string{
		"sales.yaml": "department: sales\nnetwork: {create: 10.40.0.0/24}\nsource: {secretName: s, database: ORCLPDB1, " +
			"sslMode: verify-ca, certificateArn: 'arn:aws:dms:eu-central-1:111122223333:cert:A'}\n" +
			"jobs:\n  daily: {type: full-load, tables: [SALES.ORDERS]}\n",
		"secret.json":   `{"username":"ORALAKE","password":"tiger","host":"db.example","port":2484}`,
		"cwallet.sso":   "\xa1\xf8N6 a wallet that only the client reads",
		"stranger.sso":  "\xa1\xf8N6 of a stranger",
		"authority.pem": "-----BEGIN CERTIFICATE-----\n",
	}
	for name, content := range client.files {
		files[name] = string(content)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	libaio, err := os.ReadFile(client.libaio)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "libaio.so.1"), libaio, 0o700)
	}
	if err == nil {
		err = os.Symlink("libclntsh.so.19.1", filepath.Join(folder, "libclntsh.so"))
	}
	if err != nil {
		t.Fatal(err)
	}
	command := program(t, "cmd/oralake", true, "")
	for wallet, want := range map[string]string{
		"cwallet.sso":   "Oracle 19.0.0.0.0, user ORALAKE, container ORCLPDB1",
		"stranger.sso":  "does not come from an authority that the wallet trusts: ORA-29024",
		"authority.pem": "Oracle's client reads only wallets",
	} {
		cmd := exec.CommandContext(t.Context(), command, "check", "--departments", folder, "--department", "sales",
			"--secret-file", filepath.Join(folder, "secret.json"), "--wallet-file", filepath.Join(folder, wallet))
		cmd.Env = []string{"LD_LIBRARY_PATH=" + folder, "TMPDIR=" + temporary, "STANDIN_ANSWERS=" + standInEnvironment(t)["STANDIN_ANSWERS"]}
		output, err := cmd.CombinedOutput()
		if !strings.Contains(string(output), want) || strings.Contains(string(output), "params=") {
			t.Errorf("%s: %v\n%s\nwant %q", wallet, err, output, want)
		}
	}
}

package kms

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/resource"
)

func request(id, properties string) resource.Request {
	return resource.Request{LogicalID: "Key", PhysicalID: id, Properties: json.RawMessage(properties)}
}

func TestLifeOfAKey(t *testing.T) {
	s := New(account.Account{ID: "123456789012", Region: "eu-central-1"})
	keys := s.Resources()["AWS::KMS::Key"]
	made, err := keys.Create(t.Context(), request("", `{"EnableKeyRotation": true, "PendingWindowInDays": 7,
		"KeyPolicy": {"Statement": [{"Sid": "first"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	arn := made.Attributes["Arn"].(string)
	if want := "arn:aws:kms:eu-central-1:123456789012:key/" + made.PhysicalID; arn != want {
		t.Errorf("ARN: got %s, want %s", arn, want)
	}
	for _, id := range []string{made.PhysicalID, arn} {
		if usable, err := s.Usable(id); err != nil || usable != arn {
			t.Errorf("%s: got %s, %v, want %s", id, usable, err, arn)
		}
	}
	if _, err := keys.Update(t.Context(), request(made.PhysicalID, `{"KeyPolicy": {"Statement": [{"Sid": "second"}]}}`)); err != nil {
		t.Fatal(err)
	}
	if got := string(s.Policy(arn)); !strings.Contains(got, "second") {
		t.Errorf("policy after the update: got %s", got)
	}
	for range 2 {
		if err := keys.Delete(t.Context(), request(made.PhysicalID, `{"PendingWindowInDays": 7}`)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Usable(arn); err == nil || !strings.HasPrefix(err.Error(), "KMS.KMSInvalidState") {
		t.Errorf("a deleted key: got %v", err)
	}
}

func TestADeletedKeyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(account.Account{ID: "123456789012", Region: "eu-central-1"})
		keys := s.Resources()["AWS::KMS::Key"]
		made, err := keys.Create(t.Context(), request("", `{}`))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second delete does not extend the waiting period
			if err := keys.Delete(t.Context(), request(made.PhysicalID, `{"PendingWindowInDays": 7}`)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * 24 * time.Hour)
		}
		if _, err := s.Usable(made.PhysicalID); err == nil || !strings.HasPrefix(err.Error(), "KMS.KMSInvalidState") {
			t.Errorf("after six days: got %v, want a key pending deletion", err)
		}
		if _, err := keys.Update(t.Context(), request(made.PhysicalID, `{}`)); err == nil {
			t.Error("a key pending deletion was changed")
		}
		time.Sleep(24 * time.Hour)
		if _, err := s.Usable(made.PhysicalID); err == nil || !strings.HasPrefix(err.Error(), "KMS.NotFoundException") {
			t.Errorf("after seven days: got %v, want no key", err)
		}
	})
}

func TestRefusals(t *testing.T) {
	s := New(account.Account{ID: "123456789012", Region: "eu-central-1"})
	for properties, says := range map[string]string{
		`{"PendingWindowInDays": 3}`:  "PendingWindowInDays",
		`{"MultiRegion": true}`:       "MultiRegion",
		`{"KeySpec": "RSA_2048"}`:     "KeySpec",
		`{"RotationPeriodInDays": 9}`: "RotationPeriodInDays",
		`{"KeyPolicy": {}}`:           "Statement",
	} {
		if _, err := s.Resources()["AWS::KMS::Key"].Create(t.Context(), request("", properties)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that contains %s", properties, err, says)
		}
	}
}

func TestOnlyAnEnabledKeyIsUsable(t *testing.T) {
	s := New(account.Account{ID: "123456789012", Region: "eu-central-1"})
	keys := s.Resources()["AWS::KMS::Key"]
	made, err := keys.Create(t.Context(), request("", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if arn, err := s.Usable(made.PhysicalID); err != nil || arn != made.Attributes["Arn"] {
		t.Errorf("got %s, %v, want %s", arn, err, made.Attributes["Arn"])
	}
	if _, err := s.Usable("nothing"); err == nil || !strings.HasPrefix(err.Error(), "KMS.NotFoundException") {
		t.Errorf("no key: got %v", err)
	}
	if _, err := keys.Update(t.Context(), request(made.PhysicalID, `{"Enabled": false}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Usable(made.PhysicalID); err == nil || !strings.HasPrefix(err.Error(), "KMS.DisabledException") {
		t.Errorf("a disabled key: got %v", err)
	}
}

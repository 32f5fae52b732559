package driver

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// issued is a certificate with its key.
type issued struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// issue makes a certificate that is valid for some time, for 127.0.0.1 and the name db.example. by is its authority; nil for a
// certificate of an authority itself.
func issue(t *testing.T, name string, by *issued, from, until time.Time) issued {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, DNSNames: []string{"db.example"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
	}
	parent, signer := template, crypto.Signer(key)
	if by == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		template.DNSNames, template.IPAddresses = nil, nil
	} else {
		parent, signer = by.certificate, by.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return issued{certificate, key}
}

func yearOf(now time.Time) (from, until time.Time) { return now.Add(-time.Hour), now.AddDate(1, 0, 0) }

// bag is a SafeBag of PKCS #12 (RFC 7292).
type bag struct {
	ID   asn1.ObjectIdentifier
	Data asn1.RawValue
}

type algorithm struct {
	ID         asn1.ObjectIdentifier
	Parameters any `asn1:"optional"`
}

// walletOf writes an auto-login wallet in the form in which orapki of Oracle 19c writes it, as far as its readers show: a header with
// the password, and PKCS #12 with that password.
func walletOf(t *testing.T, trusted []issued, own *issued) []byte {
	t.Helper()
	encode := func(value any) []byte {
		b, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	explicit := func(content []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: content}
	}
	var bags []bag
	add := func(c *x509.Certificate) {
		content := encode(bag{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}, explicit(encode(c.Raw))})
		bags = append(bags, bag{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}, explicit(content)})
	}
	for _, c := range trusted {
		add(c.certificate)
	}
	if own != nil {
		add(own.certificate)
		key := encode(struct {
			Version   int
			Algorithm algorithm
			Key       []byte
		}{0, algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.NullRawValue}, x509.MarshalPKCS1PrivateKey(own.key)})
		bags = append(bags, bag{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}, explicit(key)})
	}

	password, salt, iv := []byte("0123456789abcdef"), []byte("saltsalt"), []byte("iviviviviviviviv")
	const iterations = 1000
	key, err := pbkdf2.Key(sha256.New, string(password), salt, iterations, 32)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := encrypt(t, key, iv, encode(bags))
	scheme := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, struct{ KDF, Scheme algorithm }{
		algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, struct {
			Salt       []byte
			Iterations int
			PRF        algorithm
		}{salt, iterations, algorithm{ID: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, Parameters: asn1.NullRawValue}}},
		algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, iv},
	}}
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	content := encode(struct {
		Version int
		Content struct {
			Type      asn1.ObjectIdentifier
			Algorithm algorithm
			Encrypted asn1.RawValue
		}
	}{0, struct {
		Type      asn1.ObjectIdentifier
		Algorithm algorithm
		Encrypted asn1.RawValue
	}{data, scheme, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, Bytes: encrypted}}})
	safe := encode([]bag{{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}, explicit(content)}})
	store := encode(struct {
		Version int
		Safe    bag
	}{3, bag{data, explicit(encode(safe))}})

	header := []byte("\xa1\xf8N6")
	header = binary.BigEndian.AppendUint32(header, 6)
	header = binary.BigEndian.AppendUint32(header, uint32(1+16+len(password)))
	header = append(header, 6)
	header = append(header, key[:16]...)
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		t.Fatal(err)
	}
	hidden := make([]byte, len(password))
	// The initialization vector of all wallets.
	cipher.NewCBCEncrypter(block, []byte{192, 52, 216, 49, 28, 2, 206, 248, 81, 240, 20, 75, 129, 237, 75, 242}).CryptBlocks(hidden, password)
	return append(append(header, hidden...), store...)
}

func encrypt(t *testing.T, key, iv, content []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	pad := aes.BlockSize - len(content)%aes.BlockSize
	content = append(content, []byte(strings.Repeat(string(rune(pad)), pad))...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(content, content)
	return content
}

func TestReadWallet(t *testing.T) {
	from, until := yearOf(time.Now())
	authority := issue(t, "authority", nil, from, until)
	client := issue(t, "client", &authority, from, until)
	w, err := readWallet(walletOf(t, []issued{authority}, &client))
	if err != nil || len(w.certificates) != 2 || len(w.keys) != 1 || !w.certificates[0].Equal(authority.certificate) {
		t.Fatalf("got %d certificates, %d keys, %v; want two, the authority's first, and one", len(w.certificates), len(w.keys), err)
	}
	good := walletOf(t, []issued{authority}, nil)
	local := append([]byte("\xa1\xf8N8"), good[4:]...)
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":          {nil, "is not an auto-login wallet"},
		"something else": {[]byte(strings.Repeat("PK", 100)), "is not an auto-login wallet"},
		"half":           {good[:len(good)/2], "the wallet cannot be read"},
		"damaged":        {append(good[:200:200], make([]byte, len(good)-200)...), "the wallet cannot be read"},
		"a short one":    {append(good[:12:12], make([]byte, 80)...), "the wallet cannot be read"},
		"local":          {local, "works only on the machine that made it"},
	} {
		if _, err := readWallet(test.content); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

package department

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// checkRange accepts only a private IPv4 range that is large enough for two private subnets. AWS creates VPCs of /16 to
// /28. Half of a /27 has too few addresses for the endpoints and a Multi-AZ instance.
func checkRange(cidr string) *yamlschema.Fault {
	const example = "write a private IPv4 range of /16 to /26, such as 10.40.0.0/24"
	p, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		return yamlschema.Faultf(example, "network.create is %s, not an address range", yamlschema.Quoted(cidr))
	case !p.Addr().Is4():
		return yamlschema.Faultf(example, "network.create is %s, which is not IPv4", cidr)
	case p.Bits() < 16 || p.Bits() > 26:
		return yamlschema.Faultf(example, "network.create is %s: a /%d is too large for a VPC or too small for two subnets",
			cidr, p.Bits())
	case !p.Addr().IsPrivate():
		return yamlschema.Faultf("choose one within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
			"network.create is %s, which is not private", cidr)
	case p != p.Masked():
		return yamlschema.Faultf("write "+p.Masked().String(), "network.create is %s, which has address bits beyond its /%d",
			cidr, p.Bits())
	}
	return nil
}

// checkDatabaseRange accepts an IPv4 range that begins where its prefix says, as security groups do.
func checkDatabaseRange(cidr string) *yamlschema.Fault {
	p, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		return yamlschema.Faultf("write one such as 10.1.2.0/24, or 10.1.2.3/32 for one host",
			"network.databaseRanges has %s, which is not an address range", yamlschema.Quoted(cidr))
	case p != p.Masked():
		return yamlschema.Faultf("write "+p.Masked().String(), "network.databaseRanges has %s, which has address bits beyond its /%d",
			cidr, p.Bits())
	}
	return nil
}

// checkNetwork refuses keys of an existing VPC together with a new VPC, an existing VPC without subnets, and rules for a security
// group that the stack does not make.
func checkNetwork(d *yamlschema.Decoder, n *yamlschema.Node, _ *Network) {
	if ranges, groups := n.Get("databaseRanges"), n.Get("securityGroupIds"); ranges != nil && groups != nil {
		d.Report(ranges.Pos, fmt.Sprintf("network has both databaseRanges and securityGroupIds (line %d): the rules of existing groups "+
			"decide what the instance can reach", groups.Line), "remove one of them")
	}
	if create := n.Get("create"); create != nil {
		for _, key := range []string{"subnetIds", "securityGroupIds"} {
			if v := n.Get(key); v != nil {
				d.Report(v.Pos, fmt.Sprintf("network has both create (line %d) and %s: %s belongs to an existing VPC",
					create.Line, key, key), "remove one of them")
			}
		}
		return
	}
	if n.Get("vpcId") != nil && n.Get("subnetIds") == nil {
		d.Report(n.Pos, "network has a vpcId but no subnetIds",
			"add subnetIds: [subnet-..., subnet-...] in two availability zones")
	}
}

// checkSource refuses a certificate without encryption, and encryption without a certificate.
func checkSource(d *yamlschema.Decoder, n *yamlschema.Node, s *Source) {
	checkOracleOf(d, n, s)
	certificate := n.Get("certificateArn")
	switch {
	case s.SSLMode == "verify-ca" && certificate == nil:
		d.Report(n.Get("sslMode").Pos, "source.sslMode is verify-ca, but there is no certificateArn",
			"import the wallet with `aws dms import-certificate` and add certificateArn: arn:aws:dms:...:cert:...")
	case s.SSLMode == "none" && certificate != nil:
		d.Report(certificate.Pos, fmt.Sprintf("source.certificateArn is given, but sslMode (line %d) is none, which does not encrypt",
			n.Get("sslMode").Line), "write sslMode: verify-ca, or remove certificateArn")
	}
	checkRegions(d, n)
}

// checkRegions refuses a secret, a key and a certificate of different regions: all three must be in the region of the stack.
func checkRegions(d *yamlschema.Decoder, n *yamlschema.Node) {
	var first yamlschema.Entry
	var region string
	for _, e := range n.Entries {
		if !strings.HasSuffix(e.Key, "Arn") || e.Value.Refused() {
			continue
		}
		parts := strings.SplitN(e.Value.Text, ":", 5)
		switch own := parts[1] + " " + parts[3]; {
		case region == "":
			first, region = e, own
		case own != region:
			d.Refuse(e.Value, yamlschema.Faultf("write ARNs of the region that you deploy to",
				"source.%s is of region %s, and %s (line %d) of another: DMS finds only what is in its own region",
				e.Key, parts[3], first.Key, first.Line))
		}
	}
}

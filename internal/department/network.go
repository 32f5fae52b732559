package department

import (
	"net/netip"
)

// checkRange wants a private IPv4 network that two private subnets fit into. AWS makes VPCs of /16 to /28; below /26 a
// half has too few addresses for the endpoints and a Multi-AZ instance.
func checkRange(cidr string) *fault {
	const example = "write a private IPv4 range of /16 to /26, such as 10.40.0.0/24"
	p, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		return faultf(example, "network.create is %s, not an address range", quoted(cidr))
	case !p.Addr().Is4():
		return faultf(example, "network.create is %s, which is not IPv4", cidr)
	case p.Bits() < 16 || p.Bits() > 26:
		return faultf(example, "network.create is %s: a /%d is too large for a VPC or too small for two subnets",
			cidr, p.Bits())
	case !p.Addr().IsPrivate():
		return faultf("choose one within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
			"network.create is %s, which is not private", cidr)
	case p != p.Masked():
		return faultf("write "+p.Masked().String(), "network.create is %s, which has address bits beyond its /%d",
			cidr, p.Bits())
	}
	return nil
}

// checkNetwork wants a new VPC, or all of an existing one.
func checkNetwork(r *reader, n *node, _ *Network) {
	if n.get("create") != nil {
		for _, key := range []string{"subnetIds", "securityGroupIds"} {
			if v := n.get(key); v != nil {
				r.report(v.pos, "network has both create and "+key+": "+key+" belongs to an existing VPC", "remove one of them")
			}
		}
		return
	}
	if n.get("vpcId") != nil && n.get("subnetIds") == nil {
		r.report(n.pos, "network has a vpcId but no subnetIds",
			"add subnetIds: [subnet-..., subnet-...] in two availability zones")
	}
}

// checkSource wants the certificate exactly when the connection is encrypted.
func checkSource(r *reader, n *node, s *Source) {
	certificate := n.get("certificateArn")
	switch {
	case s.SSLMode == "verify-ca" && certificate == nil:
		r.report(n.get("sslMode").pos, "source.sslMode is verify-ca, but there is no certificateArn to verify with",
			"import the wallet with dms import-certificate and add certificateArn: arn:aws:dms:...:cert:...")
	case s.SSLMode == "none" && certificate != nil && !n.badly("sslMode"):
		r.report(certificate.pos, "source.certificateArn is given, but sslMode is none, which does not encrypt",
			"add sslMode: verify-ca, or remove certificateArn")
	}
	if s.SSLMode == "verify-ca" && s.Check != "" && s.Check != CheckOff {
		r.refuse(n.get("check"), faultf("write check: off", "source.check is %s, and the check does not connect with sslMode: verify-ca",
			s.Check))
	}
}

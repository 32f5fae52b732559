// Package ec2 keeps the network that a template makes: a VPC with its subnets, route tables, security groups, endpoints
// and flow logs. It moves no packets. It checks that references point to existing parts, that addresses fit, and that a
// part in use is not deleted. There is no EC2 API.
package ec2

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service holds the network of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account
	may  gateway.May

	mu    sync.RWMutex
	parts map[string]part // by id
}

// part is a part of the network.
type part struct {
	kind string // the id's prefix: "vpc", "subnet", "sg"
	vpc  string
	cidr netip.Prefix // of a VPC or subnet
	zone string       // of a subnet
	dns  bool         // of a VPC: DNS support and DNS hostnames are enabled
	uses []string     // ids of parts that cannot be deleted before this one
	// undelivered is why a flow log does not deliver its records; empty if it does.
	undelivered string
}

// Subnet describes a subnet for other packages.
type Subnet struct {
	ID, VPC, AvailabilityZone string
	CIDR                      netip.Prefix
}

// New makes an account without a network.
func New(acct account.Account) *Service {
	return &Service{acct: acct, parts: map[string]part{}}
}

// UsePermissions lets may decide what flow logs may do as their roles. Call it before the first flow log exists.
func (s *Service) UsePermissions(may gateway.May) { s.may = may }

// FlowLogs returns why each flow log does not deliver its records, or "", by id.
func (s *Service) FlowLogs() map[string]string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[string]string{}
	for id, t := range s.parts {
		if t.kind == "fl" {
			all[id] = t.undelivered
		}
	}
	return all
}

// Subnet finds a subnet by its id.
func (s *Service) Subnet(id string) (Subnet, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.parts[id]
	if !ok || t.kind != "subnet" {
		return Subnet{}, false
	}
	return Subnet{ID: id, VPC: t.vpc, AvailabilityZone: t.zone, CIDR: t.cidr}, true
}

// SecurityGroup returns the id of a security group's VPC.
func (s *Service) SecurityGroup(id string) (vpc string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.parts[id]
	return t.vpc, ok && t.kind == "sg"
}

// add must be called with mu held.
func (s *Service) add(t part) string {
	b := make([]byte, 9)
	// rand.Read never returns an error, according to its documentation.
	_, _ = rand.Read(b)
	id := t.kind + "-" + hex.EncodeToString(b)[:17]
	s.parts[id] = t
	return id
}

// need returns the part with the id, or an error if no part of that kind has the id. It must be called with mu held.
func (s *Service) need(kind, id string) (part, error) {
	t, ok := s.parts[id]
	if !ok || t.kind != kind {
		return part{}, gateway.Errorf("Invalid"+names[kind]+".NotFound", "The %s ID '%s' does not exist", kind, id)
	}
	return t, nil
}

// inVPC checks that several parts exist and are all in one VPC. It must be called with mu held.
func (s *Service) inVPC(vpc, kind string, ids []string) error {
	for _, id := range ids {
		t, err := s.need(kind, id)
		if err != nil {
			return err
		}
		if t.vpc != vpc {
			return gateway.Errorf("InvalidParameterValue", "%s is in %s, not in %s", id, t.vpc, vpc)
		}
	}
	return nil
}

var names = map[string]string{
	"vpc": "VpcID", "subnet": "SubnetID", "rtb": "RouteTableID", "sg": "Group", "vpce": "VpcEndpointId",
	"rtbassoc": "AssociationID",
}

// remove deletes a part that is not in use, and the parts that were made with it.
func (s *Service) remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var users []string
	for other, t := range s.parts {
		if slices.Contains(t.uses, id) && !s.madeWith(other, id) {
			users = append(users, other)
		}
	}
	if len(users) > 0 {
		slices.Sort(users)
		return gateway.Errorf("DependencyViolation", "%s has dependencies and cannot be deleted: %s",
			id, strings.Join(users, ", "))
	}
	maps.DeleteFunc(s.parts, func(other string, _ part) bool { return s.madeWith(other, id) })
	delete(s.parts, id)
	return nil
}

// madeWith reports whether a part is deleted with a VPC: the VPC's default parts and its flow logs.
func (s *Service) madeWith(id, vpc string) bool {
	t := s.parts[id]
	return t.vpc == vpc && (t.zone == defaultOf || t.kind == "fl")
}

// defaultOf marks a VPC's default security group and network ACL. It is stored in the field zone, which only subnets
// use otherwise.
const defaultOf = "default"

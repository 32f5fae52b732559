// Package ec2 keeps the network that a template makes: a VPC with its subnets, route tables, security groups,
// endpoints and flow logs. No packet flows through it; it makes sure that what refers to what is there, that addresses
// fit, and that nothing in use is deleted. There is no EC2 API.
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

	mu     sync.RWMutex
	things map[string]thing // by id
}

// thing is a part of the network.
type thing struct {
	kind string // the id's prefix: "vpc", "subnet", "sg"
	vpc  string
	cidr netip.Prefix // of a VPC or subnet
	zone string       // of a subnet
	dns  bool         // of a VPC: names resolve in it, those of its hosts too
	uses []string     // ids that cannot be deleted before this
}

// Subnet is a subnet as others see it.
type Subnet struct {
	ID, VPC, AvailabilityZone string
	CIDR                      netip.Prefix
}

// New makes an account without a network.
func New(acct account.Account) *Service {
	return &Service{acct: acct, things: map[string]thing{}}
}

// Subnet finds a subnet by its id.
func (s *Service) Subnet(id string) (Subnet, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.things[id]
	if !ok || t.kind != "subnet" {
		return Subnet{}, false
	}
	return Subnet{ID: id, VPC: t.vpc, AvailabilityZone: t.zone, CIDR: t.cidr}, true
}

// SecurityGroup says which VPC a security group belongs to.
func (s *Service) SecurityGroup(id string) (vpc string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.things[id]
	return t.vpc, ok && t.kind == "sg"
}

// add needs mu.
func (s *Service) add(t thing) string {
	b := make([]byte, 9)
	// It cannot fail, as its documentation says.
	_, _ = rand.Read(b)
	id := t.kind + "-" + hex.EncodeToString(b)[:17]
	s.things[id] = t
	return id
}

// need refuses an id that is not a thing of the kind; it needs mu.
func (s *Service) need(kind, id string) (thing, error) {
	t, ok := s.things[id]
	if !ok || t.kind != kind {
		return thing{}, gateway.Errorf("Invalid"+names[kind]+".NotFound", "The %s ID '%s' does not exist", kind, id)
	}
	return t, nil
}

// inVPC is need for several things that must be in one VPC; it needs mu.
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

// remove deletes a thing that nothing uses any more, and what came with it.
func (s *Service) remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var users []string
	for other, t := range s.things {
		if slices.Contains(t.uses, id) && !s.madeWith(other, id) {
			users = append(users, other)
		}
	}
	if len(users) > 0 {
		slices.Sort(users)
		return gateway.Errorf("DependencyViolation", "%s has dependencies and cannot be deleted: %s",
			id, strings.Join(users, ", "))
	}
	maps.DeleteFunc(s.things, func(other string, _ thing) bool { return s.madeWith(other, id) })
	delete(s.things, id)
	return nil
}

// madeWith says whether a thing goes with a VPC: its own defaults and its flow logs.
func (s *Service) madeWith(id, vpc string) bool {
	t := s.things[id]
	return t.vpc == vpc && (t.zone == defaultOf || t.kind == "fl")
}

// defaultOf marks a VPC's default security group and network ACL; it stands where a subnet has its zone.
const defaultOf = "default"

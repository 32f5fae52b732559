package cloudformation

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// cidr is Fn::Cidr: it cuts an IPv4 block into count blocks of 32-bits addresses each.
func cidr(_ *scope, value any) (any, error) {
	const wants = "an IPv4 block, a count and a number of bits"
	list, ok := value.([]any)
	if !ok || len(list) != 3 {
		return nil, malformed("Fn::Cidr", wants)
	}
	words := make([]string, len(list))
	for i := range list {
		var err error
		if words[i], err = scalar("Fn::Cidr", list[i]); err != nil {
			return nil, err
		}
	}
	block, err := netip.ParsePrefix(words[0])
	if err != nil || !block.Addr().Is4() {
		return nil, malformed("Fn::Cidr", wants+", not "+words[0])
	}
	count, err := strconv.Atoi(words[1])
	if err != nil || count < 1 || count > 256 {
		return nil, malformed("Fn::Cidr", "a count from 1 to 256, not "+words[1])
	}
	bits, err := strconv.Atoi(words[2])
	if err != nil || bits < 1 || bits > 32 {
		return nil, malformed("Fn::Cidr", "1 to 32 bits, not "+words[2])
	}
	start := block.Masked().Addr().As4()
	first := uint64(binary.BigEndian.Uint32(start[:]))
	if size := uint64(1) << bits; uint64(count)*size > uint64(1)<<(32-block.Bits()) {
		return nil, validation("Template error: Fn::Cidr cannot cut %d blocks of %d bits out of %s", count, bits, block)
	}
	blocks := make([]any, count)
	for i := range blocks {
		var address [4]byte
		binary.BigEndian.PutUint32(address[:], uint32(first+uint64(i)<<bits))
		blocks[i] = netip.PrefixFrom(netip.AddrFrom4(address), 32-bits).String()
	}
	return blocks, nil
}

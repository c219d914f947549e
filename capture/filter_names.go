package capture

import (
	"fmt"
	"net"
	"strings"
)

// filterWords are the words of pcap-filter(7) that are not names of hosts,
// networks or the like.
const filterWords = ` src dst and or not host net mask port portrange gateway less greater len
 proto protochain ether wlan link ppp slip fddi tr ip ip6 arp rarp decnet atalk aarp sca lat moprc mopdl
 iso esis es-is isis is-is clnp tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp radio
 ipx netbeui stp broadcast multicast inbound outbound vlan mpls pppoed pppoes geneve vxlan
 l1 l2 iih lsp snp csnp psnp lane llc metac bcc sc ilmic connectmsg metaconnect vpi vci oamf4sc oamf4 oam oamf4ec
 ra ta addr1 addr2 addr3 addr4 address1 address2 address3 address4
 tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr
 icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect icmp-echo icmp-routeradvert
 icmp-routersolicit icmp-timxceed icmp-paramprob icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply icmp-maskreq icmp-maskreply
 icmp6type icmp6code icmp6-destinationunreach icmp6-packettoobig icmp6-timeexceeded icmp6-parameterproblem
 icmp6-echo icmp6-echoreply icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1 icmp6-multicastlistenerdone
 icmp6-routersolicit icmp6-routeradvert icmp6-neighborsolicit icmp6-neighboradvert icmp6-redirect icmp6-routerrenum
 icmp6-nodeinformationquery icmp6-nodeinformationresponse icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert
 icmp6-multicastlistenerreportv2 icmp6-homeagentdiscoveryrequest icmp6-homeagentdiscoveryreply
 icmp6-mobileprefixsolicit icmp6-mobileprefixadvert icmp6-certpathsolicit icmp6-certpathadvert
 icmp6-multicastrouteradvert icmp6-multicastroutersolicit icmp6-multicastroutertermination `

// nameTakers are the words after which a name stands that is found on this
// machine or not at all: service and protocol names, interfaces, frame types.
const nameTakers = ` port portrange proto protochain type subtype dir ifname on rnr rulenum reason rset ruleset srnr subrulenum
 action link_type ifindex `

// refuseNames returns an error for an expression for which libpcap would look names up.
func refuseNames(expression string) error {
	name, found := lookedUp(expression)
	if !found {
		return nil
	}
	return fmt.Errorf("%w: %q: %q is no word of the filter language, and wstap looks no names up: give an address", ErrFilter, expression, name)
}

// lookedUp returns the first word of a filter expression that libpcap would ask
// the network about: a host's or a network's name. wstap looks no name up.
func lookedUp(expression string) (name string, found bool) {
	before := ""
	for _, word := range strings.FieldsFunc(expression, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n()!=<>&|+*/^[],", r)
	}) {
		word = strings.TrimPrefix(word, `\`)
		if !isFilterWord(word) && !strings.Contains(nameTakers, " "+before+" ") {
			return word, true
		}
		// "port http or https": a list goes on with the words before it.
		if !strings.Contains(" and or ", " "+word+" ") && isKnownWord(word) {
			before = word
		}
	}
	return "", false
}

func isKnownWord(word string) bool {
	return strings.Contains(filterWords, " "+word+" ") || strings.Contains(filterWords, "\n"+word+" ") ||
		strings.Contains(filterWords, " "+word+"\n") || strings.Contains(nameTakers, " "+word+" ")
}

// isFilterWord reports whether a word is one of the language's, a number or an
// address.
func isFilterWord(word string) bool {
	if isKnownWord(word) || strings.Trim(word, "0123456789.-") == "" {
		return true
	}
	if strings.HasPrefix(word, "0x") && strings.Trim(word[2:], "0123456789abcdefABCDEF") == "" {
		return true
	}
	if net.ParseIP(word) != nil {
		return true
	}
	if _, err := net.ParseMAC(word); err == nil {
		return true
	}
	return strings.Contains(word, ":") // "tcp[13:1]", and what no name can be
}

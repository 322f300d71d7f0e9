"""Builds frames with scapy: a JSON list of frames on standard input, each a list of [layer, fields]; their octets in
hexadecimal on standard output, one frame a line. Lengths, checksums and next protocols are left to scapy, except the number
before a bare payload, which is given."""
import json
import sys

from scapy.all import ARP, GRE, ICMP, IP, TCP, UDP, Dot1Q, Ether, Raw
from scapy.layers.inet6 import (
    HBHOptUnknown,
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6MLReport,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RS,
    ICMPv6PacketTooBig,
    ICMPv6ParamProblem,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    Pad1,
    PadN,
    RouterAlert,
)


def tcp_option(option):
    name, value = option["name"], option.get("value")
    if name == "nop":
        return ("NOP", None)
    if name == "eol":
        return ("EOL", None)
    if name == "mss":
        return ("MSS", value)
    if name == "wscale":
        return ("WScale", value)
    if name == "sackOK":
        return ("SAckOK", b"")
    if name == "sack":
        return ("SAck", tuple(edge for block in value for edge in block))
    if name == "timestamps":
        return ("Timestamp", (value["val"], value["ecr"]))
    raise ValueError(name)


def ipv6_option(option):
    name, value = option["name"], option.get("value")
    if name == "pad1":
        return Pad1()
    if name == "padn":
        return PadN(optdata=bytes.fromhex(value))
    if name == "router_alert":
        return RouterAlert(value=value)
    if name == "raw":
        return HBHOptUnknown(otype=value["kind"], optdata=bytes.fromhex(value["data"]))
    raise ValueError(name)


def icmpv6(f):
    kind, code = f["type"], f["code"]
    if kind in (128, 129):
        build = ICMPv6EchoRequest if kind == 128 else ICMPv6EchoReply
        return build(code=code, id=f["ident"], seq=f["seq"])
    if kind == 1:
        return ICMPv6DestUnreach(code=code, length=f["length"], unused=f["unused"])
    if kind == 2:
        return ICMPv6PacketTooBig(code=code, mtu=f["mtu"])
    if kind == 4:
        return ICMPv6ParamProblem(code=code, ptr=f["pointer"])
    if kind == 131:
        return ICMPv6MLReport(code=code, mrd=f["maximum_response_delay"], reserved=f["mld_reserved"], mladdr=f["multicast_address"])
    if kind == 133:
        return ICMPv6ND_RS(code=code, res=f["reserved"])
    if kind == 135:
        return ICMPv6ND_NS(code=code, res=f["reserved"], tgt=f["target_address"])
    if kind == 136:
        flags = f["na_flags"]
        reserved = (flags & 0x1F) << 24 | f["na_reserved"]
        return ICMPv6ND_NA(code=code, R=flags >> 7, S=flags >> 6 & 1, O=flags >> 5 & 1, res=reserved, tgt=f["target_address"])
    raise ValueError(kind)


def layer(key, f, next_number):
    if key == "eth":
        built = Ether(src=f["src"], dst=f["dst"])
        if next_number is not None:
            built.type = next_number
        return built
    if key == "vlan":
        built = Dot1Q(prio=f["priority"], id=int(f["dei"]), vlan=f["id"])
        if next_number is not None:
            built.type = next_number
        return built
    if key == "arp":
        return ARP(
            hwtype=1, ptype=0x800, hwlen=6, plen=4, op=f["opcode"],
            hwsrc=f["src_hw_mac"], psrc=f["src_proto_ipv4"], hwdst=f["dst_hw_mac"], pdst=f["dst_proto_ipv4"],
        )
    if key == "ip":
        built = IP(
            tos=f["dscp"] << 2 | f["ecn"], id=f["id"], flags=f["flags"], frag=f["frag_offset"] // 8, ttl=f["ttl"],
            src=f["src"], dst=f["dst"],
        )
        if next_number is not None:
            built.proto = next_number
        return built
    if key == "ipv6":
        built = IPv6(tc=f["dscp"] << 2 | f["ecn"], fl=f["flow"], hlim=f["hlim"], src=f["src"], dst=f["dst"])
    elif key in ("ipv6.hopopts", "ipv6.dstopts"):
        build = IPv6ExtHdrHopByHop if key == "ipv6.hopopts" else IPv6ExtHdrDestOpt
        built = build(options=[ipv6_option(option) for option in f["options"]], autopad=0)
    elif key == "ipv6.routing":
        built = IPv6ExtHdrRouting(type=f["type"], segleft=f["segleft"], reserved=f["reserved"], addresses=f["addresses"])
    elif key == "ipv6.fraghdr":
        built = IPv6ExtHdrFragment(
            res1=f["reserved_octet"], offset=f["offset"] // 8, res2=f["reserved_bits"], m=int(f["more"]), id=f["ident"]
        )
    elif key == "gre":
        built = GRE(
            chksum_present=f["flags"] >> 12 & 1, key_present=f["flags"] >> 10 & 1, seqnum_present=f["flags"] >> 9 & 1,
            key=f.get("key"), seqence_number=f.get("sequence_number"), offset=f.get("reserved1", 0),
        )
        if next_number is not None:
            built.proto = next_number
        return built
    elif key == "icmp":
        return ICMP(type=f["type"], code=f["code"], id=f["ident"], seq=f["seq"])
    elif key == "icmpv6":
        return icmpv6(f)
    elif key == "tcp":
        return TCP(
            sport=f["srcport"], dport=f["dstport"], seq=f["seq"], ack=f["ack"], reserved=f["reserved"], flags=f["flags"],
            window=f["window"], urgptr=f["urgent_pointer"], options=[tcp_option(option) for option in f["options"]],
        )
    elif key == "udp":
        return UDP(sport=f["srcport"], dport=f["dstport"])
    elif key == "payload":
        return Raw(bytes.fromhex(f["data"]))
    else:
        raise ValueError(key)
    if next_number is not None:
        built.nh = next_number
    return built


for frame in json.load(sys.stdin):
    packet = None
    for key, fields, next_number in frame:
        built = layer(key, fields, next_number)
        packet = built if packet is None else packet / built
    print(bytes(packet).hex())

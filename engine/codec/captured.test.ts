import { layerDescriptors } from '../layers';
import { checksumProblems, decode, describe as describePacket, encode, templatesOf } from '.';
import { capturedFrames, madeFrames } from './__fixtures__/captured-frames';

const frames = Object.entries({ ...capturedFrames, ...madeFrames }).map(([name, hex]) => ({
  name,
  bytes: Buffer.from(hex, 'hex'),
}));

test('captured frames are described', () => {
  const lines = frames.map(({ name, bytes }) => `${name}: ${describePacket(decode(bytes))}`);
  expect(lines).toMatchInlineSnapshot(`
[
  "mldv2 report: ipv6 fe80::ff:fe00:1 > ff02::16 / ipv6.hopopts [router_alert: 0, padn: ""] / icmpv6 multicast_listener_report_v2 [{ type: change_to_exclude, aux_len: 0, num_sources: 0, address: ff02::1:ff00:1, sources: [], aux_data: "" }]",
  "router solicitation: ipv6 fe80::ff:fe00:1 > ff02::2 / icmpv6 router_solicitation [source_link_layer_address: 02:00:00:00:00:01]",
  "neighbor solicitation, duplicate address detection: ipv6 :: > ff02::1:ff00:2 / icmpv6 neighbor_solicitation fe80::ff:fe00:2 [nonce: 4c2982bf941e]",
  "arp request: arp who has 192.0.2.2? tell 192.0.2.1",
  "arp reply: arp 192.0.2.2 is at 02:00:00:00:00:02",
  "udp datagram: ip 192.0.2.1 > 192.0.2.2 / udp 37357 > 9 / payload 5 octets",
  "icmp port unreachable: ip 192.0.2.2 > 192.0.2.1 / icmp dest_unreachable port_unreachable / ip 192.0.2.1 > 192.0.2.2 / udp 37357 > 9 / payload 5 octets",
  "neighbor solicitation: ipv6 2001:db8::1 > ff02::1:ff00:2 / icmpv6 neighbor_solicitation 2001:db8::2 [source_link_layer_address: 02:00:00:00:00:01]",
  "neighbor advertisement: ipv6 2001:db8::2 > 2001:db8::1 / icmpv6 neighbor_advertisement 2001:db8::2 [target_link_layer_address: 02:00:00:00:00:02]",
  "udp over ipv6: ipv6 2001:db8::1 > 2001:db8::2 / udp 40860 > 9 / payload 5 octets",
  "icmpv6 port unreachable: ipv6 2001:db8::2 > 2001:db8::1 / icmpv6 dest_unreachable port_unreachable / ipv6 2001:db8::1 > 2001:db8::2 / udp 40860 > 9 / payload 5 octets",
  "icmp echo request: ip 192.0.2.1 > 192.0.2.2 / icmp echo_request ident 7 seq 1 / payload 8 octets",
  "icmp echo reply: ip 192.0.2.2 > 192.0.2.1 / icmp echo_reply ident 7 seq 1 / payload 8 octets",
  "icmpv6 echo request: ipv6 2001:db8::1 > 2001:db8::2 / icmpv6 echo_request ident 7 seq 1 / payload 8 octets",
  "icmpv6 echo reply: ipv6 2001:db8::2 > 2001:db8::1 / icmpv6 echo_reply ident 7 seq 1 / payload 8 octets",
  "ipv4 last fragment: ip 192.0.2.1 > 192.0.2.2 fragment 40683@2960 / payload 48 octets",
  "ipv6 last fragment: ipv6 2001:db8::1 > 2001:db8::2 / ipv6.fraghdr 3514217536@2896 / payload 112 octets",
  "igmpv3 report: ip 192.0.2.1 > 224.0.0.22 / igmp v3_membership_report [{ type: change_to_exclude, aux_len: 0, num_sources: 0, address: 239.1.2.3, sources: [], aux_data: "" }]",
  "tcp syn: ip 192.0.2.1 > 192.0.2.2 / tcp 33322 > 80 SYN seq 2107863077 win 64240 [mss: 1460, sackOK, timestamps: { val: 3295386340, ecr: 0 }, nop, wscale: 10]",
  "tcp syn-ack: ip 192.0.2.2 > 192.0.2.1 / tcp 80 > 33322 SYN-ACK seq 1996291508 ack 2107863078 win 65160 [mss: 1460, sackOK, timestamps: { val: 4126814190, ecr: 3295386340 }, nop, wscale: 10]",
  "tcp ack: ip 192.0.2.1 > 192.0.2.2 / tcp 33322 > 80 ACK seq 2107863078 ack 1996291509 win 63 [nop, nop, timestamps: { val: 3295386341, ecr: 4126814190 }]",
  "tcp data: ip 192.0.2.1 > 192.0.2.2 / tcp 33322 > 80 PSH-ACK seq 2107863078 ack 1996291509 win 63 [nop, nop, timestamps: { val: 3295386349, ecr: 4126814190 }] / payload 5 octets",
  "tcp fin-ack: ip 192.0.2.2 > 192.0.2.1 / tcp 80 > 33322 FIN-ACK seq 1996291514 ack 2107863083 win 64 [nop, nop, timestamps: { val: 4126814199, ecr: 3295386349 }]",
  "tcp rst-ack: ip 192.0.2.2 > 192.0.2.1 / tcp 81 > 57270 RST-ACK seq 0 ack 1431733503 win 0",
  "vlan tag: vlan 100 / ip 192.0.2.1 > 192.0.2.2 / udp 1 > 2 / payload 2 octets",
  "gre with key: ip 192.0.2.1 > 192.0.2.2 / gre key 7 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 / payload 2 octets",
  "gre with checksum, key and sequence number: ip 192.0.2.1 > 192.0.2.2 / gre key 7 / ipv6 2001:db8::1 > 2001:db8::2 / udp 1 > 2 / payload 2 octets",
  "ipv6 routing header, one segment left: ipv6 2001:db8::1 > 2001:db8::2 / ipv6.routing type 0 segments left 1 / udp 1 > 2 / payload 2 octets",
  "ipv6 destination options: ipv6 2001:db8::1 > 2001:db8::2 / ipv6.dstopts [router_alert: 1, raw: { kind: 62, data: 616263 }, padn: 000000] / udp 1 > 2",
  "ipv4 options: ip 192.0.2.1 > 192.0.2.2 / udp 1 > 2",
  "tcp with sack: ip 192.0.2.1 > 192.0.2.2 / tcp 40000 > 80 ACK seq 1000 ack 2000 win 8192 [nop, nop, sack: [[3001, 4001], [5001, 6001]]]",
  "icmp fragmentation needed, eight octets of tcp quoted: ip 192.0.2.1 > 192.0.2.2 / icmp dest_unreachable frag_needed mtu 1280 / ip 192.0.2.2 > 192.0.2.1 / tcp (cut short) { srcport: 80, dstport: 40000, seq: 5000 }",
  "icmp timestamp request: ip 192.0.2.1 > 192.0.2.2 / icmp timestamp_request ident 1 seq 2",
  "icmp redirect: ip 192.0.2.1 > 192.0.2.2 / icmp redirect redirect_host / ip 192.0.2.2 > 192.0.2.1 / tcp (cut short) { srcport: 80, dstport: 40000, seq: 5000 }",
  "router advertisement: ipv6 fe80::1 > ff02::1 / icmpv6 router_advertisement [source_link_layer_address: 02:00:00:00:00:01, mtu: { reserved: 0, mtu: 1400 }, prefix_information: { prefix_length: 64, flags: L-A, valid_lifetime: 86400, preferred_lifetime: 14400, reserved: 0, prefix: 2001:db8:: }, rdnss: { reserved: 0, lifetime: 600, addresses: [2001:db8::53] }]",
  "neighbor redirect: ipv6 fe80::1 > 2001:db8::2 / icmpv6 redirect fe80::9 [target_link_layer_address: 02:00:00:00:00:09]",
  "packet too big: ipv6 2001:db8::1 > 2001:db8::2 / icmpv6 packet_too_big mtu 1280 / ipv6 2001:db8::2 > 2001:db8::1 / udp 9 > 7 / payload 5 octets",
  "mld query: ipv6 fe80::1 > ff02::1 / ipv6.hopopts [router_alert: 0, padn: ""] / icmpv6 multicast_listener_query ::",
  "igmpv3 query: ip 192.0.2.1 > 224.0.0.1 / igmp membership_query 239.1.2.3",
  "ip in ip: ip 192.0.2.1 > 192.0.2.2 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 / payload 2 octets",
  "ipv6 in ip: ip 192.0.2.1 > 192.0.2.2 / ipv6 2001:db8::1 > 2001:db8::2 / udp 1 > 2 / payload 2 octets",
]
`);
});

test.each(frames)('$name: is well-formed, has right checksums and encodes to what it was', ({ bytes }) => {
  const packet = decode(bytes);
  expect(packet.malformed).toBeUndefined();
  expect(checksumProblems(packet)).toEqual([]);
  expect(encode(templatesOf(packet.layers)).toString('hex')).toBe(bytes.toString('hex'));
});

test.each(frames)('$name: lengths, checksums and next protocols are computed as the sender did', ({ bytes }) => {
  const computed = templatesOf(decode(bytes).layers).map(({ layer, fields, ...rest }, index, all) => {
    const descriptor = layerDescriptors.find(({ key }) => key === layer);
    const quoter = all.findIndex((other) => descriptorOf(other.layer)?.quotes?.(other.fields));
    const kept = Object.entries(fields).filter(([key]) => {
      const rule = descriptor?.fields.find((field) => field.key === key)?.default;
      // What follows a fragment's header is no layer, and a quote keeps the lengths of the whole packet.
      const isToCompute = typeof rule === 'object' && !descriptor?.isFragment?.(fields);
      return (
        !isToCompute ||
        (quoter >= 0 && index > quoter) ||
        ['linkDestination', 'presence'].includes((rule as { rule: string }).rule)
      );
    });
    return { ...rest, layer, fields: Object.fromEntries(kept) };
  });
  expect(encode(computed).toString('hex')).toBe(bytes.toString('hex'));
});

test.each(frames)('$name: every octet counts, and cut anywhere it is still read', ({ bytes }) => {
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    const packet = decode(cut);
    expect(encode(templatesOf(packet.layers)).toString('hex')).toBe(cut.toString('hex'));
    expect(packet.malformed).toBeDefined();
  }
});

test.each(frames)('$name: a flipped bit is seen in the layers', ({ bytes }) => {
  const whole = JSON.stringify(decode(bytes).layers);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(JSON.stringify(decode(flipped).layers)).not.toBe(whole);
  }
});

function descriptorOf(key: string) {
  return layerDescriptors.find((descriptor) => descriptor.key === key);
}

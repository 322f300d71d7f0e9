import { ICMP_ERRORS } from '.';

test('an error has the same name over both families where both have it', () => {
  expect(ICMP_ERRORS.ip.port_unreachable).toEqual({ type: 3, code: 3 });
  expect(ICMP_ERRORS.ipv6.port_unreachable).toEqual({ type: 1, code: 4 });
  expect(ICMP_ERRORS.ip.host_unreachable).toEqual({ type: 3, code: 1 });
  expect(ICMP_ERRORS.ipv6.host_unreachable).toEqual({ type: 1, code: 3 });
  expect(ICMP_ERRORS.ip.packet_too_big).toEqual({ type: 3, code: 4 });
  expect(ICMP_ERRORS.ipv6.frag_needed).toEqual({ type: 2, code: 0 });
});

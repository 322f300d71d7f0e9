/**
 * Protocols: one file each, whose field table is the only place that knows the header's octets.
 *
 * A table names fields in wire order with their kind (engine/fields), RFC name, section, unit, doc, and how an unset one is
 * defaulted or computed; codec reflects on it for everything else. Which layer follows which is written once, in the number
 * tables (ethertypes.ts, ip-protocols.ts) and each layer's `under`.
 *
 * To add a protocol: NAME.ts with its descriptor, NAME.test.ts with captured octets, its line in `layerDescriptors` below
 * (outermost first: that is the order in which a map of layers is sent), and the schemas regenerated.
 */
import { arp } from './arp';
import type { LayerDescriptor } from './descriptor';
import { eth } from './eth';
import { gre } from './gre';
import { icmp } from './icmp';
import { icmpv6 } from './icmpv6';
import { igmp } from './igmp';
import { ip } from './ip';
import { ipv6 } from './ipv6';
import { fraghdr } from './ipv6-fragment';
import { dstopts, hopopts } from './ipv6-options-header';
import { routing } from './ipv6-routing';
import { payload } from './payload';
import { tcp } from './tcp';
import { udp } from './udp';
import { vlan } from './vlan';

export type {
  ComputedRule,
  Condition,
  FieldDescriptor,
  FragmentationRule,
  LayerDescriptor,
  NextRule,
  NumberSpace,
} from './descriptor';
export { ICMP_ERRORS, type IcmpError } from './icmp-errors';
export { NUMBER_SPACES } from './number-spaces';

/** All protocols, outermost first. */
export const layerDescriptors: readonly LayerDescriptor[] = [
  eth,
  vlan,
  arp,
  ip,
  ipv6,
  hopopts,
  dstopts,
  routing,
  fraghdr,
  gre,
  icmp,
  icmpv6,
  igmp,
  tcp,
  udp,
  payload,
];

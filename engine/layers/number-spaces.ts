import type { NumberTable } from '../fields';
import type { NumberSpace } from './descriptor';
import { ETHERTYPES } from './ethertypes';
import { IP_PROTOCOLS } from './ip-protocols';

/** The tables in which a carrying layer names the next one; each number is written once and serves both directions. */
export const NUMBER_SPACES: Readonly<Record<NumberSpace, NumberTable>> = {
  ethertype: ETHERTYPES,
  ipProtocol: IP_PROTOCOLS,
};

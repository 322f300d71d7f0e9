import fc from 'fast-check';
import { decode, encode, type Layer, type LayerTemplate, match, type Packet, parseLayers } from '../codec';
import { findLayer } from './connection';
import { add, difference, isBefore } from './serial-number';
import { TcpConnection, type TcpOptions } from './tcp';

const LOCAL = { mac: '02:00:00:00:00:01', ip: '192.0.2.1', port: 40000 };
const REMOTE = { mac: '02:00:00:00:00:02', ip: '192.0.2.2', port: 80 };

function connection(options: Partial<TcpOptions> = {}): TcpConnection {
  return new TcpConnection({
    name: 'conn',
    over: 'ipv4',
    local: { ...LOCAL },
    remote: { ...REMOTE },
    send: [],
    expect: [],
    iss: 1000,
    window: 500,
    options: [{ name: 'mss', value: 1460 }],
    ...options,
  });
}

function layers(authored: unknown, mode: 'send' | 'expect' = 'send'): LayerTemplate[] {
  const { layers: parsed, problems } = parseLayers(authored, mode);
  expect(problems).toEqual([]);
  return parsed;
}

/** What the connection sends, as the wire has it; the connection is told. */
function send(from: TcpConnection, authored: unknown, track = true): Packet {
  const packet = decode(encode(from.outgoing(layers(authored))));
  from.sent(packet, track);
  return packet;
}

/** A segment of the DUT. */
function fromDut(tcp: object, payload?: unknown): Packet {
  const stack = [{ eth: { src: REMOTE.mac, dst: LOCAL.mac } }, { ip: { src: REMOTE.ip, dst: LOCAL.ip } }];
  const ports = { srcport: REMOTE.port, dstport: LOCAL.port };
  const rest = payload === undefined ? [] : [{ payload }];
  return decode(encode(layers([...stack, { tcp: { ...ports, ...tcp } }, ...rest])));
}

function tcpOf(packet: { readonly layers: readonly Layer[] } | readonly Layer[]): Layer {
  const list = 'layers' in packet ? packet.layers : packet;
  const tcp = findLayer(list, 'tcp');
  if (tcp === undefined) throw new Error('no TCP');
  return tcp;
}

/** A connection after the three-way handshake; the DUT's initial sequence number is 7000. */
function established(options: Partial<TcpOptions> = {}, dutOptions: unknown[] = []): TcpConnection {
  const made = connection(options);
  send(made, { tcp: { flags: 'SYN' } });
  made.taken(fromDut({ flags: 'SYN-ACK', seq: 7000, ack: 1001, window: 100, options: dutOptions }));
  send(made, { tcp: { flags: 'ACK' } });
  return made;
}

function matches(made: TcpConnection, authored: unknown, packet: Packet, pins: 'all' | 'addresses' = 'all'): boolean {
  const view = made.view(packet);
  return match(made.expected(layers(authored, 'expect'), pins).for(view), view);
}

test('building a segment changes nothing; sending it does', () => {
  const made = connection();
  const first = encode(made.outgoing(layers({ tcp: { flags: 'SYN' } })));
  const second = encode(made.outgoing(layers({ tcp: { flags: 'SYN' } })));
  expect(second).toEqual(first);
  expect(made.facts().local.next).toBe(0);
  made.sent(decode(first), true);
  expect(made.facts().local.next).toBe(1);
});

test('SYN, data and FIN each take their sequence space', () => {
  const made = established();
  expect(made.facts().local.next).toBe(1);
  expect(tcpOf(send(made, { tcp: { flags: 'PSH-ACK' }, payload: 10 }))).toMatchObject({ seq: 1001, ack: 7001 });
  expect(tcpOf(send(made, { tcp: { flags: 'FIN-ACK' }, payload: 5 }))).toMatchObject({ seq: 1011 });
  expect(tcpOf(send(made, { tcp: { flags: 'ACK' } }))).toMatchObject({ seq: 1017 });
});

test('a segment elsewhere, or one that is not tracked, does not move the state', () => {
  const made = established();
  send(made, { tcp: { flags: 'ACK', seq: 50 }, payload: 10 });
  expect(made.facts().local.next).toBe(1);
  send(made, { tcp: { flags: 'ACK' }, payload: 10 }, false);
  expect(made.facts().local.next).toBe(1);
});

test('a taken segment moves the peer forward and never back', () => {
  const made = established();
  made.taken(fromDut({ flags: 'PSH-ACK', seq: 7001, ack: 1001 }, 100));
  expect(made.facts().remote.next).toBe(101);
  made.taken(fromDut({ flags: 'PSH-ACK', seq: 7001, ack: 1001 }, 10));
  expect(made.facts().remote.next).toBe(101);
  made.taken(fromDut({ flags: 'FIN-ACK', seq: 7101, ack: 1001 }));
  expect(made.facts().remote.next).toBe(102);
});

test('flags default to SYN before the peer is known and to ACK afterwards', () => {
  expect(tcpOf(send(connection(), {})).flags).toBe(0x02);
  expect(tcpOf(send(established(), {})).flags).toBe(0x10);
});

test('what the author gives goes out as given, relative numbers moved to the wire', () => {
  const tcp = tcpOf(send(established(), { tcp: { flags: 'ACK', seq: 5, ack: 9, window: 3, srcport: 1 } }));
  expect(tcp).toMatchObject({ seq: 1005, ack: 7009, window: 3, srcport: 1, dstport: REMOTE.port });
  expect(tcpOf(send(established(), { tcp: { flags: 'ACK', seq_raw: 5, ack_raw: 9 } }))).toMatchObject({
    seq: 5,
    ack: 9,
  });
});

test('numbers wrap at 2^32 in both directions', () => {
  const made = connection({ iss: 0xffffffff });
  send(made, { tcp: { flags: 'SYN' } });
  made.taken(fromDut({ flags: 'SYN-ACK', seq: 0xfffffffe, ack: 0 }));
  const data = send(made, { tcp: { flags: 'ACK' }, payload: 3 });
  expect(tcpOf(data)).toMatchObject({ seq: 0, ack: 0xffffffff });
  expect(tcpOf(made.view(data, true))).toMatchObject({ seq: 1, ack: 1 });
  const answer = fromDut({ flags: 'ACK', seq: 0xffffffff, ack: 3 });
  expect(tcpOf(made.view(answer))).toMatchObject({ seq: 1, ack: 4, seq_raw: 0xffffffff, ack_raw: 3 });
  expect(matches(made, { tcp: { flags: 'ACK' } }, answer)).toBe(true);
});

test('an expectation pins what it leaves unsaid', () => {
  const made = established();
  const right = { flags: 'ACK', seq: 7001, ack: 1001 };
  expect(matches(made, { tcp: { flags: 'ACK' } }, fromDut(right))).toBe(true);
  expect(matches(made, { tcp: { flags: 'ACK' } }, fromDut({ ...right, seq: 7002 }))).toBe(false);
  expect(matches(made, { tcp: { flags: 'ACK' } }, fromDut({ ...right, ack: 1000 }))).toBe(false);
  expect(matches(made, { tcp: { flags: 'ACK' } }, fromDut({ ...right, srcport: 81 }))).toBe(false);
  expect(matches(made, { tcp: {} }, fromDut({ flags: 'RST', seq: 7001, ack: 0 }))).toBe(true);
});

test('a given value replaces a pin, and present lifts it', () => {
  const made = established();
  const strange = fromDut({ flags: 'ACK', seq: 7100, ack: 900 });
  expect(matches(made, { tcp: { flags: 'ACK', seq: 100, ack: 'present' } }, strange)).toBe(true);
  expect(matches(made, { tcp: { flags: 'ACK', seq: 'present' } }, strange)).toBe(false);
  expect(matches(made, { tcp: { flags: 'ACK', seq_raw: 7100, ack_raw: 900 } }, strange)).toBe(true);
});

test('a negative expectation pins addresses and ports only', () => {
  const made = established();
  expect(matches(made, { tcp: {} }, fromDut({ flags: 'ACK', seq: 1, ack: 2 }), 'addresses')).toBe(true);
  expect(matches(made, { tcp: {} }, fromDut({ flags: 'ACK', dstport: 1 }), 'addresses')).toBe(false);
});

test('the window is scaled once both SYNs have offered it, and never in a SYN', () => {
  const scaled = established({ options: [{ name: 'wscale', value: 3 }] }, [{ wscale: 7 }]);
  expect(scaled.facts().remote).toMatchObject({ wscale: 7, window: 100 * 128 });
  expect(tcpOf(scaled.view(fromDut({ flags: 'ACK', window: 10 }))).window_size).toBe(1280);
  expect(tcpOf(scaled.view(fromDut({ flags: 'SYN-ACK', window: 10 }))).window_size).toBe(10);
  const offeredByOne = established({}, [{ wscale: 7 }]);
  expect(offeredByOne.facts().remote.window).toBe(100);
});

test('timestamps are sent once both sides have offered them, with the latest value echoed', () => {
  const offer = [{ name: 'timestamps', value: { val: 5, ecr: 0 } }];
  const made = established({ options: offer }, [{ timestamps: { val: 9000, ecr: 5 } }]);
  const options = tcpOf(send(made, { tcp: { flags: 'ACK' } })).options;
  expect(options).toEqual([{ name: 'nop' }, { name: 'nop' }, { name: 'timestamps', value: { val: 5, ecr: 9000 } }]);
  made.taken(
    fromDut({ flags: 'ACK', seq: 7001, ack: 1001, options: ['nop', 'nop', { timestamps: { val: 9010, ecr: 5 } }] }),
  );
  const given = send(made, { tcp: { flags: 'ACK', options: [{ timestamps: { val: 77 } }] } });
  expect(tcpOf(given).options).toEqual([
    { name: 'timestamps', value: { val: 77, ecr: 9010 } },
    ...[{ name: 'eol' }, { name: 'eol' }].slice(0, (tcpOf(given).options as unknown[]).length - 1),
  ]);
  expect(tcpOf(send(established(), { tcp: { flags: 'ACK' } })).options).toEqual([]);
});

test("the DUT's timestamps and SACK blocks are shown relative", () => {
  const offer = [{ name: 'timestamps', value: { val: 5, ecr: 0 } }];
  const made = established({ options: offer }, [{ timestamps: { val: 9000, ecr: 5 } }]);
  const options = ['nop', 'nop', { timestamps: { val: 9100, ecr: 5 } }, 'nop', 'nop', { sack: [[1011, 1021]] }];
  const view = tcpOf(made.view(fromDut({ flags: 'ACK', seq: 7001, ack: 1001, options })));
  expect(view.options).toEqual([
    { name: 'nop' },
    { name: 'nop' },
    { name: 'timestamps', value: { val: 100, ecr: 5 } },
    { name: 'nop' },
    { name: 'nop' },
    { name: 'sack', value: [[11, 21]] },
  ]);
});

test('an unknown port of the DUT is learned from the first segment taken', () => {
  const made = connection({ remote: { ...REMOTE, port: 0 } });
  const syn = fromDut({ flags: 'SYN', seq: 7000 });
  expect(made.owns(syn)).toBe(true);
  expect(matches(made, { tcp: { flags: 'SYN' } }, syn)).toBe(true);
  made.taken(syn);
  expect(made.facts().remote.port).toBe(REMOTE.port);
  expect(made.owns(fromDut({ flags: 'ACK', srcport: 81 }))).toBe(false);
});

test('the law of relative numbers: what is sent at n is seen at n, for every initial number', () => {
  const number = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 0, max: 0x7fffffff }), (iss, irs, at) => {
      const made = connection({ iss });
      send(made, { tcp: { flags: 'SYN' } });
      made.taken(fromDut({ flags: 'SYN-ACK', seq: irs, ack: add(iss, 1) }));
      const packet = decode(encode(made.outgoing(layers({ tcp: { flags: 'ACK', seq: at, ack: at } }))));
      expect(tcpOf(packet)).toMatchObject({ seq: add(iss, at), ack: add(irs, at) });
      expect(tcpOf(made.view(packet, true))).toMatchObject({ seq: at, ack: at });
    }),
    { numRuns: 300 },
  );
});

test('serial numbers compare over the wrap', () => {
  expect(isBefore(0xfffffff0, 5)).toBe(true);
  expect(isBefore(5, 0xfffffff0)).toBe(false);
  expect(difference(3, 0xffffffff)).toBe(4);
  expect(add(0xffffffff, 2)).toBe(1);
});

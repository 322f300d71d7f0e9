import { constants } from '../constants';
import { decodeSockaddr, defineStruct, encodeSockaddr, formatIp, linger, parseIp, pollfd, tcpInfo, timeval } from '.';

describe('defineStruct', () => {
  test('gives the sizes of the C compiler', () => {
    // gcc: sizeof of each on x86-64 with the headers of Linux 6.18
    expect([timeval.size, linger.size, pollfd.size, tcpInfo.size]).toEqual([16, 8, 8, 280]);
  });

  test('aligns members and packs bit-fields from the low bits on', () => {
    const struct = defineStruct('s', [
      { name: 'a', type: 'u8', doc: '' },
      { name: 'b', type: 'u8:4', doc: '' },
      { name: 'c', type: 'u8:4', doc: '' },
      { name: 'd', type: 'u8:2', doc: '' },
      { name: 'e', type: 'u32', doc: '' },
      { name: 'f', type: 'i16', doc: '' },
      { name: 'g', type: 'u64', doc: '' },
    ]);
    const values = { a: 1, b: 2, c: 3, d: 1, e: 0x01020304, f: -2, g: 2 ** 40 };
    const bytes = struct.encode(values);
    expect(bytes.toString('hex')).toBe('0132010004030201feff0000000000000000000000010000');
    expect(struct.decode(bytes)).toEqual(values);
  });

  test('keeps 64-bit values exact and wraps what does not fit', () => {
    const struct = defineStruct('s', [
      { name: 'wide', type: 'u64', doc: '' },
      { name: 'signed', type: 'i64', doc: '' },
      { name: 'byte', type: 'u8', doc: '' },
    ]);
    const bytes = struct.encode({ wide: 2n ** 64n - 1n, signed: -5, byte: 257 });
    expect(struct.decode(bytes)).toEqual({ wide: 18446744073709551615n, signed: -5, byte: 1 });
  });

  test('leaves out the members that an older kernel did not write', () => {
    expect(linger.decode(linger.encode({ l_onoff: 1, l_linger: 2 }).subarray(0, 6))).toEqual({ l_onoff: 1 });
  });
});

describe('addresses', () => {
  test.each([
    ['192.0.2.1', 'c0000201', '192.0.2.1'],
    ['0.0.0.0', '00000000', '0.0.0.0'],
    ['::', '00'.repeat(16), '::'],
    ['::1', `${'00'.repeat(15)}01`, '::1'],
    ['2001:DB8::1', '20010db8000000000000000000000001', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '20010db8000000010000000000000001', '2001:db8:0:1::1'],
    // RFC 5952 §4.2.2: one zero group is not shortened; §4.2.3: the first of equal runs is
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['fe80::', 'fe800000000000000000000000000000', 'fe80::'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['1::2:3:4:5:6:7', '00010000000200030004000500060007', '1:0:2:3:4:5:6:7'],
  ])('%s is %s', (text, hex, normal) => {
    const bytes = parseIp(text);
    expect(bytes?.toString('hex')).toBe(hex);
    expect(formatIp(bytes as Buffer)).toBe(normal);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8::',
    '1.2.3.4::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    'g::',
  ])('"%s" is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test.each([
    [{ ip: '192.0.2.1', port: 8080 }, '02001f90c00002010000000000000000'],
    [{ ip: 'fe80::1', port: 80, scope: 3 }, '0a00005000000000fe80000000000000000000000000000103000000'],
    [{ ip: '::1', port: 1, flowinfo: 0x12345 }, '0a000001000123450000000000000000000000000000000100000000'],
  ])('the socket address of %j', (address, hex) => {
    expect(encodeSockaddr(address).toString('hex')).toBe(hex);
    expect(decodeSockaddr(Buffer.from(hex, 'hex'))).toEqual(address);
  });

  test('the family can be made another on purpose', () => {
    expect(encodeSockaddr({ ip: '0.0.0.0', port: 0, family: constants.AF_UNSPEC }).readUInt16LE(0)).toBe(0);
  });

  test('other families and addresses cut short are not decoded', () => {
    expect(decodeSockaddr(Buffer.alloc(16))).toBeUndefined();
    expect(decodeSockaddr(encodeSockaddr({ ip: '::1', port: 1 }).subarray(0, 24))).toBeUndefined();
    expect(() => encodeSockaddr({ ip: 'localhost', port: 1 })).toThrow('not an IP address: localhost');
  });
});

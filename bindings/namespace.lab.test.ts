import { closeSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from './constants';
import { ErrnoError } from './errno';
import { hasLink, interfaceFlags, interfaceIndex, interfaceMac, offloadState, setInterfaceUp } from './interface';
import { inNamespace, openNamespace } from './namespace';
import { checked, close, socket } from './syscalls';

const current = () => readlinkSync('/proc/thread-self/ns/net');
const home = current();

describe('a namespace', () => {
  let fd: number;

  beforeEach(() => {
    ({ fd } = openNamespace());
  });

  afterEach(() => {
    closeSync(fd);
    expect(current()).toBe(home);
  });

  it('is new and empty but for lo, which is down', () => {
    expect(current()).toBe(home);
    const devices = inNamespace(fd, () => readFileSync('/proc/thread-self/net/dev', 'utf8'));
    expect(devices.split('\n').flatMap((line) => /^ *(\S+):/.exec(line)?.[1] ?? [])).toEqual(['lo']);
    expect(inNamespace(fd, () => interfaceFlags('lo') & 1)).toBe(0);
  });

  it('is left again also when the action throws', () => {
    const failure = new Error('from the action');
    expect(() =>
      inNamespace(fd, () => {
        throw failure;
      }),
    ).toThrow(failure);
  });

  it('can be entered inside another', () => {
    const inner = openNamespace().fd;
    const seen = inNamespace(fd, () => [current(), inNamespace(inner, current), current()]);
    expect(seen[0]).toBe(seen[2]);
    expect(new Set([home, ...seen]).size).toBe(3);
    closeSync(inner);
  });

  it('keeps the sockets that were made in it', () => {
    const made = inNamespace(fd, () => checked('socket', socket(constants.AF_INET, constants.SOCK_DGRAM, 0)));
    inNamespace(fd, () => setInterfaceUp('lo', true));
    expect(inNamespace(fd, () => [interfaceIndex('lo'), hasLink('lo')])).toEqual([1, true]);
    close(made);
  });

  it('has no other interfaces', () => {
    expect(() => inNamespace(fd, () => interfaceMac('eth0'))).toThrow(
      new ErrnoError('ioctl', 19, 'SIOCGIFHWADDR eth0'),
    );
    expect(() => inNamespace(fd, () => offloadState('a-name-longer-than-15'))).toThrow(
      'ioctl ENODEV: no such device, SIOCETHTOOL a-name-longer-than-15',
    );
  });
});

it('inNamespace tells what is wrong with a descriptor', () => {
  const file = openNamespace().fd;
  closeSync(file);
  expect(() => inNamespace(file, () => 1)).toThrow(
    /^setns (EBADF: bad file descriptor|EINVAL: invalid argument), descriptor \d+$/,
  );
  expect(() => inNamespace(0, () => 1)).toThrow(ErrnoError);
  expect(current()).toBe(home);
});

import { readFileSync, statSync } from 'node:fs';
import { addressOf, defineCall, lastErrno, memoryAt, SymbolError } from './call';
import { NativeModuleError } from './native';

const close = defineCall('close', 1);

describe('defineCall', () => {
  it('passes integers of 32 and 64 bits and reads the result in its width', () => {
    const abs = defineCall('abs', 1);
    const labs = defineCall('labs', 1, { returns: 'long' });
    expect([abs(7), abs(-7), abs(-2147483647)]).toEqual([7, 7, 2147483647]);
    expect([labs(-5e12), labs(-1), labs(2 ** 53 - 1), labs(-(2 ** 32))]).toEqual([5e12, 1, 2 ** 53 - 1, 2 ** 32]);
    expect(labs(-0x1_2345_6789n)).toBe(0x1_2345_6789);
  });

  it('passes memory, its address and NULL as pointers', () => {
    const strlen = defineCall('strlen', 1, { returns: 'long' });
    const text = Buffer.from('packetcase\0');
    expect(strlen(text)).toBe(10);
    expect(strlen(text.subarray(6))).toBe(4);
    expect(strlen(addressOf(text) + 9)).toBe(1);
    const time = defineCall('time', 1, { returns: 'long' });
    expect(Math.abs(time(null) - Date.now() / 1000)).toBeLessThan(2);
  });

  it('passes six arguments in order', () => {
    // snprintf(buf, size, format, a, b, c)
    const snprintf = defineCall('snprintf', 6);
    const buffer = Buffer.alloc(32);
    expect(snprintf(buffer, buffer.length, Buffer.from('%d %ld %x\0'), -1, 2n ** 40n, 255)).toBe(19);
    expect(buffer.toString('latin1', 0, 19)).toBe('-1 1099511627776 ff');
  });

  it('gives memory at an address that C returned', () => {
    const memchr = defineCall('memchr', 3, { returns: 'long' });
    const text = Buffer.from('payload');
    const found = memchr(text, 'l'.charCodeAt(0), text.length);
    expect(found - addressOf(text)).toBe(3);
    expect(memoryAt(found, 4).toString()).toBe('load');
  });

  it('refuses a missing argument', () => {
    expect(() => close()).toThrow(new TypeError('close: argument 1 is missing'));
  });

  it('names a function or library that does not exist', () => {
    expect(defineCall('no_such_function', 0)).toThrow(new SymbolError('no function no_such_function in the C library'));
    expect(defineCall('abs', 1, { library: 'libnone.so.9' })).toThrow(
      new SymbolError('the shared library libnone.so.9 cannot be loaded'),
    );
  });
});

describe('lastErrno', () => {
  it('holds the errno of the latest failed call, whatever Node does afterwards', () => {
    expect(close(-1)).toBe(-1);
    expect(() => statSync('/no/such/file')).toThrow();
    readFileSync('/proc/self/stat');
    expect(lastErrno()).toBe(9);
  });

  it('stays when a call succeeds', () => {
    close(-1);
    defineCall('getpid', 0)();
    expect(lastErrno()).toBe(9);
  });
});

it('NativeModuleError says how to build the module', () => {
  const error = new NativeModuleError(new Error('No native build was found for platform=linux\n    loaded from: x'));
  expect({ ...error, message: error.message }).toEqual({
    name: 'NativeModuleError',
    code: 'NO_NATIVE_MODULE',
    message: 'the native module ffi-napi cannot be loaded: No native build was found for platform=linux',
    fix: 'install a C++ compiler, make, python3 and the headers of this Node, then run: npm rebuild ffi-napi @2060.io/ref-napi',
  });
});

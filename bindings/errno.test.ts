import { readFileSync } from 'node:fs';
import { getSystemErrorMap, getSystemErrorName } from 'node:util';
import { ErrnoError, errnoName, errnoNames, errnoNumber, errnoText } from './errno';

describe('the table of error numbers', () => {
  it('agrees with every error number that Node knows', () => {
    for (const [negative, [name, text]] of getSystemErrorMap()) {
      // libuv has errors of its own, beyond the numbers of the system.
      if (-negative > 133) continue;
      expect([name, errnoNumber(name)]).toEqual([name, -negative]);
      expect(errnoText(-negative)).toBe(text);
    }
  });

  it('leads from name to number and back', () => {
    const aliases = ['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP'];
    for (const name of errnoNames) {
      if (!aliases.includes(name)) expect(errnoName(errnoNumber(name) as number)).toBe(name);
    }
    expect(aliases.map(errnoNumber)).toEqual([11, 35, 95]);
    expect(errnoNames).toHaveLength(131 + aliases.length);
  });

  it('has an answer for numbers that do not exist', () => {
    expect([errnoName(0), errnoName(4000), errnoText(4000), errnoNumber('ENOSUCH')]).toEqual([
      '',
      'E4000',
      'unknown error 4000',
      undefined,
    ]);
  });
});

describe('ErrnoError', () => {
  it("has the members of Node's own system errors", () => {
    const own = catchError(() => readFileSync('/no/such/file'));
    const ours = new ErrnoError('open', 2, "'/no/such/file'");
    expect({ errno: ours.errno, code: ours.code, syscall: ours.syscall }).toEqual({
      errno: own.errno,
      code: own.code,
      syscall: own.syscall,
    });
    expect(getSystemErrorName(ours.errno)).toBe('ENOENT');
  });

  it('says call, code, text and what it was about', () => {
    expect(new ErrnoError('bind', 98).message).toBe('bind EADDRINUSE: address already in use');
    expect(new ErrnoError('ioctl', 19, 'SIOCGIFINDEX eth7').message).toBe(
      'ioctl ENODEV: no such device, SIOCGIFINDEX eth7',
    );
  });
});

function catchError(action: () => void): NodeJS.ErrnoException {
  try {
    action();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('nothing was thrown');
}

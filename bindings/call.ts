import { endianness } from 'node:os';
import { ffi, type Memory, ref } from './native';

/** What a C function takes here: an integer, a pointer as memory or as address, or NULL. */
export type Argument = number | bigint | Memory | null;

/** How the C function's return value is read. `int` is 32 bits; `long` also stands for ssize_t, off_t and pointers. */
export type ReturnType = 'int' | 'long' | 'void';

export interface CallOptions {
  /** Default `int`. */
  readonly returns?: ReturnType;
  /** A shared library's file name, for example `liblwip.so.0`. Default: what the process has already loaded, so libc. */
  readonly library?: string;
}

/**
 * A C function with up to {@link MAX_ARGUMENTS} integer or pointer arguments, callable at the cost of the native call (0.5 to 0.9 µs with the
 * system call in it). Everything that a call needs is built once; memory passed in is kept alive during the call.
 *
 * The symbol is looked up at the first call. When the function returns -1, {@link lastErrno} holds its errno.
 *
 * @throws {SymbolError} at the first call if the library or the symbol does not exist
 */
export function defineCall(name: string, argc: number, options: CallOptions = {}): (...args: Argument[]) => number {
  if (argc > MAX_ARGUMENTS) throw new RangeError(`${name}: at most ${MAX_ARGUMENTS} arguments`);
  const returns = options.returns ?? 'int';
  const cif = interfaceFor(argc);
  let target: Buffer | undefined;
  return (a, b, c, d, e, f) => {
    target ??= findSymbol(name, options.library);
    // Named parameters instead of a rest array: the array would be allocated at every call.
    if (argc > 0) put(name, 0, a);
    if (argc > 1) put(name, 1, b);
    if (argc > 2) put(name, 2, c);
    if (argc > 3) put(name, 3, d);
    if (argc > 4) put(name, 4, e);
    if (argc > 5) put(name, 5, f);
    ffi.ffi_call(cif, target, result, argv);
    if (returns === 'void') return 0;
    const value = returns === 'int' ? (resultWords[0] as number) : joinWords();
    // Read at once: any other use of Node may change the thread's errno.
    if (value === -1) savedErrno = errnoCell[0] as number;
    return value;
  };
}

/** The errno of this thread's latest call that returned -1. */
export function lastErrno(): number {
  return savedErrno;
}

/** The address of the first byte. The caller keeps `memory` referenced for as long as native code uses the address. */
export function addressOf(memory: Memory): number {
  return ref.address(memory);
}

/** Memory at an address that native code returned. Nothing guards it: the address must stay valid for as long as the result is used. */
export function memoryAt(address: number, lengthBytes: number): Buffer {
  const pointer = new BigInt64Array([BigInt(address)]);
  return ref.readPointer(new Uint8Array(pointer.buffer), 0, lengthBytes);
}

/** The address of a C function, for structures that hold function pointers. @throws {SymbolError} */
export function addressOfSymbol(name: string, library?: string): number {
  return ref.address(findSymbol(name, library));
}

/** A shared library or a function in it does not exist. */
export class SymbolError extends Error {
  readonly code = 'NO_SYMBOL';

  constructor(message: string) {
    super(message);
    this.name = 'SymbolError';
  }
}

/** More would be possible; no call of libc that is used here has more. */
export const MAX_ARGUMENTS = 6;

if (endianness() !== 'LE' || process.arch.includes('32') || process.arch === 'arm') {
  throw new Error(`bindings need a 64-bit little-endian platform, this is ${process.arch}`);
}

// One set of argument slots for all calls of this thread: libffi copies them into registers before the function runs.
const slots = Buffer.alloc(MAX_ARGUMENTS * 8);
const slotWords = new Int32Array(slots.buffer, slots.byteOffset, MAX_ARGUMENTS * 2);
const slotLongs = new BigInt64Array(slots.buffer, slots.byteOffset, MAX_ARGUMENTS);
const argv = Buffer.alloc(MAX_ARGUMENTS * 8);
for (let index = 0; index < MAX_ARGUMENTS; index++) {
  argv.writeBigInt64LE(BigInt(ref.address(slots) + index * 8), index * 8);
}
// The collector must not free an argument's memory in the middle of a call, also if the caller no longer needs it.
const kept: (Memory | undefined)[] = new Array(MAX_ARGUMENTS).fill(undefined);
const result = Buffer.alloc(8);
const resultWords = new Int32Array(result.buffer, result.byteOffset, 2);

const interfaces: { cif: Buffer; argumentTypes: Buffer }[] = [];
const libraries = new Map<string, Buffer>();

let savedErrno = 0;
const errnoCell = mapErrno();

/** Writes an argument as a 64-bit integer. A C `int` is the low half of its register, so one type serves all. */
function put(name: string, index: number, value: Argument | undefined): void {
  if (typeof value === 'number') {
    slotWords[index * 2] = value;
    slotWords[index * 2 + 1] = Math.floor(value / 0x1_0000_0000);
  } else if (typeof value === 'bigint') {
    slotLongs[index] = value;
  } else if (value === null) {
    slotLongs[index] = 0n;
  } else if (value !== undefined) {
    kept[index] = value;
    put(name, index, ref.address(value));
  } else {
    throw new TypeError(`${name}: argument ${index + 1} is missing`);
  }
}

function joinWords(): number {
  const low = resultWords[0] as number;
  const high = resultWords[1] as number;
  return high === low >> 31 ? low : high * 0x1_0000_0000 + (low >>> 0);
}

function interfaceFor(argc: number): Buffer {
  const known = interfaces[argc];
  if (known) return known.cif;
  const cif = Buffer.alloc(ffi.FFI_CIF_SIZE);
  const argumentTypes = Buffer.alloc(Math.max(argc, 1) * 8);
  for (let index = 0; index < argc; index++) {
    argumentTypes.writeBigInt64LE(BigInt(ref.address(ffi.FFI_TYPES.int64)), index * 8);
  }
  const status = ffi.ffi_prep_cif(cif, argc, ffi.FFI_TYPES.int64, argumentTypes, ffi.FFI_DEFAULT_ABI);
  if (status !== ffi.FFI_OK) throw new Error(`ffi_prep_cif failed with status ${status}`);
  interfaces[argc] = { cif, argumentTypes };
  return cif;
}

/** Calls one of the dl functions, which must not go through {@link defineCall}: it needs them itself. */
function callDl(target: Buffer, ...args: number[]): number {
  args.forEach((value, index) => {
    put('dl', index, value);
  });
  ffi.ffi_call(interfaceFor(args.length), target, result, argv);
  return joinWords();
}

function findSymbol(name: string, library?: string): Buffer {
  const cName = Buffer.from(`${name}\0`);
  const handle = library === undefined ? 0 : openLibrary(library).readBigInt64LE();
  if (callDl(ffi.StaticFunctions.dlsym, Number(handle), ref.address(cName)) === 0) {
    throw new SymbolError(`no function ${name} in ${library ?? 'the C library'}`);
  }
  return ref.readPointer(result, 0, 1);
}

function openLibrary(library: string): Buffer {
  let handle = libraries.get(library);
  if (!handle) {
    const cName = Buffer.from(`${library}\0`);
    if (callDl(ffi.StaticFunctions.dlopen, ref.address(cName), RTLD_NOW) === 0) {
      throw new SymbolError(`the shared library ${library} cannot be loaded`);
    }
    handle = Buffer.from(result);
    libraries.set(library, handle);
  }
  return handle;
}

const RTLD_NOW = 2;

/** errno is a memory cell of each thread; it never moves during the thread's life. */
function mapErrno(): Int32Array {
  ffi.ffi_call(interfaceFor(0), findSymbol('__errno_location'), result, argv);
  const cell = ref.readPointer(result, 0, 4);
  return new Int32Array(cell.buffer, cell.byteOffset, 1);
}

import { endianness } from 'node:os';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { type FfiNative, loadNative, type Memory, type RefNative } from './native';

/** What a C function takes here: an integer, a pointer as memory or as address, or NULL. */
export type Argument = number | bigint | Memory | null;

/** How the C function's return value is read. `int` is 32 bits; `long` also stands for ssize_t, off_t and pointers. */
export type ReturnType = 'int' | 'long' | 'void';

export interface CallOptions {
  /** Default `int`. */
  readonly returns?: ReturnType;
  /**
   * A shared library's file name, for example `liblwip.so.0`. Default: what the process has already loaded, so libc.
   */
  readonly library?: string;
}

/** More would be possible; no call that is used here has more. */
const MAX_ARGUMENTS = 6;

/**
 * A C function with up to six integer or pointer arguments, callable at the cost of the native call, about 1 µs.
 * Everything that a call needs is built once; memory passed in is kept alive during the call. When the function
 * returns -1, {@link lastErrno} holds its errno.
 *
 * Nothing native is loaded before the first call, which throws NativeModuleError or {@link SymbolError} if it cannot
 * be made.
 */
export function defineCall(name: string, argc: number, options: CallOptions = {}): (...args: Argument[]) => number {
  if (argc > MAX_ARGUMENTS) throw new RangeError(`${name}: at most ${MAX_ARGUMENTS} arguments`);
  const returns = options.returns ?? 'int';
  let cif: Buffer;
  let target: Buffer | undefined;
  // Named parameters instead of a rest array, which would be allocated at every call.
  return (a, b, c, d, e, f) => {
    if (target === undefined) {
      cif = callInterface(argc);
      target = findSymbol(name, options.library);
    }
    if (argc > 0) put(name, 0, a);
    if (argc > 1) put(name, 1, b);
    if (argc > 2) put(name, 2, c);
    if (argc > 3) put(name, 3, d);
    if (argc > 4) put(name, 4, e);
    if (argc > 5) put(name, 5, f);
    ffi.ffi_call(cif, target, result, argv);
    if (returns === 'void') return 0;
    const value = returns === 'int' ? (resultWords[0] as number) : resultAsLong();
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
  ensureLoaded();
  return ref.address(memory);
}

/**
 * Memory at an address that native code returned. Nothing guards it: the address must stay valid for as long as the
 * result is used.
 */
export function memoryAt(address: number, lengthBytes: number): Buffer {
  ensureLoaded();
  return ref.readPointer(Buffer.from(BigInt64Array.of(BigInt(address)).buffer), 0, lengthBytes);
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

/**
 * Loads the native module now instead of at the first call. The main thread of a process must do it, or have made a
 * call, before a worker starts: a process in which only workers have loaded ffi-napi crashes when they end. A worker
 * that comes too early gets an error.
 *
 * @throws {NativeModuleError}
 */
export function ensureLoaded(): void {
  if (ffi !== undefined) return;
  if (endianness() !== 'LE' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(`packetcase knows the C library of 64-bit x86 and ARM, this is ${process.arch}`);
  }
  if (!isMainThread && getEnvironmentData(LOADED) !== true) {
    throw new Error('the main thread must call ensureLoaded() of bindings before it starts a worker that makes calls');
  }
  ({ ffi, ref } = loadNative());
  setEnvironmentData(LOADED, true);
  for (let index = 0; index < MAX_ARGUMENTS; index++) {
    argv.writeBigInt64LE(BigInt(ref.address(slots) + index * 8), index * 8);
  }
  // errno is a memory cell of each thread that never moves during the thread's life.
  ffi.ffi_call(callInterface(0), findSymbol('__errno_location'), result, argv);
  const cell = ref.readPointer(result, 0, 4);
  errnoCell = new Int32Array(cell.buffer, cell.byteOffset, 1);
}

/** Under this key the workers of a process see that its main thread has loaded ffi-napi. */
const LOADED = 'packetcase bindings loaded';

// State of this thread; every worker has its own copy of this module. Undefined until ensureLoaded().
let ffi: FfiNative;
let ref: RefNative;
let errnoCell: Int32Array;
let savedErrno = 0;

// One set of argument slots for all calls: libffi copies them into registers before the function runs.
const slots = Buffer.alloc(MAX_ARGUMENTS * 8);
const slotWords = new Int32Array(slots.buffer, slots.byteOffset, MAX_ARGUMENTS * 2);
const slotLongs = new BigInt64Array(slots.buffer, slots.byteOffset, MAX_ARGUMENTS);
const argv = Buffer.alloc(MAX_ARGUMENTS * 8);
const result = Buffer.alloc(8);
const resultWords = new Int32Array(result.buffer, result.byteOffset, 2);
// Keeps the memory of arguments from being collected in the middle of a call, also if the caller no longer needs it.
const kept: (Memory | undefined)[] = new Array(MAX_ARGUMENTS).fill(undefined);

const callInterfaces: { cif: Buffer; argumentTypes: Buffer }[] = [];
const libraries = new Map<string, number>();

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

/** A -1 must come out as -1; everything else is an address or a count, exact as a number. */
function resultAsLong(): number {
  const low = resultWords[0] as number;
  const high = resultWords[1] as number;
  return high * 0x1_0000_0000 + (low >>> 0);
}

/** libffi's description of a function with `argc` 64-bit arguments and a 64-bit result. */
function callInterface(argc: number): Buffer {
  ensureLoaded();
  const known = callInterfaces[argc];
  if (known) return known.cif;
  const cif = Buffer.alloc(ffi.FFI_CIF_SIZE);
  const argumentTypes = Buffer.alloc(MAX_ARGUMENTS * 8);
  for (let index = 0; index < argc; index++) {
    argumentTypes.writeBigInt64LE(BigInt(ref.address(ffi.FFI_TYPES.int64)), index * 8);
  }
  const status = ffi.ffi_prep_cif(cif, argc, ffi.FFI_TYPES.int64, argumentTypes, ffi.FFI_DEFAULT_ABI);
  if (status !== ffi.FFI_OK) throw new Error(`ffi_prep_cif failed with status ${status}`);
  // libffi keeps a pointer to the argument types in the description.
  callInterfaces[argc] = { cif, argumentTypes };
  return cif;
}

/** A buffer at the function's address, as ffi_call wants it. */
function findSymbol(name: string, library?: string): Buffer {
  const handle = library === undefined ? RTLD_DEFAULT : openLibrary(library);
  if (callLinker(ffi.StaticFunctions.dlsym, handle, cString(name)) === 0) {
    throw new SymbolError(`no function ${name} in ${library ?? 'the C library'}`);
  }
  return ref.readPointer(result, 0, 1);
}

function openLibrary(library: string): number {
  let handle = libraries.get(library);
  if (handle === undefined) {
    handle = callLinker(ffi.StaticFunctions.dlopen, cString(library), RTLD_NOW);
    if (handle === 0) throw new SymbolError(`the shared library ${library} cannot be loaded`);
    libraries.set(library, handle);
  }
  return handle;
}

/** dlopen and dlsym come with ffi-napi: {@link defineCall} needs them to find all others. */
function callLinker(target: Buffer, first: number | Memory, second: number | Memory): number {
  const cif = callInterface(2);
  put('dlsym', 0, first);
  put('dlsym', 1, second);
  ffi.ffi_call(cif, target, result, argv);
  return resultAsLong();
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

const RTLD_DEFAULT = 0;
const RTLD_NOW = 2;

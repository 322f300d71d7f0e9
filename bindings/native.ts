import { createRequire } from 'node:module';

/** Memory that native code may read and write: `ref-napi` accepts any view of an ArrayBuffer. */
export type Memory = Uint8Array;

/** The functions of ffi-napi's compiled half; all buffers must outlive the call. */
interface FfiNative {
  ffi_call(cif: Memory, target: Memory, result: Memory, argv: Memory): void;
  ffi_prep_cif(cif: Memory, argc: number, resultType: Memory, argumentTypes: Memory, abi: number): number;
  FFI_TYPES: { int64: Buffer };
  FFI_CIF_SIZE: number;
  FFI_DEFAULT_ABI: number;
  FFI_OK: number;
  RTLD_DEFAULT: Buffer;
  StaticFunctions: { dlopen: Buffer; dlsym: Buffer; dlerror: Buffer };
}

/** The functions of ref-napi's compiled half. Addresses are numbers: user space ends below 2^53 on x86-64 and arm64. */
interface RefNative {
  address(memory: Memory): number;
  readPointer(memory: Memory, offset: number, lengthBytes: number): Buffer;
}

/** Thrown when ffi-napi is not installed, not compiled, or compiled for another platform. */
export class NativeModuleError extends Error {
  readonly code = 'NO_NATIVE_MODULE';
  /** What the user has to do. */
  readonly fix =
    'install a C++ compiler, make, python3 and the headers of this Node, then run: npm rebuild @2060.io/ffi-napi @2060.io/ref-napi ffi-napi ref-napi';

  constructor(cause: unknown) {
    super(`the native module ffi-napi cannot be loaded: ${firstLine(cause)}`, { cause });
    this.name = 'NativeModuleError';
  }
}

/**
 * ffi-napi's and ref-napi's compiled functions.
 *
 * This is the only file that touches an internal path of ffi-napi (its version is pinned for that reason): the public
 * `ffi.Library` marshals arguments in JavaScript and costs 25 to 45 µs a call, `ffi_call` on prepared memory below 1 µs.
 * The main thread must load it before any worker does; a process where only workers load it crashes at exit.
 */
export const { ffi, ref } = loadNative();

function loadNative(): { ffi: FfiNative; ref: RefNative } {
  try {
    const path = require.resolve('ffi-napi/lib/bindings');
    // The copy of ref-napi that ffi-napi itself uses: a second copy would be a second native module to load.
    return { ffi: require('ffi-napi/lib/bindings'), ref: createRequire(path)('@2060.io/ref-napi') };
  } catch (error) {
    throw new NativeModuleError(error);
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

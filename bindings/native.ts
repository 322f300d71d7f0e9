import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Memory that native code may read and write. */
export type Memory = Uint8Array;

/** The functions of ffi-napi's compiled half that are used here. All memory must outlive the call. */
export interface FfiNative {
  ffi_call(cif: Memory, target: Memory, result: Memory, argv: Memory): void;
  ffi_prep_cif(cif: Memory, argc: number, resultType: Memory, argumentTypes: Memory, abi: number): number;
  readonly FFI_TYPES: { readonly int64: Buffer };
  readonly FFI_CIF_SIZE: number;
  readonly FFI_DEFAULT_ABI: number;
  readonly FFI_OK: number;
  readonly StaticFunctions: { readonly dlopen: Buffer; readonly dlsym: Buffer };
}

/**
 * The functions of ref-napi's compiled half that are used here. Addresses are exact as numbers: user space ends below
 * 2^53.
 */
export interface RefNative {
  address(memory: Memory): number;
  readPointer(memory: Memory, offset: number, lengthBytes: number): Buffer;
}

/** ffi-napi is not installed, not compiled, or compiled for another platform. */
export class NativeModuleError extends Error {
  readonly code = 'NO_NATIVE_MODULE';
  /** What the user has to do. */
  readonly fix =
    'install a C++ compiler, make, python3 and the headers of this Node, then run: npm rebuild ffi-napi @2060.io/ref-napi';

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the native module ffi-napi cannot be loaded: ${reason.split('\n', 1)[0]}`, { cause });
    this.name = 'NativeModuleError';
  }
}

/**
 * Loads the compiled halves of ffi-napi and of the ref-napi that it uses.
 *
 * This is the only function that knows ffi-napi's inside; its version is pinned for that reason. The public
 * `ffi.Library` marshals arguments in JavaScript and costs 25 to 45 µs a call, `ffi_call` on prepared memory about 1
 * µs; and the JavaScript halves, unused here, take 25 ms to load in every process and worker.
 *
 * @throws {NativeModuleError}
 */
export function loadNative(): { ffi: FfiNative; ref: RefNative } {
  try {
    const ffiPackage = require.resolve('ffi-napi/package.json');
    const requireFromFfi = createRequire(ffiPackage);
    const loadCompiled = requireFromFfi('node-gyp-build');
    const ref = loadCompiled(dirname(requireFromFfi.resolve('@2060.io/ref-napi/package.json')));
    return { ref, ffi: loadCompiled(dirname(ffiPackage)).initializeBindings(ref.instance) };
  } catch (error) {
    throw new NativeModuleError(error);
  }
}

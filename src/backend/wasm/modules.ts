import { plainModule, threadedModule } from "./kernels.generated.js";

/** (func (result v128) (i32.const 0) (i8x16.splat)) */
const SIMD_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
];

/** Why this machine cannot run the backend at all; undefined if it can. */
export function wasmUnavailable(): string | undefined {
  if (typeof WebAssembly !== "object") return "WebAssembly is missing";
  return WebAssembly.validate(new Uint8Array(SIMD_PROBE)) ? undefined : "WebAssembly SIMD is missing";
}

/** Compiles the kernels, for threads on shared memory or for one thread. */
export function compileKernels(kind: "threaded" | "plain"): Promise<WebAssembly.Module> {
  const text = atob(kind === "threaded" ? threadedModule : plainModule);
  return WebAssembly.compile(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

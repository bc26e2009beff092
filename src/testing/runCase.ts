/** Runs a kernel's case on a backend, with guards around its arrays. */
import type { Backend, DeviceArray, HostArray } from "../backend/backend.js";
import type { KernelArguments, KernelName } from "../backend/kernels.js";
import { type ArraySpec, hostValues, type KernelCase, type KernelSpec } from "../backend/specs/spec.js";

export type Output = Float32Array | Float64Array | Uint8Array | Uint32Array;

/** What each written argument held afterwards. */
export type Outputs = { readonly [argument: string]: Output };

export const isArraySpec = (value: unknown): value is ArraySpec =>
  typeof value === "object" && value !== null && "shape" in value && "numbers" in value;

/** Uploads the arrays of a case; `dispose` frees them. */
export function uploadArguments<K extends KernelName>(
  backend: Backend,
  args: KernelCase<K>["args"],
): { readonly args: KernelArguments[K]; readonly arrays: ReadonlyMap<string, DeviceArray>; dispose(): void } {
  const arrays = new Map<string, DeviceArray>();
  const bound = Object.entries(args).map(([name, value]) => {
    if (!isArraySpec(value)) return [name, value];
    const array = backend.upload(hostValues(value), value.shape, name, value.type);
    arrays.set(name, array);
    return [name, array];
  });
  return {
    // the same fields with arrays in place of their specifications
    args: Object.fromEntries(bound) as KernelArguments[K],
    arrays,
    dispose() {
      for (const array of arrays.values()) array.dispose();
    },
  };
}

const GUARD = Float32Array.from({ length: 61 }, (_, i) => i - 30.5);

/** True if an array still holds what was uploaded. */
export async function holds(backend: Backend, array: DeviceArray, values: HostArray): Promise<boolean> {
  const found = await backend.download(array);
  return found.length === values.length && found.every((value, i) => value === values[i]);
}

/**
 * Runs one case. Everything uploaded is freed; besides the outputs, tells which arrays changed that the kernel must
 * leave alone: its inputs, and guards allocated before, between and after.
 */
export async function runCase<K extends KernelName>(
  backend: Backend,
  spec: KernelSpec<K>,
  { args }: Pick<KernelCase<K>, "args">,
): Promise<{ readonly outputs: Outputs; readonly damaged: readonly string[] }> {
  const shape = { kind: "flat", length: GUARD.length } as const;
  const before = backend.upload(GUARD, shape, "guard before");
  const uploaded = uploadArguments<K>(backend, args);
  const after = backend.upload(GUARD, shape, "guard after");
  try {
    backend.run(spec.kernel, uploaded.args);
    const array = (name: string) => uploaded.arrays.get(name)!;
    const read = async (name: string) => [name, await backend.download(array(name))] as const;
    const unless = async (held: Promise<boolean>, name: string) => ((await held) ? [] : [name]);
    const inputs = Object.entries(args).filter(
      ([name, value]) => isArraySpec(value) && !(spec.writes as readonly string[]).includes(name),
    );
    // asked for together: a read-back is slow on some backends
    const [written, ...changed] = await Promise.all([
      Promise.all(spec.writes.map((name) => read(name as string))),
      ...[before, after].map((guard) => unless(holds(backend, guard, GUARD), guard.label)),
      ...inputs.map(([name, value]) => unless(holds(backend, array(name), hostValues(value as ArraySpec)), name)),
    ]);
    const outputs: Outputs = Object.fromEntries(written);
    const damaged = changed.flat();
    return { outputs, damaged };
  } finally {
    before.dispose();
    after.dispose();
    uploaded.dispose();
  }
}

import { fault } from "../core/errors.js";
import type { KernelArguments, KernelName, KernelTable } from "./kernels.js";

/** Why a backend lacks a kernel; undefined if it has it. */
export function unsupportedReason(table: KernelTable, kernel: KernelName): string | undefined {
  const entry = table[kernel];
  return "unsupported" in entry ? entry.unsupported : undefined;
}

/**
 * The code of a kernel.
 * @throws UNSUPPORTED_KERNEL with the backend's reason
 */
export function kernelCode<K extends KernelName>(
  table: KernelTable,
  kernel: K,
  backendName: string,
): (args: KernelArguments[K]) => void {
  const entry: KernelTable[K] = table[kernel];
  if ("unsupported" in entry)
    throw fault("UNSUPPORTED_KERNEL", `'${backendName}' has no kernel '${kernel}': ${entry.unsupported}`, { kernel });
  return (args) => entry.run(args);
}

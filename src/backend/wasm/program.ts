import type { DeviceArray } from "../backend.js";
import type { KernelArguments, KernelName } from "../kernels.js";
import type { Layout } from "./layout.js";

/**
 * One step of a command: `exports[entry](task, args)` for every task in [0, tasks), in any order, by any thread; the
 * next phase starts when all are done. To give the same bytes for any number of threads, no task may read what another
 * task of the same phase writes, and `tasks` may not depend on the number of threads where it changes an order of sums.
 */
export interface Phase {
  /** Name of an export of `assembly/index.ts` of the form (task: i32, args: usize): void. */
  readonly entry: string;
  /** At least 1. */
  readonly tasks: number;
  /** Written as f64 values one after another, 16-byte aligned; `args` is their address. */
  readonly args: readonly number[];
}

/** An array in the memory of the module. */
export interface WasmArray extends DeviceArray {
  /** Address of the allocation, 16-byte aligned; elements lie as `layout` says. */
  readonly pointer: number;
  /** Length of the allocation. */
  readonly bytes: number;
  readonly layout: Layout;
}

export interface ProgramContext {
  /** Threads that will share the tasks. */
  readonly threads: number;
  /** Address of scratch memory, 16-byte aligned, not zeroed, valid while the command runs. @throws OUT_OF_MEMORY */
  temporary(bytes: number): number;
}

/** Turns the arguments of a call (already checked) into the phases of a command. */
export type Lower<K extends KernelName> = (args: KernelArguments[K], context: ProgramContext) => Phase[];

/** Arrays that passed the check of their backend are arrays of this one. */
export const wasmArray = (array: DeviceArray): WasmArray => array as WasmArray;

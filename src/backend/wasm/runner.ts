import type { Heap } from "./heap.js";
import type { Phase } from "./program.js";

/** Runs commands one after another. */
export interface Runner {
  readonly threads: number;
  /** Commands started so far. */
  readonly started: number;
  /** Commands finished so far. */
  finished(): number;
  /** Starts a command; false if it must wait until an earlier one has finished. */
  start(phases: readonly Phase[]): boolean;
  /** Resolves when `count` commands have finished; one call at a time. */
  reached(count: number): Promise<void>;
  /** The first failure since the last call: the number of the command, from 1, and why. */
  takeFailure(): { readonly command: number; readonly reason: string } | undefined;
  /** Ends the threads. */
  close(): Promise<void>;
}

type Entry = (task: number, args: number) => void;

/** Longest list of arguments of one phase, bytes. */
const ARGUMENT_BYTES = 65536;

/** Runs every command at the call, on the calling thread. */
export function createImmediateRunner(module: WebAssembly.Module, heap: Heap): Runner {
  const { exports } = new WebAssembly.Instance(module, { env: { memory: heap.memory } });
  const args = heap.allocate(ARGUMENT_BYTES, "arguments", { byHost: true, completed: 0 }).pointer;
  let count = 0;
  let failure: { command: number; reason: string } | undefined;
  const runPhase = (phase: Phase) => {
    new Float64Array(heap.memory.buffer, args, phase.args.length).set(phase.args);
    const entry = exports[phase.entry] as Entry;
    for (let task = 0; task < phase.tasks; task++) entry(task, args);
  };
  return {
    threads: 1,
    get started() {
      return count;
    },
    finished: () => count,
    start(phases) {
      count++;
      try {
        phases.forEach(runPhase);
      } catch (error) {
        failure ??= { command: count, reason: String(error) };
      }
      return true;
    },
    reached: async () => {},
    takeFailure() {
      const first = failure;
      failure = undefined;
      return first;
    },
    close: async () => {},
  };
}

import { CONTROL, REASON_BYTES } from "./control.js";

/** What a worker is sent first. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the control block. */
  readonly control: number;
  /** Exports to put into the table, in order. */
  readonly entries: readonly string[];
}

/**
 * The script of a worker, complete in itself so that no bundler has to find it. It answers the set-up with the index
 * of the first entry in the table and then never returns to its event loop: it sleeps in the module.
 */
export const WORKER_SOURCE = `
self.onmessage = ({ data: { module, memory, control, entries } }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const first = exports.table.grow(entries.length);
  entries.forEach((name, i) => exports.table.set(first + i, exports[name]));
  self.postMessage(first);
  const words = new Int32Array(memory.buffer, control, ${CONTROL.ring});
  const report = (error) => {
    const number = Atomics.load(words, ${CONTROL.done}) + 1;
    if (Atomics.compareExchange(words, ${CONTROL.fault}, 0, number) !== 0) return;
    const reason = new TextEncoder().encode(String(error)).subarray(0, ${REASON_BYTES});
    new Uint8Array(memory.buffer, control + 4 * ${CONTROL.reason}, reason.length).set(reason);
    words[${CONTROL.reasonLength}] = reason.length;
  };
  const work = () => {
    for (;;)
      try {
        return exports.work(control);
      } catch (error) {
        if (!exports.failedInTask()) throw error;
        report(error);
        exports.finishTask(control);
      }
  };
  setTimeout(work, 0);
};`;

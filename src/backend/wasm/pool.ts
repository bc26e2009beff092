import { spawnWorker } from "#platform";
import { invariant } from "../../core/errors.js";
import {
  argumentWords,
  CONTROL,
  CONTROL_WORDS,
  PHASE_WORDS,
  PROGRAM_HEADER_WORDS,
  RING_LENGTH,
  programWords as wordsOf,
} from "./control.js";
import type { Heap } from "./heap.js";
import type { Phase } from "./program.js";
import type { Runner } from "./runner.js";
import { WORKER_SOURCE, type WorkerSetup } from "./workerSource.js";

/** Bytes for the programs of commands that have not finished. */
const PROGRAM_BYTES = 1 << 20;

/** Exports that are not entries. */
const OWN_EXPORTS = ["work", "finishTask", "failedInTask"];

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  /** On shared memory. */
  readonly heap: Heap;
  readonly threads: number;
  /** Called once if a thread ends by itself. */
  readonly onLost: (cause: Error) => void;
}

/** Threads that run commands in order without the host's help. Rejects if threads cannot be started. */
export async function createPool({ module, heap, threads, onLost }: PoolOptions): Promise<Runner> {
  const hostBlock = (bytes: number) => heap.allocate(bytes, "commands", { byHost: true, completed: 0 }).pointer;
  const control = hostBlock(4 * CONTROL_WORDS);
  const programs = hostBlock(PROGRAM_BYTES);
  // These views stay valid when the memory grows: shared memory does not move.
  const words = new Int32Array(heap.memory.buffer, control, CONTROL_WORDS);
  const programWords = new Int32Array(heap.memory.buffer, programs, PROGRAM_BYTES / 4);
  const programNumbers = new Float64Array(heap.memory.buffer, programs, PROGRAM_BYTES / 8);
  const entries = WebAssembly.Module.exports(module)
    .filter(({ name, kind }) => kind === "function" && !OWN_EXPORTS.includes(name))
    .map(({ name }) => name);
  const setup: WorkerSetup = { module, memory: heap.memory, control, entries };
  const { workers, firstEntry } = await startWorkers(threads, setup, onLost);
  const entryIndex = new Map(entries.map((name, i) => [name, firstEntry + i]));

  let started = 0;
  let finished = 0;
  const finishedNow = () => {
    finished += (Atomics.load(words, CONTROL.done) - finished) | 0;
    return finished;
  };

  /** Ends of the programs in flight, oldest first; positions count on beyond the end of the ring of bytes. */
  const ends: { command: number; end: number }[] = [];
  let written = 0;
  let freed = 0;
  /** Position of a contiguous free range, or undefined if there is none now. */
  const reserve = (bytes: number): number | undefined => {
    for (const done = finishedNow(); ends.length > 0 && ends[0].command <= done; ) freed = ends.shift()!.end;
    const toEnd = PROGRAM_BYTES - (written % PROGRAM_BYTES);
    const start = bytes <= toEnd ? written : written + toEnd;
    return start + bytes - freed <= PROGRAM_BYTES ? start : undefined;
  };

  const wake = (count: number) => {
    Atomics.add(words, CONTROL.wake, 1);
    if (Atomics.load(words, CONTROL.sleepers) > 0) Atomics.notify(words, CONTROL.wake, count);
  };

  return {
    threads,
    get started() {
      return started;
    },
    finished: finishedNow,
    start(phases) {
      const bytes = 4 * wordsOf(phases);
      invariant(bytes <= PROGRAM_BYTES, `a program of ${bytes} bytes`);
      const start = reserve(bytes);
      if (start === undefined || started - finished >= RING_LENGTH) return false;
      const at = start % PROGRAM_BYTES;
      writeProgram(phases, at);
      written = start + bytes;
      words[CONTROL.ring + (started % RING_LENGTH)] = programs + at;
      ends.push({ command: ++started, end: written });
      Atomics.store(words, CONTROL.head, started);
      if (Atomics.load(words, CONTROL.running) === 0) wake(1);
      return true;
    },
    async reached(count) {
      for (;;) {
        const signal = Atomics.load(words, CONTROL.signal);
        Atomics.store(words, CONTROL.wanted, count);
        if (finishedNow() >= count) return;
        await changed(words, CONTROL.signal, signal);
      }
    },
    takeFailure() {
      const command = Atomics.load(words, CONTROL.fault);
      // The reason is complete when the command is done.
      if (command === 0 || ((command - Atomics.load(words, CONTROL.done)) | 0) > 0) return undefined;
      const reason = new Uint8Array(words.buffer, control + 4 * CONTROL.reason, words[CONTROL.reasonLength]);
      const failure = {
        command: started - ((started - command) | 0),
        reason: new TextDecoder().decode(reason.slice()),
      };
      Atomics.store(words, CONTROL.fault, 0);
      return failure;
    },
    async close() {
      Atomics.store(words, CONTROL.stop, 1);
      wake(threads);
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };

  function writeProgram(phases: readonly Phase[], at: number): void {
    let word = at / 4;
    programWords[word] = phases.length;
    word += PROGRAM_HEADER_WORDS;
    let args = word + PHASE_WORDS * phases.length;
    for (const phase of phases) {
      const entry = entryIndex.get(phase.entry);
      invariant(entry !== undefined && phase.tasks >= 1, `no entry '${phase.entry}' with ${phase.tasks} tasks`);
      programWords[word] = entry;
      programWords[word + 1] = phase.tasks;
      programWords[word + 2] = programs + 4 * args;
      programNumbers.set(phase.args, args / 2);
      word += PHASE_WORDS;
      args += argumentWords(phase);
    }
  }
}

/** Starts the workers; each answers with the index of its first entry, the same in all. From then on errors are losses. */
async function startWorkers(threads: number, setup: WorkerSetup, onLost: (cause: Error) => void) {
  let started = false;
  const workers = Array.from({ length: threads }, (_, i) => spawnWorker(WORKER_SOURCE, `tomograd ${i + 1}`));
  try {
    const answers = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<unknown>((resolve, reject) => {
            worker.onMessage(resolve);
            worker.onError((error) => (started ? onLost(error) : reject(error)));
            worker.postMessage(setup);
          }),
      ),
    );
    started = true;
    for (const worker of workers) worker.unref();
    return { workers, firstEntry: answers[0] as number };
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw error;
  }
}

/** Resolves when the word is, or has become, another value than `value`. */
async function changed(words: Int32Array<ArrayBufferLike>, index: number, value: number): Promise<void> {
  if (typeof Atomics.waitAsync === "function") {
    const result = Atomics.waitAsync(words, index, value);
    if (result.async) await result.value;
    return;
  }
  while (Atomics.load(words, index) === value) await new Promise((resolve) => setTimeout(resolve, 1));
}

import { fault } from "../../core/errors.js";
import { argumentWords, PHASE_WORDS } from "./control.js";
import type { Phase } from "./program.js";
import type { Runner } from "./runner.js";

/** Whose work a command is, for messages. */
export interface Origin {
  readonly kernel: string;
  readonly labels: readonly string[];
}

/**
 * Commands and reads in call order. Commands go to the runner ahead of time; a read by the host is a fence: what was
 * called later starts after it. Positions count commands and fences from 1.
 */
export interface Queue {
  /** Position of the last item. */
  readonly issued: number;
  /** Everything up to this position is done. */
  completed(): number;
  command(phases: readonly Phase[], origin: Origin): void;
  /**
   * Runs `read` on the host when everything before is done. Rejects with the first failure of work before that no
   * earlier fence has reported.
   */
  fence<T>(read: () => T): Promise<T>;
  /** Rejects everything that waits, and all fences to come, with this. */
  fail(cause: Error): void;
}

interface Command {
  readonly position: number;
  readonly phases: readonly Phase[];
  readonly origin: Origin;
}
interface Fence {
  readonly position: number;
  readonly settle: () => void;
  readonly reject: (error: Error) => void;
}
interface InFlight {
  readonly position: number;
  /** Number at the runner. */
  readonly command: number;
  readonly origin: Origin;
}

/** A command is cut into programs of about this many words, so that several fit the memory for programs. */
const PROGRAM_WORDS = 1 << 14;

export function createQueue(runner: Runner): Queue {
  let issued = 0;
  let waiting: (Command | Fence)[] = [];
  let inFlight: InFlight[] = [];
  let failure: Error | undefined;
  let lost: Error | undefined;
  let pumping = false;
  let giveUp = () => {};
  /** Resolves when the runner has finished so many commands, or is lost. */
  const reached = (count: number) =>
    new Promise<void>((resolve, reject) => {
      giveUp = resolve;
      runner.reached(count).then(resolve, reject);
    });

  /** Takes note of what has finished or failed. */
  const sweep = () => {
    const finished = runner.finished();
    const failed = runner.takeFailure();
    if (failed)
      failure ??= describeFailure(
        failed.reason,
        inFlight.find(({ command }) => command === failed.command),
      );
    const open = inFlight.findIndex(({ command }) => command > finished);
    if (open !== 0) inFlight = open < 0 ? [] : inFlight.slice(open);
  };

  const start = ({ position, phases, origin }: Command): boolean => {
    sweep();
    if (!runner.start(phases)) return false;
    inFlight.push({ position, command: runner.started, origin });
    return true;
  };

  /** Starts what can start, and comes back when more can. */
  const pump = async () => {
    if (pumping) return;
    pumping = true;
    const keepAlive = setInterval(() => {}, 1 << 30);
    try {
      while (waiting.length > 0 && !lost) {
        const item = waiting[0];
        if ("settle" in item) {
          if (runner.finished() < runner.started) await reached(runner.started);
          if (lost) return;
          waiting.shift();
          item.settle();
        } else if (start(item)) waiting.shift();
        else await reached(runner.finished() + Math.ceil((runner.started - runner.finished()) / 2));
      }
    } finally {
      clearInterval(keepAlive);
      pumping = false;
    }
  };

  return {
    get issued() {
      return issued;
    },
    completed() {
      sweep();
      return (inFlight[0]?.position ?? waiting[0]?.position ?? issued + 1) - 1;
    },
    command(phases, origin) {
      if (lost) throw lost;
      const position = ++issued;
      for (const part of programs(phases)) {
        const command = { position, phases: part, origin };
        if (waiting.length > 0 || !start(command)) waiting.push(command);
      }
      if (waiting.length > 0) void pump();
    },
    fence<T>(read: () => T) {
      const position = ++issued;
      return new Promise<T>((resolve, reject) => {
        if (lost) return reject(lost);
        const settle = () => {
          sweep();
          const first = failure;
          failure = undefined;
          if (first) return reject(first);
          try {
            resolve(read());
          } catch (error) {
            reject(error);
          }
        };
        if (waiting.length === 0 && runner.finished() === runner.started) return settle();
        waiting.push({ position, settle, reject });
        void pump();
      });
    },
    fail(cause) {
      if (lost) return;
      lost = cause;
      giveUp();
      for (const item of waiting) if ("settle" in item) item.reject(cause);
      waiting = [];
      inFlight = [];
    },
  };
}

function programs(phases: readonly Phase[]): (readonly Phase[])[] {
  const parts: (readonly Phase[])[] = [];
  let first = 0;
  let words = 0;
  phases.forEach((phase, i) => {
    words += PHASE_WORDS + argumentWords(phase);
    if (words < PROGRAM_WORDS && i < phases.length - 1) return;
    parts.push(phases.slice(first, i + 1));
    first = i + 1;
    words = 0;
  });
  return parts;
}

function describeFailure(reason: string, origin?: { readonly origin: Origin }): Error {
  const { kernel, labels } = origin?.origin ?? { kernel: "a kernel", labels: [] };
  const quoted = labels.map((label) => `'${label}'`).join(", ");
  return fault("BACKEND_FAULT", `${kernel} of ${quoted} failed: ${reason}`, { kernel, labels });
}

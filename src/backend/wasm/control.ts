/** The block of memory that the threads of a pool share with the host; `assembly/worker.ts` has the same offsets. */
import type { Phase } from "./program.js";

/** Offsets in words of 4 bytes. */
export const CONTROL = {
  /** Changes when there is something to do; threads sleep on it. */
  wake: 32,
  sleepers: 33,
  /** 1 while a thread leads. */
  running: 48,
  /** 1: every thread leaves. */
  stop: 49,
  /** Commands added to the ring. */
  head: 64,
  /** Commands done. */
  done: 65,
  /** Count of `done` from which on `signal` shall change. */
  wanted: 66,
  /** Changes when `wanted` is reached; the host waits on it. */
  signal: 67,
  /** Number of the first command that failed, from 1; 0 if none did. */
  fault: 100,
  /** Length of the reason of the fault, then its bytes. */
  reasonLength: 127,
  reason: 128,
  ring: 256,
} as const;

/** Length of the ring in commands. */
export const RING_LENGTH = 1024;
/** Most bytes of a reason. */
export const REASON_BYTES = 512;
/** Words of the whole block. */
export const CONTROL_WORDS = CONTROL.ring + RING_LENGTH;

/** Words of a program before its phases, and of each phase: entry, tasks, args, 0. */
export const PROGRAM_HEADER_WORDS = 4;
export const PHASE_WORDS = 4;

/** Words of the arguments of a phase, 16-byte aligned. */
export const argumentWords = ({ args }: Phase): number => 4 * Math.ceil(args.length / 2);

/** Words of the program of a command. */
export const programWords = (phases: readonly Phase[]): number =>
  phases.reduce((sum, phase) => sum + PHASE_WORDS + argumentWords(phase), PROGRAM_HEADER_WORDS);

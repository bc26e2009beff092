import { fault } from "../core/errors.js";
import { hash32 } from "../core/random.js";
import type { OptimizerState } from "../optimizer/deviceOptimizer.js";
import type { Iteration } from "./types.js";

/** Everything that `fit` needs to go on with the same bits. Plain data: it can be cloned, stored and sent. */
export interface FitCheckpoint {
  readonly format: "tomograd-fit-checkpoint/1";
  /** Steps done. */
  readonly iteration: number;
  /** [nz][ny][nx], x fastest. */
  readonly volume: Float32Array | Float64Array;
  readonly optimizer: OptimizerState;
  /** Random numbers drawn so far. */
  readonly drawn: number;
  readonly history: readonly Iteration[];
  /** Of the options, the geometry and the data: a checkpoint continues only the run that it comes from. */
  readonly fingerprint: string;
}

/** A hash of plain data and arrays; equal input gives equal text. */
export function fingerprint(plain: unknown, arrays: readonly (Float32Array | Float64Array)[]): string {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  const mix = (word: number) => {
    low = hash32((low ^ word) >>> 0);
    high = hash32((high + low) >>> 0);
  };
  const text = JSON.stringify(plain);
  for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
  for (const array of arrays) {
    const words = new Uint32Array(array.buffer, array.byteOffset, array.byteLength >>> 2);
    // a prime stride keeps the cost of large stacks small and still visits every view
    const stride = words.length > 1 << 20 ? 61 : 1;
    mix(words.length);
    for (let i = 0; i < words.length; i += stride) mix(words[i]);
  }
  return low.toString(16).padStart(8, "0") + high.toString(16).padStart(8, "0");
}

/** @throws INVALID_ARGUMENT (defect `wrong-checkpoint`) */
export function checkFingerprint(checkpoint: FitCheckpoint, expected: string): void {
  if (checkpoint.format !== "tomograd-fit-checkpoint/1")
    throw fault("INVALID_ARGUMENT", `a checkpoint of fit is needed, this is '${checkpoint.format}'`, {
      defect: "wrong-checkpoint",
    });
  if (checkpoint.fingerprint !== expected)
    throw fault(
      "INVALID_ARGUMENT",
      "the checkpoint belongs to another run: options, geometry, data or backend differ; start anew or restore them",
      { defect: "wrong-checkpoint", expected, found: checkpoint.fingerprint },
    );
}

import type { DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { hash32 } from "../core/random.js";
import type { Iteration } from "./types.js";

/** Numbers of a state as they are stored: float64 from `reference`, float32 from other backends. */
export type StateValues = Float32Array | Float64Array;

/** One array of a state that is fetched when it is asked for. */
export interface StateArray {
  readonly type: "f32" | "f64";
  readonly length: number;
  read(): Promise<StateValues>;
}

interface State<A> {
  readonly format: "tomograd-checkpoint/1";
  /** The method's name, as in `used.method`. */
  readonly method: string;
  /** Iterations done. */
  readonly iteration: number;
  /** By name; `volume` ([nz][ny][nx], x fastest) is the reconstruction. */
  readonly arrays: Readonly<Record<string, A>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly history: readonly Iteration[];
  /** Of the options, the geometry and the data: a checkpoint continues only the run that it comes from. */
  readonly fingerprint: string;
}

/** Everything that a method needs to go on with the same bits. Plain data: it can be cloned, stored and sent. */
export interface Checkpoint extends State<StateValues> {}

/**
 * A checkpoint whose arrays are still on the device (or in a file): they are read one by one, so that no second copy of
 * a large state is needed. That of `onCheckpoint` can be read until the callback's promise is settled.
 */
export interface LiveCheckpoint extends State<StateArray> {}

/** Reads all arrays of a checkpoint into memory. */
export async function holdCheckpoint(checkpoint: Checkpoint | LiveCheckpoint): Promise<Checkpoint> {
  const arrays: Record<string, StateValues> = {};
  for (const name of Object.keys(checkpoint.arrays)) arrays[name] = await readArray(checkpoint, name);
  return { ...checkpoint, history: [...checkpoint.history], arrays };
}

/** One array of a checkpoint. @throws INVALID_ARGUMENT (defect `wrong-checkpoint`) if it has none of that name */
export async function readArray(checkpoint: Checkpoint | LiveCheckpoint, name: string): Promise<StateValues> {
  const array = checkpoint.arrays[name];
  if (!array)
    throw fault("INVALID_ARGUMENT", `the checkpoint lacks the array '${name}'; it belongs to another method`, {
      defect: "wrong-checkpoint",
    });
  return "read" in array ? await array.read() : array;
}

/** An array of a state on the device. */
export function liveArray(array: DeviceArray): StateArray {
  return {
    type: array.backend.name === "reference" ? "f64" : "f32",
    length: array.length,
    read: () => array.backend.download(array) as Promise<StateValues>,
  };
}

/** A hash of plain data and arrays; equal input gives equal text. */
export function fingerprint(plain: unknown, arrays: readonly ArrayBufferView[]): string {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  const mix = (word: number) => {
    low = hash32((low ^ word) >>> 0);
    high = hash32((high + low) >>> 0);
  };
  const text = JSON.stringify(plain);
  for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
  for (const array of arrays) {
    const bytes = new DataView(array.buffer, array.byteOffset, array.byteLength);
    const words = bytes.byteLength >>> 2;
    // a prime stride keeps the cost of large stacks small and still visits every view
    const stride = words > 1 << 20 ? 61 : 1;
    mix(bytes.byteLength);
    for (let i = 0; i < words; i += stride) mix(bytes.getUint32(4 * i, true));
    for (let i = 4 * words; i < bytes.byteLength; i++) mix(bytes.getUint8(i));
  }
  return low.toString(16).padStart(8, "0") + high.toString(16).padStart(8, "0");
}

/** Checkpoints that may be continued on another backend than they come from. */
const movable = new WeakSet<object>();

/** The same checkpoint for a run of the same options, geometry and data on another backend, which rounds differently. */
export function movedCheckpoint<C extends Checkpoint | LiveCheckpoint>(checkpoint: C): C {
  const moved = { ...checkpoint };
  movable.add(moved);
  return moved;
}

/** @throws INVALID_ARGUMENT (defect `wrong-checkpoint`) */
export function checkCheckpoint(
  checkpoint: Checkpoint | LiveCheckpoint,
  method: string,
  expectedFingerprint: string,
): void {
  if (checkpoint.format !== "tomograd-checkpoint/1" || checkpoint.method !== method)
    throw fault(
      "INVALID_ARGUMENT",
      `a checkpoint of ${method} is needed, this is '${checkpoint.format}' of ${checkpoint.method}`,
      { defect: "wrong-checkpoint" },
    );
  if (checkpoint.fingerprint !== expectedFingerprint && !movable.has(checkpoint))
    throw fault(
      "INVALID_ARGUMENT",
      "the checkpoint belongs to another run: options, geometry, data or backend differ; start anew or restore them",
      { defect: "wrong-checkpoint", expected: expectedFingerprint, found: checkpoint.fingerprint },
    );
}

import { fault } from "../core/errors.js";
import { readNpy, readVolume, toSource } from "../io/index.js";
import type { Volume } from "../volume/grid.js";
import type { Session } from "./session.js";

/** Numbers to compare: a volume (with its place in the world) or a stack of images. */
export interface StackOrVolume {
  readonly kind: "volume" | "stack";
  /** Volume: nx, ny, nz. Stack: views, rows, columns. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Int16Array | Uint8Array;
  readonly volume?: Volume;
}

/** `.npy` is a stack, everything else a volume. @throws what the readers throw; SHAPE_MISMATCH for other than 2 or 3 axes */
export async function readStackOrVolume(path: string, session: Session): Promise<StackOrVolume> {
  if (!/\.npy$/i.test(path)) {
    const volume = await readVolume(path, { signal: session.signal });
    for (const warning of volume.warnings) session.warn(warning);
    return { kind: "volume", shape: volume.grid.size, values: volume.values, volume };
  }
  const { shape, values } = await readNpy(await toSource(path));
  if (shape.length !== 2 && shape.length !== 3)
    throw fault(
      "SHAPE_MISMATCH",
      `${path} must hold [view][row][column] or [row][column], its shape is (${shape.join(", ")})`,
      {
        defect: "bad-dimension",
      },
    );
  const real = values instanceof Float64Array || values instanceof Float32Array ? values : Float32Array.from(values);
  return { kind: "stack", shape: shape.length === 2 ? [1, ...shape] : shape, values: real };
}

import { fault, type Warning } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import type { ReadVolumeOptions } from "./types.js";

/**
 * The volume that an array [nz][ny][nx], [ny][nx] or [frame][nz][ny][nx] holds.
 * @throws SHAPE_MISMATCH (`bad-dimension`), INVALID_ARGUMENT if there is no such frame
 */
export function arrayShape(
  shape: readonly number[],
  { frame }: ReadVolumeOptions,
): { size: Vec3; frames: number; frame: number; warnings: Warning[] } {
  if (shape.length < 2 || shape.length > 4 || shape.includes(0))
    throw fault("SHAPE_MISMATCH", `a volume has three axes [nz][ny][nx], this array has shape (${shape.join(", ")})`, {
      defect: "bad-dimension",
      shape,
    });
  const [frames, nz, ny, nx] = [...[1, 1, 1].slice(shape.length - 1), ...shape];
  if (frame !== undefined && !(Number.isInteger(frame) && frame >= 0 && frame < frames))
    throw fault("INVALID_ARGUMENT", `the array holds ${frames} volumes; there is no number ${frame}`, {
      defect: "out-of-range",
    });
  const message = `the array holds ${frames} volumes, the first is read; choose with 'frame'`;
  return {
    size: [nx, ny, nz],
    frames,
    frame: frame ?? 0,
    warnings: frames > 1 && frame === undefined ? [{ defect: "several-volumes", message }] : [],
  };
}

import { fault, type Warning } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { chooseFrame } from "./frame.js";
import type { ReadVolumeOptions } from "./types.js";

/**
 * The volume that an array [nz][ny][nx], [ny][nx] or [frame][nz][ny][nx] holds.
 * @throws SHAPE_MISMATCH (`bad-dimension`), INVALID_ARGUMENT if there is no such frame
 */
export function arrayShape(
  shape: readonly number[],
  options: ReadVolumeOptions,
): { size: Vec3; frames: number; frame: number; warnings: Warning[] } {
  if (shape.length < 2 || shape.length > 4 || shape.includes(0))
    throw fault("SHAPE_MISMATCH", `a volume has three axes [nz][ny][nx], this array has shape (${shape.join(", ")})`, {
      defect: "bad-dimension",
      shape,
    });
  const [frames, nz, ny, nx] = [...[1, 1, 1].slice(shape.length - 1), ...shape];
  const warnings: Warning[] = [];
  return { size: [nx, ny, nz], frames, frame: chooseFrame(frames, options, "the array", warnings), warnings };
}

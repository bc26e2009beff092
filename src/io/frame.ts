import { fault, type Warning } from "../core/errors.js";
import { counted } from "../core/words.js";
import type { ReadVolumeOptions } from "./types.js";

/**
 * Which of several volumes is read, with a warning where nobody chose.
 * @throws INVALID_ARGUMENT (`out-of-range`) if there is no such volume
 */
export function chooseFrame(
  frames: number,
  options: Pick<ReadVolumeOptions, "frame">,
  name: string,
  warnings: Warning[],
): number {
  const frame = options.frame ?? 0;
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames)
    throw fault("INVALID_ARGUMENT", `${name} holds ${counted(frames, "volume")}; there is no number ${frame}`, {
      defect: "out-of-range",
    });
  if (frames > 1 && options.frame === undefined)
    warnings.push({
      defect: "several-volumes",
      message: `the file holds ${frames} volumes, the first is read; choose with 'frame'`,
    });
  return frame;
}

import type { Warning } from "../core/errors.js";
import type { Detector, Trajectory } from "../geometry/index.js";
import { type ReadGeometryOptions, readGeometry } from "../io/index.js";

/** What the command line says of a detector, for geometry files that do not. */
export interface DetectorChoice {
  readonly size?: readonly [number, number];
  readonly pixel?: readonly [number, number];
}

/** The part of a detector that was asked for. */
export const askedDetector = ({ size, pixel }: DetectorChoice): Partial<Detector> => ({
  ...(size && { rows: size[0], columns: size[1] }),
  ...(pixel && { pixelSize: pixel }),
});

/** The views of a geometry file of any format; `--size` and `--pixel` tell what the file does not say. @throws as `readGeometry` */
export const readViews = (
  path: string,
  choice: DetectorChoice,
  options: Omit<ReadGeometryOptions, "detector" | "onWarning"> = {},
  warn?: (warning: Warning) => void,
): Promise<Trajectory> =>
  readGeometry(path, { ...options, detector: askedDetector(choice), ...(warn && { onWarning: warn }) });

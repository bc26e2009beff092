/** The trajectories of the page: those of `tomograd simulate`, with its defaults. */
import { circularTrajectory, helicalTrajectory, shortScanTrajectory, type Trajectory } from "tomograd";
import { fittingPixel, randomSphereTrajectory } from "tomograd/geometry";
import { type Grid, gridCenter, gridCorners } from "tomograd/volume";
import type { ScanRequest } from "./protocol";

/** Turns of a helical scan, and how far it goes along z in each, as a share of the volume's height. */
const HELIX = { turns: 3, pitch: 1 / 3 };

/** @throws INVALID_GEOMETRY where the distances make no sense */
export function trajectoryOf(asked: ScanRequest, grid: Grid): Trajectory {
  const { rows, columns, views, sid, sdd, seed } = asked;
  const build = (pixel: number): Trajectory => {
    const detector = { rows, columns, pixelSize: [pixel, pixel] } as const;
    const gantry = { detector, isocenter: gridCenter(grid), sid, sdd };
    switch (asked.trajectory) {
      case "circular":
        return circularTrajectory({ ...gantry, views });
      case "short-scan":
        return shortScanTrajectory({ ...gantry, views });
      case "helical":
        return helicalTrajectory({ ...gantry, views, ...helixOf(grid) });
      case "random":
        return randomSphereTrajectory({ ...gantry, views, seed });
    }
  };
  return build(asked.pixel ?? fittingPixel(build(1).views, { rows, columns }, gridCorners(grid)));
}

/** mm for each turn. */
export const helixOf = ({ size, indexToWorld: m }: Grid): { readonly turns: number; readonly pitch: number } => ({
  turns: HELIX.turns,
  pitch: HELIX.pitch * size[2] * Math.hypot(m[2], m[6], m[10]),
});

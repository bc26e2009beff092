/** Sets a registration up: scenes at all resolutions, unknowns, start and bound. */
import { fault } from "../core/errors.js";
import type { Matrix4, Vec3 } from "../core/linear.js";
import type { DeviceVolume } from "../projector/types.js";
import type { Grid } from "../volume/grid.js";
import { gridCenter, matchAxes } from "../volume/gridFrame.js";
import { checkOptions } from "./checkOptions.js";
import { extended, imagePyramid, type LevelImage, trimmed } from "./imagePyramid.js";
import { type Candidate, intrinsicCount, type Layout } from "./layout.js";
import type { Comparison } from "./objective.js";
import { stagesOf } from "./recipe.js";
import { render } from "./renderer.js";
import type { RecipeInput } from "./runRecipe.js";
import type { RegistrationOptions } from "./types.js";
import type { VolumePyramid } from "./volumePyramid.js";
import { checkXRays, nameOf, type XRay } from "./xray.js";

/** The bound of a search box: a turn and a shift in any direction can be sqrt 3 of one axis; a tenth for the search to move in. */
const BOUND = 1.1 * Math.sqrt(3);
const WORLD_Z = 2;

/** One body: its volume at three resolutions, what its motion turns about, and the one that its search begins with. */
export interface Body {
  readonly levels: readonly DeviceVolume[];
  readonly center: Vec3;
  readonly start: Matrix4;
}

/** Everything that is the same for all recipes. */
export type Problem = Omit<RecipeInput, "signal" | "report" | "count">;

/** @throws as `checkXRays` and `checkOptions`; INVALID_GEOMETRY (`volume-not-seen`) */
export async function setUp(
  bodies: readonly Body[],
  pyramid: Pick<VolumePyramid, "backend" | "grid">,
  xrays: readonly XRay[],
  options: Omit<RegistrationOptions, "start">,
): Promise<Problem> {
  checkXRays(xrays);
  const { search: box = { rotationDeg: 45, translation: 30 }, seed = 0, model = "joseph", refine = [] } = options;
  checkOptions(
    options,
    bodies.map((body) => body.start),
    box,
  );
  const levelImages = levelsOf(xrays);
  const levels = levelImages.length;
  const layout: Layout = {
    centers: bodies.map(({ center }) => center),
    views: xrays.length,
    refine,
    starts: bodies.map((body) => body.start),
    bound: {
      rotation: Math.min(Math.PI, (BOUND * box.rotationDeg * Math.PI) / 180),
      translation: BOUND * box.translation,
    },
  };
  const cutAxis = options.mask === "none" ? undefined : axisAlong(pyramid.grid, WORLD_Z);
  const comparisons = levelImages.map(
    (images, level): Comparison => ({
      scene: {
        backend: pyramid.backend,
        bodies: bodies.map((body) => body.levels[body.levels.length - levels + level]),
        detector: images[0].detector,
        views: images.map(({ view }) => view),
        layout,
        model,
      },
      fixed: images.map(({ values }) => values),
      counted: images.map(({ mask }) => mask),
      cutAxis,
    }),
  );
  const start: Candidate = {
    motions: layout.starts,
    intrinsics: xrays.map(() => new Array<number>(intrinsicCount(layout)).fill(0)),
  };
  await refuseEmptyViews(comparisons[0], start, xrays);
  const sides = levelImages.map(([{ detector }]) => Math.min(detector.rows, detector.columns));
  return { comparisons, stages: stagesOf(levels, sides), layout, start, box, seed };
}

/**
 * Coarsest first, all X-rays of a resolution on detectors of one size: those of fewer pixels are extended by some that do
 * not count. Pixels may differ in size. There are as many resolutions as the smallest image allows.
 */
function levelsOf(xrays: readonly XRay[]): LevelImage[][] {
  const pyramids = xrays.map(({ detector, view, ...xray }) => {
    const mask = xray.mask && Uint8Array.from(xray.mask, (counts) => (counts === 0 ? 0 : 1));
    return imagePyramid(trimmed({ values: Float64Array.from(xray.values), mask, detector, view }));
  });
  const levels = Math.min(...pyramids.map(({ length }) => length));
  return Array.from({ length: levels }, (_, level) => {
    const images = pyramids.map((images) => images[images.length - levels + level]);
    const [rows, columns] = (["rows", "columns"] as const).map((side) =>
      Math.max(...images.map(({ detector }) => detector[side])),
    );
    return images.map((image) => extended(image, rows, columns));
  });
}

/** The axis of an array that runs nearest to a world axis. */
function axisAlong(grid: Grid, world: number): 0 | 1 | 2 {
  return matchAxes(grid).findIndex((match) => match.world === world) as 0 | 1 | 2;
}

async function refuseEmptyViews({ scene }: Comparison, start: Candidate, xrays: readonly XRay[]): Promise<void> {
  const { images } = await render(scene, [start], false);
  const n = scene.detector.rows * scene.detector.columns;
  xrays.forEach((xray, view) => {
    if (images.subarray(view * n, (view + 1) * n).some((value) => value !== 0)) return;
    throw fault(
      "INVALID_GEOMETRY",
      `${nameOf(xray, view)}: no ray meets the volume at the start; expected a view that sees it, about ${gridCenter(scene.bodies[0].grid).map(Math.round)} mm; correct the view, the start or the affine of the volume`,
      { defect: "volume-not-seen", view },
    );
  });
}

/** Images of the way that a registration took. */
import type { Backend } from "../backend/backend.js";
import type { Model } from "../backend/kernels.js";
import { fault, throwIfAborted } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { Detector, View } from "../geometry/view.js";
import { createProjector, type DeviceVolume, toDevice, toHost } from "../projector/index.js";
import type { Volume } from "../volume/grid.js";
import { bodyOf, checkLabels } from "./bodyOf.js";
import { binned, binnedView, type LevelImage } from "./imagePyramid.js";
import type { RegistrationStep } from "./types.js";
import { backendOf, createVolumePyramid, type VolumePyramid } from "./volumePyramid.js";
import { checkSize, nameOf, type XRay } from "./xray.js";

/** Options of `renderTrace`: what was registered, as it was given there. */
export interface RenderTraceOptions {
  /** Needed with a volume; a pyramid has its own. */
  readonly backend?: Backend;
  /** Of a pyramid its finest level is rendered, whatever `longerSide`. */
  readonly volume: Volume | VolumePyramid;
  /** With the volume as such, where `registerBodies` found the bodies. */
  readonly labels?: Volume;
  readonly bodies?: readonly (readonly number[])[];
  readonly xrays: readonly XRay[];
  /** Of a result, a part of it, or any steps with the views of every body. */
  readonly trace: readonly Pick<RegistrationStep, "views">[];
  /**
   * Images of more pixels along a side are rendered by blocks of whole pixels; up to 256 from the voxels that the search
   * sees, means of some millimeters, beyond that from all. @default 256
   */
  readonly longerSide?: number;
  /** @default "joseph" */
  readonly model?: Model;
  readonly signal?: AbortSignal;
}

/** An X-ray and how it was rendered at every step, all [row][column] of one detector. */
export interface TraceImages {
  readonly detector: Detector;
  /** The X-ray by means of blocks of pixels. */
  readonly measured: Float64Array;
  /** Line integrals through all bodies, one image a step. */
  readonly rendered: readonly Float64Array[];
}

const OPTIONS: readonly (keyof RenderTraceOptions)[] = [
  ...(["backend", "volume", "labels", "bodies", "xrays", "trace", "longerSide", "model", "signal"] as const),
];

/**
 * What the X-rays would have looked like at every step of a registration, for a look at its way, an animation or figures:
 * line integrals along whole rays, as the search compares them, but in the unit of the volume and without its tone curve.
 *
 * Nothing is kept from the search: a step's `views` say all, so that any callback may ask for its images too.
 * @returns one entry an X-ray
 * @throws SHAPE_MISMATCH (`length`, `grid-mismatch`), INVALID_ARGUMENT (`no-backend`, `contradictory-options`,
 * `out-of-range`, `shared-label`, `empty-body`, `wrong-quantity`, `unknown-option`), NOT_FINITE, ABORTED
 */
export async function renderTrace(options: RenderTraceOptions): Promise<TraceImages[]> {
  refuseUnknownOptions("renderTrace", options, OPTIONS);
  const { volume, xrays, trace, longerSide = 256, model = "joseph", signal } = options;
  const backend = backendOf(options);
  check(options);
  const levels = xrays.map((xray) => reduced(xray, longerSide));
  const images = levels.map(({ detector: { rows, columns } }) => trace.map(() => new Float64Array(rows * columns)));
  for (const [body, part] of bodiesOf(options).entries()) {
    using seen = "levels" in volume || longerSide > SEARCHED ? undefined : createVolumePyramid(backend, part());
    using all = "levels" in volume || seen ? undefined : toDevice(backend, part());
    const x = all ?? finest(seen ?? (volume as VolumePyramid));
    for (const [i, { detector, factor }] of levels.entries()) {
      throwIfAborted(signal);
      const views = trace.map((step) => binnedView(step.views[body][i], factor));
      await addRenderings(x, detector, views, model, images[i]);
    }
  }
  return levels.map(({ detector, values }, i) => ({ detector, measured: values, rendered: images[i] }));
}

/** Pixels of the longer side for which the voxels of the search suffice. */
const SEARCHED = 256;

const finest = ({ levels }: VolumePyramid): DeviceVolume => levels[levels.length - 1];

/** The volumes that are rendered, each made when its turn comes. */
function bodiesOf({ volume, labels, bodies }: RenderTraceOptions): (() => Volume)[] {
  if (!labels || !bodies) return [() => volume as Volume];
  return bodies.map((wanted) => () => bodyOf(volume as Volume, labels, wanted).body);
}

function check({ volume, labels, bodies, xrays, trace, longerSide = 256 }: RenderTraceOptions): void {
  if (!(longerSide >= 1))
    throw fault("INVALID_ARGUMENT", `found longerSide = ${longerSide}; expected 1 pixel and more`, {
      defect: "out-of-range",
      field: "longerSide",
    });
  if ((labels === undefined) !== (bodies === undefined) || (labels && "levels" in volume))
    throw fault(
      "INVALID_ARGUMENT",
      "found labels, bodies or a volume without the others; expected both with the volume itself, or neither; give what registerBodies had",
      { defect: "contradictory-options" },
    );
  if (labels && bodies) checkLabels(volume as Volume, labels, bodies);
  xrays.forEach((xray, i) => {
    checkSize(xray, nameOf(xray, i));
  });
  const count = bodies?.length ?? 1;
  for (const { views } of trace)
    for (const [found, expected, what] of [
      [views.length, count, "bodies"],
      ...views.map((own) => [own.length, xrays.length, "X-rays"] as const),
    ] as const)
      if (found !== expected)
        throw fault(
          "SHAPE_MISMATCH",
          `found a step with views of ${found} ${what}; expected ${expected}; give what was registered`,
          { defect: "length", expected, length: found },
        );
}

/** By means of blocks of pixels, so that the longer side has at most so many. */
function reduced({ values, detector, view }: RenderTraceOptions["xrays"][number], most: number) {
  const factor = Math.ceil(Math.max(detector.rows, detector.columns) / most);
  const level: LevelImage = { values: Float64Array.from(values), mask: undefined, detector, view };
  return { ...binned(level, factor), factor };
}

async function addRenderings(
  x: DeviceVolume,
  detector: Detector,
  views: readonly View[],
  model: Model,
  sums: readonly Float64Array[],
): Promise<void> {
  if (views.length === 0) return;
  using A = createProjector({ backend: x.array.backend, grid: x.grid, detector, views, model, extent: "line" });
  using y = A.apply(x);
  const { values } = await toHost(y);
  sums.forEach((sum, k) => {
    for (let i = 0; i < sum.length; i++) sum[i] += values[k * sum.length + i];
  });
}

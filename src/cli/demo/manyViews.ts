import type { Backend } from "../../backend/backend.js";
import { cArmView, circularTrajectory, type Detector, type Trajectory, type View } from "../../geometry/index.js";
import { psnr, ssim3d } from "../../metric/index.js";
import { createProjector, type DeviceVolume, type Projector, toDevice, toHost } from "../../projector/index.js";
import { fit, type Iteration } from "../../reconstruction/index.js";
import type { Grid, Projections, Volume } from "../../volume/grid.js";
import { gridCenter } from "../../volume/index.js";
import { type ImagePair, squareDetector } from "./oneView.js";

export interface ManyViewsStory {
  readonly losses: readonly Iteration[];
  readonly volume: Volume;
  readonly psnrVolume: number;
  readonly ssimVolume: number;
  /** Mean over the novel views: half-way between the trained angles, and one 10 mm closer. */
  readonly psnrNovel: number;
  readonly closer: ImagePair;
  readonly halfway: ImagePair;
  readonly turned90: ImagePair;
  /** On a detector of 200 x 200 pixels of 2 mm. */
  readonly fullCloser: ImagePair;
  readonly fullTurned90: ImagePair;
  readonly trajectory: Trajectory;
  readonly seconds: number;
}

const VIEWS = 120;
const SID = 850;
const SDD = 1020;
/** As many pixels as voxels across, 400 mm in all: 128 x 128 of 3.125 mm for the CT as it ships. */
const detectorOf = ({ size: [pixels] }: Grid): Detector => squareDetector(pixels);
const FULL_DETECTOR: Detector = { rows: 200, columns: 200, pixelSize: [2, 2] };
const SUBSETS = 10;
const PASSES = 12;

/** Scores a volume at the novel views against the truth, both through the same operator. */
async function comparePairs(A: Projector, truth: DeviceVolume, found: DeviceVolume): Promise<ImagePair[]> {
  using trueImages = A.apply(truth);
  using foundImages = A.apply(found);
  const [t, f] = [await toHost(trueImages), await toHost(foundImages)];
  const count = A.detector.rows * A.detector.columns;
  return A.views.map((view, i) => {
    const part = [i * count, (i + 1) * count] as const;
    const image = (values: Projections["values"]): Projections => ({
      detector: A.detector,
      views: [view],
      about: "",
      values,
    });
    const pair = { truth: image(t.values.subarray(...part)), found: image(f.values.subarray(...part)) };
    return { ...pair, psnr: psnr(pair.found.values, pair.truth.values) };
  });
}

/** The novel views: half-way between the trained angles, then 10 mm closer. */
function novelViews(isocenter: readonly [number, number, number], detector: Detector): View[] {
  const halfway = circularTrajectory({ detector, sid: SID, sdd: SDD, isocenter, views: VIEWS, startDeg: 180 / VIEWS });
  return [...halfway.views, cArmView({ detector, sdd: SDD, isocenter, translation: [0, SID - 10, 0] })];
}

/** Image pairs at every novel view, and their mean PSNR, dB; `A`: of any views of the scan. */
export async function scoreNovelViews(A: Projector, truth: DeviceVolume, found: DeviceVolume) {
  using novel = A.withViews(novelViews(gridCenter(A.grid), A.detector));
  const pairs = await comparePairs(novel, truth, found);
  return { pairs, psnrNovel: pairs.reduce((sum, pair) => sum + pair.psnr, 0) / pairs.length };
}

/** The operator of the 120 views on a grid. */
export function scanProjector(backend: Backend, grid: Grid): Projector {
  const { views } = scanTrajectory(grid);
  return createProjector({ backend, grid, detector: detectorOf(grid), views });
}

const scanTrajectory = (grid: Grid): Trajectory =>
  circularTrajectory({ detector: detectorOf(grid), sid: SID, sdd: SDD, isocenter: gridCenter(grid), views: VIEWS });

/**
 * The other end of the story: 120 views over 360 degrees, attenuation in 1/mm, gradient descent with 10 ordered subsets
 * and a decaying rate. Data and reconstruction share the operator: this shows what views bring, not what a scanner gives.
 */
export async function manyViewsStory(
  backend: Backend,
  attenuation: Volume,
  onProgress: (fraction: number, text: string) => void,
): Promise<ManyViewsStory> {
  const started = performance.now();
  const isocenter = gridCenter(attenuation.grid);
  const trajectory = scanTrajectory(attenuation.grid);
  using A = scanProjector(backend, attenuation.grid);
  using truth = toDevice(backend, attenuation);
  using images = A.apply(truth);
  const projections = await toHost(images);
  const iterations = PASSES * SUBSETS;
  const run = await fit(A, projections, {
    iterations,
    subsets: SUBSETS,
    onIteration: ({ iteration, value }) =>
      onProgress(
        (iteration + 1) / iterations,
        `120 views: step ${iteration + 1} of ${iterations}, loss ${value.toPrecision(3)}`,
      ),
  });
  using found = run.volume;
  const volume = await toHost(found);
  const seconds = (performance.now() - started) / 1000;

  const { pairs, psnrNovel } = await scoreNovelViews(A, truth, found);
  const turned = (detector: Detector) =>
    cArmView({ detector, sdd: SDD, isocenter, rotationDeg: [90, 0, 0], translation: [0, SID, 0] });
  using side = A.withViews([turned(A.detector)]);
  const [turned90] = await comparePairs(side, truth, found);
  using full = createProjector({
    backend,
    grid: attenuation.grid,
    detector: FULL_DETECTOR,
    views: [novelViews(isocenter, FULL_DETECTOR)[VIEWS], turned(FULL_DETECTOR)],
  });
  const [fullCloser, fullTurned90] = await comparePairs(full, truth, found);
  return {
    losses: run.history,
    volume,
    psnrVolume: psnr(volume.values, attenuation.values as Float32Array),
    ssimVolume: ssim3d(volume.values, attenuation.values as Float32Array, { size: attenuation.grid.size }),
    psnrNovel,
    closer: pairs[VIEWS],
    halfway: pairs[0],
    turned90,
    fullCloser,
    fullTurned90,
    trajectory,
    seconds,
  };
}

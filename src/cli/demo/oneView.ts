import type { Backend } from "../../backend/backend.js";
import type { Vec3 } from "../../core/linear.js";
import { cArmView, type Detector, type View } from "../../geometry/index.js";
import { psnr } from "../../metric/index.js";
import { createProjector, toDevice, toHost } from "../../projector/index.js";
import { fit, type Iteration } from "../../reconstruction/index.js";
import type { Projections, Volume } from "../../volume/grid.js";
import { gridCenter } from "../../volume/index.js";

/** An exposure that the story shows. */
export interface Pose {
  readonly name: string;
  readonly rotationDeg: Vec3;
  readonly translation: Vec3;
}

/** DiffDRR's tutorial "volume reconstruction": the trained pose and its two novel ones; then two farther turns. */
export const POSES = {
  trained: { name: "trained view", rotationDeg: [0, 0, 0], translation: [0, 850, 0] },
  closer: { name: "10 mm closer", rotationDeg: [0, 0, 0], translation: [0, 840, 0] },
  rotated: { name: "turned by 1 degree", rotationDeg: [1, 0, 0], translation: [0, 850, 0] },
  turned30: { name: "turned by 30 degrees", rotationDeg: [30, 0, 0], translation: [0, 850, 0] },
  turned90: { name: "turned by 90 degrees", rotationDeg: [90, 0, 0], translation: [0, 850, 0] },
} as const satisfies Record<string, Pose>;

export type PoseName = keyof typeof POSES;

/** A true image and the reconstruction's, on one scale. */
export interface ImagePair {
  readonly truth: Projections;
  readonly found: Projections;
  readonly psnr: number;
}

export interface OneViewStory {
  readonly losses: readonly Iteration[];
  readonly volume: Volume;
  /** On the scale of the reconstruction. */
  readonly truth: Volume;
  readonly psnrVolume: number;
  readonly images: Readonly<Record<PoseName, ImagePair>>;
  /** The same on a detector of 200 x 200 pixels of 2 mm. */
  readonly fullImages: Readonly<Record<PoseName, ImagePair>>;
  readonly views: readonly View[];
  readonly detector: Detector;
  readonly seconds: number;
}

const SDD = 1020;
/** `pixels` x `pixels` over 400 mm. */
export const squareDetector = (pixels: number): Detector => ({
  rows: pixels,
  columns: pixels,
  pixelSize: [400 / pixels, 400 / pixels],
});
/** The seed's ratio of rays to voxels on the small CT: 64 x 64 rays for 128 x 128 x 67 voxels. */
const detectorOf = (nx: number): Detector => squareDetector(Math.round(nx / 2));
const FULL_DETECTOR: Detector = { rows: 200, columns: 200, pixelSize: [2, 2] };
const STEPS = 101;
const LEARNING_RATE = 1e-3;

/** View of a pose about the middle of the volume. */
const viewOf = (detector: Detector, isocenter: Vec3, { rotationDeg, translation }: Pose): View =>
  cArmView({ detector, sdd: SDD, isocenter, rotationDeg, translation });

/**
 * The seed's story: from zeros, 101 steps of Adam (1e-3) on the MSE of one view whose image is rescaled to [0, 1]; then
 * images at the trained pose and at novel ones, on that same scale.
 *
 * `density`: normalized density, 0..1.
 */
export async function oneViewStory(
  backend: Backend,
  density: Volume,
  onProgress: (fraction: number, text: string) => void,
): Promise<OneViewStory> {
  const started = performance.now();
  const names = Object.keys(POSES) as PoseName[];
  const isocenter = gridCenter(density.grid);
  const small = detectorOf(density.grid.size[0]);
  const views = names.map((name) => viewOf(small, isocenter, POSES[name]));
  using all = createProjector({ backend, grid: density.grid, detector: small, views });
  using device = toDevice(backend, density);
  using images = all.apply(device);
  const trueImages = await toHost(images);
  const pixels = small.rows * small.columns;
  const first = trueImages.values.subarray(0, pixels);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of first) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = 1 / (high - low);
  const rescale = (values: Float32Array | Float64Array) => Float32Array.from(values, (v) => scale * (v - low));

  using trained = all.withViews(views.slice(0, 1));
  const target = { detector: small, views: trained.views, about: "one view", values: rescale(first) };
  const run = await fit(trained, target, {
    iterations: STEPS,
    learningRate: LEARNING_RATE,
    decay: "none",
    nonNegative: false,
    quantity: "density",
    onIteration: ({ iteration, value }) =>
      onProgress((iteration + 1) / STEPS, `one view: step ${iteration + 1} of ${STEPS}, loss ${value.toPrecision(3)}`),
  });
  using found = run.volume;
  const volume = await toHost(found);
  const seconds = (performance.now() - started) / 1000;

  const pairs = async (detector: Detector) => {
    using A = all.withViews(views);
    using at =
      detector === small
        ? A
        : createProjector({
            backend,
            grid: density.grid,
            detector,
            views: names.map((name) => viewOf(detector, isocenter, POSES[name])),
          });
    using truthImages = at.apply(device);
    using foundImages = at.apply(found);
    const [t, f] = [await toHost(truthImages), await toHost(foundImages)];
    const count = detector.rows * detector.columns;
    const pair = (i: number): ImagePair => {
      const part = [i * count, (i + 1) * count] as const;
      const image = (values: Float32Array): Projections => ({ detector, views: [at.views[i]], about: "", values });
      const truth = image(rescale(t.values.subarray(...part)));
      const mine = image(Float32Array.from(f.values.subarray(...part)));
      return { truth, found: mine, psnr: psnr(mine.values, truth.values, { peak: 1 }) };
    };
    return Object.fromEntries(names.map((name, i) => [name, pair(i)])) as Record<PoseName, ImagePair>;
  };
  const truth: Volume = { ...density, values: Float32Array.from(density.values, (v) => scale * v) };
  return {
    losses: run.history,
    volume,
    truth,
    psnrVolume: psnr(volume.values, truth.values),
    images: await pairs(small),
    fullImages: await pairs(FULL_DETECTOR),
    views: trained.views,
    detector: small,
    seconds,
  };
}

/** Times both ways to an adjoint on the device: which is faster depends on its atomics, and these differ most between GPUs. */
import type { Backend } from "../backend.js";
import type { KernelArguments, Model } from "../kernels.js";
import { type AdjointWay, type AdjointWays, waysBy } from "./adjointWays.js";

/** A scan of 64³ voxels of 1 mm: enough work to fill a GPU, little enough not to be noticed. */
const SCENE = { size: 64, views: 16 } as const;
const ROUNDS = 5;
/** Index coordinates: source to the middle and to the detector, and a pixel, for each voxel across the grid. */
const [SID, SDD, PIXEL] = [4, 6, 1.6];
/**
 * The scatter has to be this much faster: it takes 8 bytes a voxel more, and what is nearly as fast must not be chosen
 * anew by the noise of every start, since the ways differ in their last bits.
 */
const LEAST_GAIN = 1.5;

interface MeasuredScene {
  /** Voxels and pixels across. */
  readonly size: number;
  readonly views: number;
}

/** Rays of views around z, as in `Rays.views`. */
function viewsAround({ size, views }: MeasuredScene): Float64Array {
  const middle = size / 2;
  const numbers = Array.from({ length: views }, (_, view) => {
    const angle = (2 * Math.PI * (view + 0.3)) / views;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const along = (PIXEL * (size - 1)) / 2;
    const behind = SID - SDD;
    return [
      ...[middle + SID * size * x, middle + SID * size * y, middle + 0.37],
      ...[middle + behind * size * x + along * y, middle + behind * size * y - along * x, middle - along],
      ...[-PIXEL * y, PIXEL * x, 0],
      ...[0, 0, PIXEL],
      ...[1, 1, 1, 0, 0, 0],
    ];
  });
  return Float64Array.from(numbers.flat());
}

/** Arguments on a backend, and what frees them. */
function prepare(backend: Backend, { size, views }: MeasuredScene) {
  const table = viewsAround({ size, views });
  const ones = new Float32Array(views * size * size).fill(1);
  const arrays = {
    out: backend.allocate({ kind: "volume", size: [size, size, size] }, "measured adjoint"),
    image: backend.upload(ones, { kind: "projections", views, rows: size, columns: size }, "measured image"),
    views: backend.upload(table, { kind: "flat", length: table.length }, "measured views", "f64"),
  };
  const args = (model: Model): KernelArguments["projectAdjoint"] => ({
    ...{ ...arrays, model, beam: "cone", extent: "segment", accumulate: false },
    ...(model === "trilinear" && { step: 0.5 }),
  });
  const dispose = () => {
    for (const array of Object.values(arrays)) array.dispose();
  };
  return { args, dispose };
}

type Times = { readonly [W in AdjointWay]: Readonly<Record<Model, number>> };

/** Milliseconds of an adjoint of each model: the least of some rounds, the ways in turn. */
async function timeAdjoints(backends: { readonly [W in AdjointWay]: Backend }, scene: MeasuredScene): Promise<Times> {
  const blank = () => ({ siddon: Infinity, joseph: Infinity, trilinear: Infinity });
  const least = { gather: blank(), scatter: blank() };
  const runs = (["gather", "scatter"] as const).map((way) => ({
    ...{ way, backend: backends[way] },
    ...prepare(backends[way], scene),
  }));
  try {
    // the first round compiles
    for (let round = -1; round < ROUNDS; round++)
      for (const model of ["siddon", "joseph", "trilinear"] as const)
        for (const { way, backend, args } of runs) {
          const started = performance.now();
          backend.run("projectAdjoint", args(model));
          await backend.idle();
          if (round >= 0) least[way][model] = Math.min(least[way][model], performance.now() - started);
        }
    return least;
  } finally {
    for (const { dispose } of runs) dispose();
  }
}

/** The gather, unless the scatter is faster by far. */
export const fasterWays = ({ gather, scatter }: Times): AdjointWays =>
  waysBy((model) => (LEAST_GAIN * scatter[model] < gather[model] ? "scatter" : "gather"));

/** Measures on two backends of the same GPU, one for each way. */
export async function measureAdjoints(
  open: (way: AdjointWay) => Promise<Backend>,
  scene: MeasuredScene = SCENE,
): Promise<AdjointWays> {
  await using gather = await open("gather");
  await using scatter = await open("scatter");
  return fasterWays(await timeAdjoints({ gather, scatter }, scene));
}

import type { Projector } from "../projector/types.js";
import { totalVariationOf } from "../regularizer/totalVariation.js";
import type { Projections } from "../volume/grid.js";
import { onesInside } from "./constraints.js";
import { curvatureOf, rangeOf } from "./curvature.js";
import { misfit, type Subset } from "./measurements.js";
import { checkLambda, totalVariationDual } from "./penalized.js";
import { type IterativeOptions, runMethod } from "./runMethod.js";
import { createLedger, createTally, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `pdhg` may be told. */
export interface PdhgOptions extends IterativeOptions {
  /** @default 1000 */
  readonly iterations?: number;
  /** Weight of total variation over the median curvature of the data term, in the unit of the volume: as in `fistaTv`. @default 1e-3 of the range */
  readonly lambda?: number;
}

/** Largest of |grad|²: twice the number of axes, squared differences of neighbors. */
const GRADIENT_NORM2 = 12;
const POWER_ITERATIONS = 20;

/**
 * Primal-dual hybrid gradient for 1/2 |sqrt(W) (A x - p)|² + lambda median(D) TV(x) within bounds, TV isotropic: slow, no
 * subsets, no inner loop and no smoothing, so a reference for `fistaTv` and `osSqs`. With a = |sqrt(W) A| and both blocks
 * of K = (A / a, grad / sqrt 12) of norm 1: y <- (y + s (A xb - p) / a) / (1 + s); q <- (q + s grad xb / sqrt 12) at most
 * l = lambda median(D) sqrt(12) / a² long; x' = x - s (Aᵀ y / a + gradᵀ q / sqrt 12) within the bounds; xb = 2 x' - x;
 * s² 2 = 0.98. `value` of the history: the objective at xb before the update. Memory: 10 volumes and twice the projections.
 * Source: Chambolle and Pock, J. Math. Imaging Vision 40(1), 2011; for tomography: Sidky, Jorgensen, Pan, Phys. Med. Biol. 57, 2012.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function pdhg(A: Projector, projections: Projections, options: PdhgOptions = {}): Promise<Run> {
  return runMethod(
    {
      name: "pdhg",
      own: ["lambda"],
      without: { subsets: "it uses all views at once; fistaTv has subsets" },
      iterations: 1000,
      settle: ({ lambda }: PdhgOptions) => {
        checkLambda(lambda, undefined);
        return { lambda: lambda ?? null };
      },
      async prepare(work, { lambda }) {
        const { x, bounds, resumed } = work;
        const { backend } = work.A;
        const [part] = work.parts;
        const numbers = work.numbers({ norm2: 0, range: 0 });
        const D = await curvatureOf(work, work.parts);
        const ahead = await work.stateVolume("ahead");
        const y = await work.state("y", part.image.array.shape);
        const dual = await totalVariationDual(work);
        const next = workVolume(work, "next");
        const flat = work.own(onesInside(work.A, undefined));
        if (!resumed) {
          backend.run("copy", { out: ahead.array, x: x.array });
          numbers.norm2 = await norm2(work, part);
          if (lambda === null) numbers.range = await firstRange();
        }
        const used = { lambda: lambda ?? 1e-3 * numbers.range };
        const weight = used.lambda * D.median;
        const step = Math.sqrt(0.98 / 2);
        const a = Math.sqrt(numbers.norm2);
        const radius = (weight * Math.sqrt(GRADIENT_NORM2)) / numbers.norm2;
        const ledger = createLedger(work);
        return {
          used: () => used,
          async step() {
            const price = totalVariationOf(ahead);
            misfit(part, ahead);
            ledger.noteMisfit(part.image);
            backend.run("axpby", { a: step / a / (1 + step), x: part.image.array, b: 1 / (1 + step), y });
            if (radius > 0)
              backend.run("totalVariationDualStep", {
                ...{ y: ahead.array, curvature: flat.array, ...dual, weight: 0, momentum: 0 },
                ...{ step: step / (radius * Math.sqrt(GRADIENT_NORM2)), lower: -Infinity, upper: Infinity },
              });
            backend.run("copy", { out: part.image.array, x: y });
            backproject(part);
            backend.run("axpby", { a: 1, x: x.array, b: -step / a, y: next.array });
            const { qx, qy, qz } = dual;
            const pull = (step * radius) / Math.sqrt(GRADIENT_NORM2);
            backend.run("totalVariationPrimal", {
              ...{ x: next.array, curvature: flat.array, qx, qy, qz, weight: pull, ...bounds },
            });
            if (work.mask) backend.run("multiply", { x: work.mask.array, y: next.array });
            backend.run("axpby", { a: 1, x: next.array, b: -1, y: x.array });
            ledger.noteUpdate(x, 1);
            backend.run("copy", { out: ahead.array, x: next.array });
            backend.run("axpby", { a: 1, x: x.array, b: 1, y: ahead.array });
            backend.run("copy", { out: x.array, x: next.array });
            const [found, variation] = await Promise.all([ledger.close(), price]);
            return { ...found, value: found.value + weight * variation };
          },
        };

        /** next <- (sqrt(W) A)ᵀ image */
        function backproject({ A: operator, rootWeights, image }: Subset): void {
          if (rootWeights) backend.run("multiply", { x: rootWeights.array, y: image.array });
          operator.adjoint(image, { out: next });
        }

        /** Range of the volume after one step of least squares from zero. */
        async function firstRange(): Promise<number> {
          misfit(part, x);
          backproject(part);
          backend.run("surrogateStep", {
            ...{ out: next.array, at: x.array, curvature: D.volume.array, scale: 1, delta: 1, weight: 0, ...bounds },
          });
          return rangeOf(next);
        }
      },
    },
    A,
    projections,
    options,
  );
}

/** |sqrt(W) A|², the largest eigenvalue of AᵀWA, from ones: its eigenvector has no negative voxel. */
async function norm2(work: Workspace, part: Subset): Promise<number> {
  const { backend } = work.A;
  using v = onesInside(work.A, work.mask);
  const squares = createTally(backend, work.own);
  let norm = 0;
  for (let i = 0; i < POWER_ITERATIONS; i++) {
    squares.addSquares(v.array);
    backend.run("axpby", { a: 0, x: work.x.array, b: 1 / Math.sqrt(await squares.take()), y: v.array });
    part.A.apply(v, { out: part.image });
    const { rootWeights, image } = part;
    if (rootWeights) backend.run("multiply", { x: rootWeights.array, y: image.array });
    squares.addSquares(image.array);
    norm = await squares.take();
    if (rootWeights) backend.run("multiply", { x: rootWeights.array, y: image.array });
    part.A.adjoint(image, { out: v });
    if (work.mask) backend.run("multiply", { x: work.mask.array, y: v.array });
  }
  return norm;
}

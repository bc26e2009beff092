import type { DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import type { Outcome } from "./iterate.js";
import { misfit } from "./measurements.js";
import { type Definition, type IterativeOptions, runMethod } from "./runMethod.js";
import { checkSeen, scalarsOf, squaresOf, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `cgls` and `lsqr` may be told. */
export interface KrylovOptions extends IterativeOptions {
  /** With noise, the volume is nearest to the truth after about 20; after that it fits the noise. @default 20 */
  readonly iterations?: number;
  /** Stop where |Aᵀ W (A x - p)| is smaller than this share of |Aᵀ W p|. @default 1e-6 */
  readonly gradientTolerance?: number;
}

/** Options that conjugate gradients cannot heed. */
export const KRYLOV_WITHOUT: Definition<KrylovOptions, object>["without"] = {
  subsets: "conjugate gradients use all views at once",
  lower: "conjugate gradients know no bounds; ossart does",
  upper: "conjugate gradients know no bounds; ossart does",
  nonNegative: "conjugate gradients know no bounds; ossart does",
};

/** Iterations after which the residual is computed anew from the volume, against the drift of rounding errors. */
const RESTART = 50;

/**
 * Conjugate gradients for the least squares of sqrt(W) (A x - p). Its scalars stay on the device.
 * `value` of the history: half the weighted sum of squares of A x - p after the update; `figures.gradient`:
 * |Aᵀ W (A x - p)| / |Aᵀ W p|.
 * Source: Hestenes and Stiefel, J. Res. Natl. Bur. Stand. 49(6), 1952; Björck, Numerical Methods for Least Squares
 * Problems, 1996, algorithm 7.4.1.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function cgls(A: Projector, projections: Projections, options: KrylovOptions = {}): Promise<Run> {
  return runMethod(
    {
      name: "cgls",
      own: ["gradientTolerance"],
      without: KRYLOV_WITHOUT,
      iterations: 20,
      nonNegative: false,
      settle: krylovSettings,
      prepare,
    },
    A,
    projections,
    options,
  );
}

/** @throws INVALID_ARGUMENT */
export function krylovSettings({ gradientTolerance = 1e-6 }: KrylovOptions) {
  checkShare("gradientTolerance", gradientTolerance);
  return { gradientTolerance };
}

async function prepare(work: Workspace, { gradientTolerance }: { gradientTolerance: number }) {
  const { x, tolerance } = work;
  const [part] = work.parts;
  const { backend } = work.A;
  const r = await work.state("residual", part.image.array.shape);
  const d = await work.stateVolume("direction");
  const g = await work.state("gradientSquared", { kind: "flat", length: 1 });
  const s = workVolume(work, "gradient");
  const scalars = scalarsOf(work, ["alpha", "minusAlpha", "next", "length", "norm", "squares"]);
  const numbers = work.numbers({ first: 0 });
  const { image } = part;

  /** r <- sqrt(w) (p - A x) */
  const restart = () => {
    misfit(part, x);
    backend.run("axpby", { a: -1, x: image.array, b: 0, y: r });
  };
  if (!work.resumed) {
    numbers.first = Math.sqrt(await squaresOf(backprojectData(work, s).array));
    if (numbers.first === 0) await checkSeen(work);
    restart();
    gradientOf(work, r, s);
    backend.run("copy", { out: d.array, x: s.array });
    backend.run("sumSquares", { out: g, x: s.array });
  }

  return {
    async step(iteration: number): Promise<Outcome> {
      part.A.apply(d, { out: image });
      if (part.rootWeights) backend.run("multiply", { x: part.rootWeights.array, y: image.array });
      // alpha = g / |q|²
      backend.run("sumSquares", { out: scalars.alpha, x: image.array });
      backend.run("reciprocalOrZero", { x: scalars.alpha, threshold: 0 });
      backend.run("multiply", { x: g, y: scalars.alpha });
      backend.run("axpby", { a: -1, x: scalars.alpha, b: 0, y: scalars.minusAlpha });
      if (tolerance > 0) backend.run("sumSquares", { out: scalars.length, x: d.array });
      backend.run("axpby", { a: scalars.alpha, x: d.array, b: 1, y: x.array });
      if ((iteration + 1) % RESTART === 0) restart();
      else backend.run("axpby", { a: scalars.minusAlpha, x: image.array, b: 1, y: r });
      gradientOf(work, r, s);
      // d <- s + (g' / g) d
      backend.run("sumSquares", { out: scalars.next, x: s.array });
      backend.run("reciprocalOrZero", { x: g, threshold: 0 });
      backend.run("multiply", { x: scalars.next, y: g });
      backend.run("axpby", { a: 1, x: s.array, b: g, y: d.array });
      backend.run("copy", { out: g, x: scalars.next });
      backend.run("sumSquares", { out: scalars.squares, x: r });
      if (tolerance > 0) backend.run("sumSquares", { out: scalars.norm, x: x.array });
      const names = ["squares", "next", "alpha", "length", "norm"] as const;
      const [squares, next, alpha, length, norm] = await Promise.all(
        names.map(async (name) => (await backend.download(scalars[name]))[0]),
      );
      const gradient = Math.sqrt(next) / (numbers.first || 1);
      return {
        value: squares / 2,
        residual: work.rms(squares),
        ...(tolerance > 0 && { change: (alpha * Math.sqrt(length)) / Math.sqrt(norm || 1) }),
        figures: { gradient },
        finished: gradient <= gradientTolerance,
      };
    },
  };
}

/** out <- Aᵀ sqrt(w) r inside the mask; r is whitened as `misfit` is. Changes the image of the subset if rays have weights. */
export function gradientOf({ A, parts: [part], mask }: Workspace, r: DeviceArray, out: DeviceVolume): void {
  const { image, rootWeights } = part;
  const from = rootWeights ? image : { ...image, array: r };
  if (rootWeights) {
    A.backend.run("copy", { out: image.array, x: r });
    A.backend.run("multiply", { x: rootWeights.array, y: image.array });
  }
  part.A.adjoint(from, { out });
  if (mask) A.backend.run("multiply", { x: mask.array, y: out.array });
}

/** out <- Aᵀ W p inside the mask. */
export function backprojectData(work: Workspace, out: DeviceVolume): DeviceVolume {
  gradientOf(work, work.parts[0].target.array, out);
  return out;
}

/** @throws INVALID_ARGUMENT */
export function checkShare(field: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw fault("INVALID_ARGUMENT", `${field} must be from 0 to below 1, not ${value}`, { field });
}

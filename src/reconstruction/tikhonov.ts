import { fault } from "../core/errors.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { backprojectData, checkShare, gradientOf, KRYLOV_WITHOUT, type KrylovOptions } from "./cgls.js";
import { curvatureOf } from "./curvature.js";
import type { Outcome } from "./iterate.js";
import { misfit } from "./measurements.js";
import { runMethod } from "./runMethod.js";
import { scalarsOf, squaresOf, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `tikhonov` may be told. */
export interface TikhonovOptions extends KrylovOptions {
  /** @default 50 */
  readonly iterations?: number;
  /** What is kept small: the differences of neighboring voxels, or the voxels. @default "gradient" */
  readonly penalty?: "gradient" | "identity";
  /** Weight of the penalty as a share of the data's median curvature (Aᵀ W A 1); more noise needs more. @default 0.01 */
  readonly lambda?: number;
}

interface TikhonovSettings {
  readonly penalty: "gradient" | "identity";
  readonly lambda: number;
  readonly gradientTolerance: number;
}

/**
 * Regularized least squares: minimizes |sqrt(W) (A x - p)|² / 2 + l |L x|² / 2 by conjugate gradients, l = lambda *
 * median(Aᵀ W A 1), L = 1 or forward differences (not divided by the spacing), so that LᵀL is minus the Laplacian with free
 * borders.
 * `value` of the history: that sum after the update; `figures.gradient`: the norm of its gradient over |Aᵀ W p|.
 * Source: Tikhonov, Soviet Math. Dokl. 4, 1963; Björck, Numerical Methods for Least Squares Problems, 1996, section 7.4.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function tikhonov(A: Projector, projections: Projections, options: TikhonovOptions = {}): Promise<Run> {
  return runMethod(
    {
      name: "tikhonov",
      own: ["penalty", "lambda", "gradientTolerance"],
      without: KRYLOV_WITHOUT,
      iterations: 50,
      nonNegative: false,
      settle,
      prepare,
    },
    A,
    projections,
    options,
  );
}

/** @throws INVALID_ARGUMENT */
function settle({ penalty = "gradient", lambda = 0.01, gradientTolerance = 1e-6 }: TikhonovOptions): TikhonovSettings {
  checkShare("gradientTolerance", gradientTolerance);
  if (penalty !== "gradient" && penalty !== "identity")
    throw fault("INVALID_ARGUMENT", `penalty must be gradient or identity, not '${penalty}'`, { field: "penalty" });
  if (!(lambda >= 0 && Number.isFinite(lambda)))
    throw fault("INVALID_ARGUMENT", `lambda must be a finite number from 0, not ${lambda}`, { field: "lambda" });
  return { penalty, lambda, gradientTolerance };
}

/**
 * Far above any difference of voxels: smoothed total variation with this delta is |L x|² / (2 delta) up to its 12th digit
 * and beyond, and its gradient LᵀL x / delta.
 */
const WIDE = 1e15;

async function prepare(work: Workspace, { penalty, lambda, gradientTolerance }: TikhonovSettings) {
  const { x, tolerance, mask } = work;
  const [part] = work.parts;
  const { backend } = work.A;
  const r = await work.state("residual", part.image.array.shape);
  const d = await work.stateVolume("direction");
  const g = await work.state("gradientSquared", { kind: "flat", length: 1 });
  const numbers = work.numbers({ first: 0, weight: 0 });
  const s = workVolume(work, "gradient");
  const curvature = work.resumed ? undefined : await curvatureOf(work, work.parts);
  const t = curvature?.volume ?? workVolume(work, "penalty");
  const scalars = scalarsOf(work, ["alpha", "minusAlpha", "next", "length", "norm", "squares", "rough"]);
  const { image } = part;

  /** out <- LᵀL v inside the mask */
  const penaltyOf = (v: DeviceVolume, out: DeviceVolume) => {
    if (penalty === "identity") return backend.run("copy", { out: out.array, x: v.array });
    backend.run("fill", { out: out.array, value: 0 });
    backend.run("totalVariationGradient", { out: out.array, x: v.array, delta: WIDE, weight: WIDE });
    if (mask) backend.run("multiply", { x: mask.array, y: out.array });
  };
  /** s <- -(gradient of the objective); rough <- |L x|² */
  const descent = () => {
    gradientOf(work, r, s);
    penaltyOf(x, t);
    backend.run("dot", { out: scalars.rough, x: x.array, y: t.array });
    backend.run("axpby", { a: -numbers.weight, x: t.array, b: 1, y: s.array });
  };
  if (curvature) {
    numbers.weight = lambda * curvature.median;
    numbers.first = Math.sqrt(await squaresOf(backprojectData(work, s).array));
    misfit(part, x);
    backend.run("axpby", { a: -1, x: image.array, b: 0, y: r });
    descent();
    backend.run("copy", { out: d.array, x: s.array });
    backend.run("sumSquares", { out: g, x: s.array });
  }

  return {
    async step(): Promise<Outcome> {
      part.A.apply(d, { out: image });
      if (part.rootWeights) backend.run("multiply", { x: part.rootWeights.array, y: image.array });
      // alpha = g / (|q|² + weight |L d|²)
      penaltyOf(d, t);
      backend.run("sumSquares", { out: scalars.alpha, x: image.array });
      backend.run("dot", { out: scalars.length, x: d.array, y: t.array });
      backend.run("axpby", { a: numbers.weight, x: scalars.length, b: 1, y: scalars.alpha });
      backend.run("reciprocalOrZero", { x: scalars.alpha, threshold: 0 });
      backend.run("multiply", { x: g, y: scalars.alpha });
      backend.run("axpby", { a: -1, x: scalars.alpha, b: 0, y: scalars.minusAlpha });
      if (tolerance > 0) backend.run("sumSquares", { out: scalars.length, x: d.array });
      backend.run("axpby", { a: scalars.alpha, x: d.array, b: 1, y: x.array });
      backend.run("axpby", { a: scalars.minusAlpha, x: image.array, b: 1, y: r });
      descent();
      // d <- s + (g' / g) d
      backend.run("sumSquares", { out: scalars.next, x: s.array });
      backend.run("reciprocalOrZero", { x: g, threshold: 0 });
      backend.run("multiply", { x: scalars.next, y: g });
      backend.run("axpby", { a: 1, x: s.array, b: g, y: d.array });
      backend.run("copy", { out: g, x: scalars.next });
      backend.run("sumSquares", { out: scalars.squares, x: r });
      if (tolerance > 0) backend.run("sumSquares", { out: scalars.norm, x: x.array });
      const names = ["squares", "next", "alpha", "length", "norm", "rough"] as const;
      const [squares, next, alpha, length, norm, rough] = await Promise.all(
        names.map(async (name) => (await backend.download(scalars[name]))[0]),
      );
      const gradient = Math.sqrt(next) / (numbers.first || 1);
      return {
        value: (squares + numbers.weight * rough) / 2,
        residual: work.rms(squares),
        ...(tolerance > 0 && { change: (alpha * Math.sqrt(length)) / Math.sqrt(norm || 1) }),
        figures: { gradient },
        finished: gradient <= gradientTolerance,
      };
    },
  };
}

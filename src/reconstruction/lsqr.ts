import type { Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { backprojectData, gradientOf, KRYLOV_WITHOUT, type KrylovOptions, krylovSettings } from "./cgls.js";
import type { Outcome } from "./iterate.js";
import { misfit } from "./measurements.js";
import { runMethod } from "./runMethod.js";
import { checkSeen, squaresOf, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/**
 * LSQR: least squares of sqrt(W) (A x - p) by Golub-Kahan bidiagonalization; in exact arithmetic the iterates of `cgls`,
 * safer where the problem is ill-conditioned. Its scalars are few and steer: they are kept on the host in float64.
 * `value` of the history: half the weighted sum of squares of A x - p after the update, by recurrence;
 * `figures.gradient`: |Aᵀ W (A x - p)| / |Aᵀ W p|.
 * Source: Paige and Saunders, ACM Trans. Math. Softw. 8(1), 1982.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function lsqr(A: Projector, projections: Projections, options: KrylovOptions = {}): Promise<Run> {
  return runMethod(
    {
      name: "lsqr",
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

async function prepare(work: Workspace, { gradientTolerance }: { gradientTolerance: number }) {
  const { x, tolerance } = work;
  const [part] = work.parts;
  const { backend } = work.A;
  const u = await work.state("u", part.image.array.shape);
  const v = await work.stateVolume("v");
  const w = await work.stateVolume("w");
  const t = workVolume(work, "backprojection");
  const { image } = part;
  const state = work.numbers({ first: 0, alpha: 0, rho: 0, phi: 0 });

  /** v <- (Aᵀ u - beta v) / alpha; returns alpha. */
  const nextV = async (beta: number) => {
    gradientOf(work, u, t);
    backend.run("axpby", { a: 1, x: t.array, b: -beta, y: v.array });
    const alpha = Math.sqrt(await squaresOf(v.array));
    backend.run("axpby", { a: 0, x: t.array, b: inverse(alpha), y: v.array });
    return alpha;
  };
  if (!work.resumed) {
    state.first = Math.sqrt(await squaresOf(backprojectData(work, t).array));
    if (state.first === 0) await checkSeen(work);
    misfit(part, x);
    state.phi = Math.sqrt(await squaresOf(image.array));
    backend.run("axpby", { a: -inverse(state.phi), x: image.array, b: 0, y: u });
    state.alpha = await nextV(0);
    state.rho = state.alpha;
    backend.run("copy", { out: w.array, x: v.array });
  }

  return {
    async step(): Promise<Outcome> {
      const { alpha } = state;
      part.A.apply(v, { out: image });
      if (part.rootWeights) backend.run("multiply", { x: part.rootWeights.array, y: image.array });
      backend.run("axpby", { a: 1, x: image.array, b: -alpha, y: u });
      const beta = Math.sqrt(await squaresOf(u));
      backend.run("axpby", { a: 0, x: image.array, b: inverse(beta), y: u });
      state.alpha = await nextV(beta);
      const rotated = Math.hypot(state.rho, beta) || 1;
      const [c, s] = [state.rho / rotated, beta / rotated];
      const [theta, step] = [s * state.alpha, (c * state.phi) / rotated];
      state.rho = -c * state.alpha;
      state.phi *= s;
      const length = tolerance > 0 ? await squaresOf(w.array) : 0;
      backend.run("axpby", { a: step, x: w.array, b: 1, y: x.array });
      backend.run("axpby", { a: 1, x: v.array, b: -theta / rotated, y: w.array });
      const gradient = (Math.abs(state.phi * c) * state.alpha) / (state.first || 1);
      return {
        value: state.phi ** 2 / 2,
        residual: work.rms(state.phi ** 2),
        ...(tolerance > 0 && { change: Math.abs(step) * Math.sqrt(length / ((await squaresOf(x.array)) || 1)) }),
        figures: { gradient },
        finished: gradient <= gradientTolerance,
      };
    },
  };
}

const inverse = (value: number) => (value > 0 ? 1 / value : 0);

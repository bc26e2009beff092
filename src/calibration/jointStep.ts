/** One Gauss-Newton step of volume and geometry together. */
import { invariant } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { deviceProjections, zerosLike } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import { geometryColumns, imageOf } from "./geometryColumns.js";
import { createGeometrySystem, type GeometryNumbers, product } from "./geometrySystem.js";
import { sharpened, sharpnessResponse } from "./sharpness.js";
import type { CommonParameter, ViewParameter } from "./viewMotion.js";

/** What a step works on. */
export interface JointStep {
  readonly A: Projector;
  /** Line integrals, [view][row][column]. */
  readonly measured: Float32Array;
  /** Changed in place. */
  readonly x: DeviceVolume;
  readonly own: readonly ViewParameter[];
  readonly shared: readonly CommonParameter[];
  readonly pivot: Vec3;
  /** Steps of conjugate gradients. */
  readonly inner: number;
  /** Weight of the prior of each number, own then shared, in units of the mean square of the residual in F. */
  readonly precision: readonly number[];
  readonly soFar: GeometryNumbers;
}

/** What a step found. */
export interface StepOutcome {
  /** The corrections of the geometry. */
  readonly numbers: GeometryNumbers;
  /** |A x - p|²_F where the step began. */
  readonly value: number;
  /** Root mean square of A x - p there. */
  readonly residual: number;
}

/**
 * Minimizes |A x + A dx + J d - p|²_F + prior(d) over the change dx of the volume and d of the geometry. For any dx the
 * best d is a small linear problem view by view; put back, dx minimizes |A dx - r|² in the metric
 * Q = F - F J (JᵀFJ + P)⁻¹ JᵀF (variable projection), by conjugate gradients on AᵀQA. The volume so cannot explain what a
 * view's own motion explains: an alternation of both needs many rounds to find that out.
 * With no free numbers it is a step of the reconstruction alone.
 * Source: Golub and Pereyra, SIAM J. Numer. Anal. 10(2), 1973.
 */
export async function jointStep(step: JointStep): Promise<StepOutcome> {
  const { A, measured, x, own, shared, soFar } = step;
  const { backend, views, detector } = A;
  const pixels = detector.rows * detector.columns;
  const names = [...own, ...shared];
  using response = sharpnessResponse(A);
  using dx = zerosLike(x, "change");
  using g = zerosLike(x, "gradient");
  using p = zerosLike(x, "direction");
  using q = zerosLike(x, "product");
  using scalar = backend.allocate({ kind: "flat", length: 1 }, "sum");
  const shape = { kind: "projections", views: views.length, ...sizes(detector) } as const;

  const dot = async (a: DeviceVolume, b?: DeviceVolume) => {
    if (b) backend.run("dot", { out: scalar, x: a.array, y: b.array });
    else backend.run("sumSquares", { out: scalar, x: a.array });
    return (await backend.download(scalar))[0];
  };
  const backproject = (images: Float32Array, out: DeviceVolume) => {
    using device = deviceProjections(backend.upload(images, shape, "images", "real"), detector, views);
    A.adjoint(device, { out });
  };
  const { image, columns } = await geometryColumns(A, x, names, step.pivot);
  const r = measured.map((value, i) => value - image[i]);
  const sharp = await sharpened(A, response, r);
  const value = product(sharp, r);
  const system = names.length
    ? createGeometrySystem({
        ...{ views: views.length, pixels, own: own.length, shared: shared.length, columns },
        sharpColumns: await sharpened(A, response, columns),
        weights: step.precision.map((precision) => (precision * Math.max(value, 1e-30)) / r.length),
      })
    : undefined;
  const eliminate = (images: Float32Array, from?: GeometryNumbers) => {
    system?.subtract(images, "FJ", system.numbersFor(images, from));
    return images;
  };

  backproject(eliminate(sharp.slice(), soFar), g);
  backend.run("copy", { out: p.array, x: g.array });
  let squares = await dot(g);
  for (let k = 0; k < step.inner && squares > 0; k++) {
    const Ap = await imageOf(A, p);
    backproject(eliminate(await sharpened(A, response, Ap)), q);
    const curvature = await dot(p, q);
    if (!(curvature > 0)) break;
    const length = squares / curvature;
    backend.run("axpby", { a: length, x: p.array, b: 1, y: dx.array });
    for (let i = 0; i < r.length; i++) r[i] -= length * Ap[i];
    backend.run("axpby", { a: -length, x: q.array, b: 1, y: g.array });
    const next = await dot(g);
    backend.run("axpby", { a: 1, x: g.array, b: next / squares, y: p.array });
    squares = next;
  }
  backend.run("axpby", { a: 1, x: dx.array, b: 1, y: x.array });
  const numbers = system?.numbersFor(await sharpened(A, response, r), soFar) ?? {
    perView: views.map(() => new Float64Array(0)),
    common: new Float64Array(0),
  };
  invariant(numbers.perView.length === views.length, "every view has its numbers");
  let sum = 0;
  for (let i = 0; i < measured.length; i++) sum += (measured[i] - image[i]) ** 2;
  return { numbers, value, residual: Math.sqrt(sum / measured.length) };
}

const sizes = ({ rows, columns }: Projector["detector"]) => ({ rows, columns });

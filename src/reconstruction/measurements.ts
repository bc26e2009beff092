import type { DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { deviceProjections, toDevice, zeroProjections } from "../projector/arrays.js";
import type { DeviceProjections, DeviceVolume, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";

/** One subset of views: its operator, its data, and a buffer for its images, which subsets of equal size share. */
export interface Subset {
  readonly A: Projector;
  /** Numbers of its views among all. */
  readonly views: readonly number[];
  /** Line integrals p, times sqrt(w) if rays are weighted. */
  readonly target: DeviceProjections;
  /** sqrt(w) of the rays; undefined: all weigh 1. */
  readonly rootWeights: DeviceProjections | undefined;
  readonly image: DeviceProjections;
}

/**
 * Refuses data that do not fit the operator or are not numbers; every value is looked at.
 * @throws SHAPE_MISMATCH, NOT_FINITE
 */
export function checkData(A: Projector, projections: Projections): void {
  const { rows, columns } = A.detector;
  if (projections.views.length !== A.views.length)
    throw fault(
      "SHAPE_MISMATCH",
      `the geometry has ${A.views.length} views, the projections ${projections.views.length}; give one image a view`,
      { defect: "view-count-mismatch" },
    );
  const expected = A.views.length * rows * columns;
  if (projections.values.length !== expected)
    throw fault(
      "SHAPE_MISMATCH",
      `${A.views.length} views of ${rows} x ${columns} pixels need ${expected} values, the projections hold ${projections.values.length}`,
      { defect: "truncated" },
    );
  checkFinite(
    projections.values,
    (i) => `projections must be finite: view ${Math.floor(i / (rows * columns))}, pixel ${i % (rows * columns)}`,
  );
}

/** Looks at every value. @throws NOT_FINITE: `where(index)` and the value */
export function checkFinite(values: ArrayLike<number>, where: (index: number) => string): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw fault("NOT_FINITE", `${where(i)} is ${values[i]}`, { defect: "not-finite", index: i });
}

/** Some views of numbers that lie as the projections: [view][row][column]. Belongs to the caller. */
export function uploadViews(
  A: Projector,
  from: Float32Array | Float64Array,
  numbers: readonly number[],
  label: string,
): DeviceProjections {
  const pixels = A.detector.rows * A.detector.columns;
  const size = numbers.length * pixels;
  const all = isAll(A, numbers);
  const values = all ? from : from instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  if (!all)
    for (const [i, view] of numbers.entries())
      values.set(from.subarray(view * pixels, (view + 1) * pixels), i * pixels);
  const views = numbers.map((view) => A.views[view]);
  return toDevice(A.backend, { detector: A.detector, views, about: "subset", values }, label);
}

const isAll = (A: Projector, views: readonly number[]): boolean =>
  views.length === A.views.length && views.every((view, i) => view === i);

/**
 * Uploads the images of some views, call by call. `own` is told of everything that must be disposed. `weights`: w of
 * each ray as the projections lie, checked by `checkWeights`.
 */
export function createSubsets(
  A: Projector,
  projections: Projections,
  own: <T extends Disposable>(resource: T) => T,
  weights?: Float32Array | Float64Array,
): (views: readonly number[]) => Subset {
  const images = new Map<number, DeviceArray>();
  const roots = weights?.map(Math.sqrt);
  return (views) => {
    const ofSubset = views.map((view) => A.views[view]);
    const target = own(uploadViews(A, projections.values, views, "target"));
    const rootWeights = roots && own(uploadViews(A, roots, views, "square roots of the weights"));
    if (rootWeights) A.backend.run("multiply", { x: rootWeights.array, y: target.array });
    const array = images.get(views.length) ?? own(zeroProjections(A.backend, A.detector, ofSubset, "image").array);
    images.set(views.length, array);
    const image = deviceProjections(array, A.detector, ofSubset);
    return { A: isAll(A, views) ? A : own(A.withViews(ofSubset)), views, target, rootWeights, image };
  };
}

/** image <- sqrt(w) (A x - p) */
export function misfit({ A, target, rootWeights, image }: Subset, x: DeviceVolume): void {
  A.apply(x, { out: image });
  if (rootWeights) A.backend.run("multiply", { x: rootWeights.array, y: image.array });
  A.backend.run("axpby", { a: -1, x: target.array, b: 1, y: image.array });
}

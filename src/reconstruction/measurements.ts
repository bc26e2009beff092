import { fault } from "../core/errors.js";
import { toDevice, zeroProjections } from "../projector/arrays.js";
import type { DeviceProjections, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";

/** One subset of views: its operator, its data, and the buffer its images go to. */
export interface Subset {
  readonly A: Projector;
  readonly target: DeviceProjections;
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
  for (let i = 0; i < expected; i++)
    if (!Number.isFinite(projections.values[i]))
      throw fault(
        "NOT_FINITE",
        `projections must be finite: view ${Math.floor(i / (rows * columns))}, pixel ${i % (rows * columns)} is ${projections.values[i]}`,
        { defect: "not-finite", index: i },
      );
}

/** Uploads the images of some views; `own` is told of everything that must be disposed. */
export function createSubset(
  A: Projector,
  projections: Projections,
  views: readonly number[],
  own: <T extends Disposable>(resource: T) => T,
): Subset {
  const pixels = A.detector.rows * A.detector.columns;
  const all = views.length === A.views.length;
  const values = all ? projections.values : new Float32Array(views.length * pixels);
  if (!all)
    for (const [i, view] of views.entries())
      values.set(projections.values.subarray(view * pixels, (view + 1) * pixels), i * pixels);
  const ofSubset = views.map((view) => A.views[view]);
  return {
    A: all ? A : own(A.withViews(ofSubset)),
    target: own(toDevice(A.backend, { detector: A.detector, views: ofSubset, about: "subset", values }, "target")),
    image: own(zeroProjections(A.backend, A.detector, ofSubset, "image")),
  };
}

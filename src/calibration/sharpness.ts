/** The metric in which residuals are measured. */
import type { DeviceArray } from "../backend/backend.js";
import { norm } from "../core/linear.js";
import { magnificationAt } from "../geometry/viewGeometry.js";
import type { Projector } from "../projector/types.js";
import { gridCenter, spacing } from "../volume/gridFrame.js";

/** Height of the response at frequency 0, cycles per column: keeps the metric positive definite there. */
const FLOOR = 0.01;
/** Cut-off in Nyquist frequencies of the voxels: finer details are errors of the model, not of the geometry. */
const CUT = 0.67;

/**
 * The frequency response (f64 table on the device) of the metric F of residuals along rows: F(f) = (|f| + 0.01) (1 +
 * cos(pi f / c)) / 2 up to the cut-off c, 0 above, f in cycles per column. Its ramp makes AᵀFA nearly the identity, so
 * that conjugate gradients need few steps; its end leaves out what the voxels cannot show: c is 0.67 of the Nyquist
 * frequency of the largest voxel side, seen on the detector, and at most 1/2. Belongs to the caller.
 */
export function sharpnessResponse(A: Projector): DeviceArray {
  const { columns } = A.detector;
  const center = gridCenter(A.grid);
  const pitch = norm(A.views[0].columnStep) / magnificationAt(A.views[0], center);
  const cut = Math.min(0.5, (CUT * 0.5 * pitch) / Math.max(...spacing(A.grid)));
  const length = 2 ** Math.ceil(Math.log2(2 * columns));
  const response = Float64Array.from({ length: length / 2 + 1 }, (_, i) => {
    const f = i / length;
    return f < cut ? ((f + FLOOR) * (1 + Math.cos((Math.PI * f) / cut))) / 2 : 0;
  });
  return A.backend.upload(response, { kind: "flat", length: response.length }, "response", "f64");
}

/** F times images, in a new array. @param images [view][row][column] */
export async function sharpened(A: Projector, response: DeviceArray, images: Float32Array): Promise<Float32Array> {
  const { rows, columns } = A.detector;
  const views = images.length / (rows * columns);
  using array = A.backend.upload(images, { kind: "projections", views, rows, columns }, "images", "real");
  A.backend.run("filterRows", { image: array, response });
  return Float32Array.from(await A.backend.download(array));
}

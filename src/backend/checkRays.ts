/** What must agree in the arguments of the projectors; each function returns what is wrong, or undefined. */
import { isPowerOfTwo } from "../core/fft.js";
import { type DeviceArray, describeShape } from "./backend.js";
import type { Discretization, FreeRays, KernelArguments, Rays } from "./kernels.js";

function wrongDiscretization({ model, step, interval, extent }: Discretization): string | undefined {
  if (model !== "siddon" && model !== "joseph" && model !== "trilinear")
    return `model is 'siddon', 'joseph' or 'trilinear', not '${model}'`;
  if (extent !== "segment" && extent !== "line") return `extent is 'segment' or 'line', not '${extent}'`;
  if (interval) {
    if (model !== "trilinear") return `an interval belongs to the trilinear model, not to '${model}'`;
    if (!(Number.isFinite(interval.from) && Number.isFinite(interval.to)))
      return `an interval is finite, not from ${interval.from} to ${interval.to}`;
    if (!(Number.isInteger(interval.samples) && interval.samples >= 2))
      return `an interval has 2 samples or more, not ${interval.samples}`;
  } else if (model === "trilinear" && !(step !== undefined && step > 0 && Number.isFinite(step)))
    return `the trilinear model needs a step in mm above 0 (or an interval), not ${step}`;
  return undefined;
}

export function wrongRays(args: Rays): string | undefined {
  const { beam, interval } = args;
  if (beam !== "cone" && beam !== "parallel") return `beam is 'cone' or 'parallel', not '${beam}'`;
  if (beam === "parallel" && interval) return "an interval needs a source; a parallel beam has none";
  return wrongDiscretization(args);
}

export function wrongFreeRays(args: FreeRays): string | undefined {
  const { metric } = args;
  if (metric.length === 6 && metric.every(Number.isFinite)) return wrongDiscretization(args);
  return `the metric is 6 finite numbers, not [${metric}]`;
}

export function wrongTable({ views }: Rays, image: DeviceArray): string | undefined {
  const count = image.shape.kind === "projections" ? image.shape.views : 0;
  if (views.length === 18 * count) return undefined;
  return `${count} views need a table of ${18 * count} numbers, not ${views.length}`;
}

export function wrongCount({ rays }: FreeRays, values: DeviceArray, each: number): string | undefined {
  if (values.length * 6 === rays.length * each) return undefined;
  return `a table of ${rays.length} numbers holds ${rays.length / 6} rays, ${values.length / each} are needed`;
}

export function wrongJacobian(jacobian: DeviceArray, image: DeviceArray): string | undefined {
  const [a, b] = [jacobian.shape, image.shape];
  if (a.kind !== "projections" || b.kind !== "projections") return "a jacobian is a stack of projections";
  if (a.views === 6 * b.views && a.rows === b.rows && a.columns === b.columns) return undefined;
  return `the jacobian is ${describeShape(a)}, ${6 * b.views} views of ${b.rows} x ${b.columns} are needed`;
}

export function wrongViewGradient({ out, jacobian, cotangent, firstView }: KernelArguments["viewGradient"]) {
  const [a, b] = [jacobian.shape, cotangent.shape];
  if (a.kind !== "projections" || b.kind !== "projections") return "jacobian and cotangent are projections";
  if (a.views % 6 !== 0) return `a jacobian has 6 images a view, not ${a.views} in all`;
  const views = a.views / 6;
  if (a.rows !== b.rows || a.columns !== b.columns || firstView + views > b.views)
    return `${views} views of the jacobian (${describeShape(a)}) from view ${firstView} of the cotangent (${describeShape(b)})`;
  return out.length === 12 * views ? undefined : `out holds ${out.length} numbers, ${12 * views} are needed`;
}

export function wrongResponse({ image, response }: KernelArguments["filterRows"]): string | undefined {
  const columns = image.shape.kind === "projections" ? image.shape.columns : 0;
  const length = 2 * (response.length - 1);
  if (isPowerOfTwo(length) && length >= columns) return undefined;
  return `a response of ${response.length} numbers means rows of ${length}, a power of two from ${columns} is needed`;
}

export function wrongMatrices({ image, matrices }: KernelArguments["backproject"]): string | undefined {
  const count = image.shape.kind === "projections" ? image.shape.views : 0;
  if (matrices.length === 12 * count) return undefined;
  return `${count} views need matrices of ${12 * count} numbers, not ${matrices.length}`;
}

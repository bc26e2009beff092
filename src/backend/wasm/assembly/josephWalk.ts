/** Joseph's integral of one ray in f64, each plane weighted by the part of its cells between source and end. */
import { chain } from "./chain";
import * as job from "./job";
import * as lines from "./lines";
import * as rays from "./rays";
import { addToGradientAlong, DIFFERENTIATE, SCATTER, setGradient } from "./walk";

/**
 * The ray aimed last, whose dominant axis is `axis` (`lines.useAxis` must have been called for it). SCATTER adds
 * value times the weights to the cells of planes [from, to).
 */
export function joseph(action: i32, value: f64, axis: i32, from: i32, to: i32): f64 {
  if (axis == 0)
    return walk(action, value, axis, from, to, rays.sx, rays.sz, rays.sy, rays.dx, rays.dz, rays.dy,
      job.gxx, job.gzz, job.gyy, job.gxz, job.gxy, job.gyz);
  if (axis == 1)
    return walk(action, value, axis, from, to, rays.sy, rays.sz, rays.sx, rays.dy, rays.dz, rays.dx,
      job.gyy, job.gzz, job.gxx, job.gyz, job.gxy, job.gxz);
  return walk(action, value, axis, from, to, rays.sz, rays.sy, rays.sx, rays.dz, rays.dy, rays.dx,
    job.gzz, job.gyy, job.gxx, job.gyz, job.gxz, job.gxy);
}

function walk(
  action: i32, value: f64, axis: i32, from: i32, to: i32, su: f64, sv: f64, sw: f64, du: f64, dv: f64, dw: f64,
  guu: f64, gvv: f64, gww: f64, guv: f64, guw: f64, gvw: f64,
): f64 {
  if (action == DIFFERENTIATE) setGradient(0, 0, 0, 0, 0, 0);
  const nu = lines.nu, nv = lines.nv, nw = lines.nw;
  const mv = dv / du;
  const mw = dw / du;
  const length = Math.sqrt(guu + mv * mv * gvv + mw * mw * gww + 2 * (mv * guv + mw * guw + mv * mw * gvw));
  const low = Math.min(su, su + du);
  const high = Math.max(su, su + du);
  const center: f64 = nu >> 1;
  let sum: f64 = 0, sumV: f64 = 0, sumSlopeV: f64 = 0, sumW: f64 = 0, sumSlopeW: f64 = 0;
  /** Change of `sum` as the lower and the upper of the two ends move along u. */
  let atLow: f64 = 0, atHigh: f64 = 0;
  const first = <i32>Math.floor(Math.max(0, Math.min(low, nu)));
  const end = <i32>Math.ceil(Math.min(nu, Math.max(high, 0)));
  for (let k = first; k < end; k++) {
    const weight = Math.min(<f64>(k + 1), high) - Math.max(<f64>k, low);
    if (!(weight > 0)) continue;
    const pv = sv - 0.5 + (<f64>k + 0.5 - su) * mv;
    const pw = sw - 0.5 + (<f64>k + 0.5 - su) * mw;
    if (!(pv > -1 && pv < nv && pw > -1 && pw < nw)) continue;
    const i = Math.floor(pv);
    const j = Math.floor(pw);
    const fv = pv - i;
    const fw = pw - j;
    const address = job.volume + (k * lines.strideU + <i32>i * lines.strideV + <i32>j * lines.strideW);
    const next = address + lines.strideW;
    if (action == SCATTER) {
      if (k < from || k >= to) continue;
      const scaled = weight * length * value;
      add(address, scaled * (1 - fw) * (1 - fv));
      add(address + lines.strideV, scaled * (1 - fw) * fv);
      add(next, scaled * fw * (1 - fv));
      add(next + lines.strideV, scaled * fw * fv);
      continue;
    }
    const low0: f64 = load<f32>(address), high0: f64 = load<f32>(address + lines.strideV);
    const low1: f64 = load<f32>(next), high1: f64 = load<f32>(next + lines.strideV);
    const row0 = low0 + fv * (high0 - low0);
    const row1 = low1 + fv * (high1 - low1);
    const here = row0 + fw * (row1 - row0);
    sum += weight * here;
    if (action == DIFFERENTIATE) {
      const alongV = weight * (high0 - low0 + fw * (high1 - low1 - high0 + low0));
      const alongW = weight * (row1 - row0);
      sumV += alongV;
      sumSlopeV += alongV * (<f64>k - center);
      sumW += alongW;
      sumSlopeW += alongW * (<f64>k - center);
      if (low > k) atLow -= here;
      if (high < k + 1) atHigh += here;
    }
  }
  if (action == DIFFERENTIATE) {
    chain(axis, 0.5, sum, sumV, sumSlopeV, sumW, sumSlopeW);
    if (du > 0) addToGradientAlong(axis, length * atLow, length * atHigh);
    else addToGradientAlong(axis, length * atHigh, length * atLow);
  }
  return length * sum;
}

// @ts-ignore: decorator
@inline
function add(address: usize, value: f64): void {
  store<f32>(address, load<f32>(address) + <f32>value);
}

/**
 * From derivatives of a line's sum to those with respect to source and end of its ray, in f64.
 *
 * The integral is I = l F(v, sv, w, sw) with v = s_v - offset + (kc + offset - s_u) sv at the center plane kc,
 * sv = d_v / d_u, l = sqrt(Guu + 2 sv Guv + ...) mm per plane; likewise w. It depends on the line, so that the
 * derivative along the ray vanishes at both points, but for ends inside the volume.
 */
import { setGradient } from "./gradient";
import * as job from "./job";
import * as rays from "./rays";

/**
 * Sets the gradient of the ray aimed last. `sum` is F; `byV`, `bySlopeV`, `byW`, `bySlopeW` its derivatives;
 * offset 0 (Siddon) or 1/2 (Joseph); atLow, atHigh the values at its lower and upper end along u, if inside the volume:
 * these ends are source and end, and move with them.
 */
export function chain(axis: i32, offset: f64, sum: f64, byV: f64, bySlopeV: f64, byW: f64, bySlopeW: f64, atLow: f64, atHigh: f64): void {
  if (axis == 0) {
    pull(
      rays.sx, rays.dx, rays.dz, rays.dy, job.nx >> 1, offset, job.gxx, job.gzz, job.gyy, job.gxz, job.gxy, job.gyz,
      sum, byV, bySlopeV, byW, bySlopeW, atLow, atHigh,
    );
    setGradient(sourceU, sourceW, sourceV, endU, endW, endV);
  } else if (axis == 1) {
    pull(
      rays.sy, rays.dy, rays.dz, rays.dx, job.ny >> 1, offset, job.gyy, job.gzz, job.gxx, job.gyz, job.gxy, job.gxz,
      sum, byV, bySlopeV, byW, bySlopeW, atLow, atHigh,
    );
    setGradient(sourceW, sourceU, sourceV, endW, endU, endV);
  } else {
    pull(
      rays.sz, rays.dz, rays.dy, rays.dx, job.nz >> 1, offset, job.gzz, job.gyy, job.gxx, job.gyz, job.gxz, job.gxy,
      sum, byV, bySlopeV, byW, bySlopeW, atLow, atHigh,
    );
    setGradient(sourceW, sourceV, sourceU, endW, endV, endU);
  }
}

let sourceU: f64 = 0;
let sourceV: f64 = 0;
let sourceW: f64 = 0;
let endU: f64 = 0;
let endV: f64 = 0;
let endW: f64 = 0;

function pull(
  su: f64, du: f64, dv: f64, dw: f64, center: f64, offset: f64,
  guu: f64, gvv: f64, gww: f64, guv: f64, guw: f64, gvw: f64,
  sum: f64, byV: f64, bySlopeV: f64, byW: f64, bySlopeW: f64, atLow: f64, atHigh: f64,
): void {
  const inverse = 1 / du;
  const mv = dv * inverse;
  const mw = dw * inverse;
  const length = Math.sqrt(guu + mv * mv * gvv + mw * mw * gww + 2 * (mv * guv + mw * guw + mv * mw * gvw));
  const height = center + offset - su;
  const atV = length * byV;
  const atW = length * byW;
  const slopeV = (length * bySlopeV + (sum * (gvv * mv + guv + gvw * mw)) / length + height * atV) * inverse;
  const slopeW = (length * bySlopeW + (sum * (gww * mw + guw + gvw * mv)) / length + height * atW) * inverse;
  const along = slopeV * mv + slopeW * mw;
  sourceU = along - atV * mv - atW * mw + length * (du > 0 ? -atLow : atHigh);
  sourceV = atV - slopeV;
  sourceW = atW - slopeW;
  endU = -along + length * (du > 0 ? atHigh : -atLow);
  endV = slopeV;
  endW = slopeW;
}

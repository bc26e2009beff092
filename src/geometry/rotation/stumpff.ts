import { cos, sin } from "../../core/trigonometry.js";

/**
 * The Stumpff functions c_m(x) = sum over k of (-x)^k / (2k + m)! and their derivatives, for x >= 0 and m = 0..3:
 * with a = sqrt(x): c_0 = cos a, c_1 = sin(a)/a, c_2 = (1 - cos a)/a², c_3 = (a - sin a)/a³.
 * They are entire, so rotations built from them have no singular point at angle 0.
 * The series is used below x = 1 (13 terms, remainder below 1e-26), the closed forms above.
 * Source: Stumpff, Himmelsmechanik I, 1959; dc_m/dx = (c_{m-1} - m c_m) / (2x).
 */
export function stumpff(m: 0 | 1 | 2 | 3, x: number): { value: number; derivative: number } {
  if (x < 1) return series(m, x);
  const value = closedForm(m, x);
  const before = m === 0 ? -x * closedForm(1, x) : closedForm((m - 1) as 0 | 1 | 2, x);
  return { value, derivative: (before - m * value) / (2 * x) };
}

function series(m: number, x: number): { value: number; derivative: number } {
  let term = 1;
  for (let i = 2; i <= m; i++) term /= i;
  let value = term;
  let derivative = 0;
  for (let k = 1; k <= 12; k++) {
    const ratio = -1 / ((2 * k + m - 1) * (2 * k + m));
    derivative += k * term * ratio;
    term *= ratio * x;
    value += term;
  }
  return { value, derivative };
}

function closedForm(m: 0 | 1 | 2 | 3, x: number): number {
  const a = Math.sqrt(x);
  if (m === 0) return cos(a);
  if (m === 1) return sin(a) / a;
  if (m === 2) return (2 * sin(a / 2) ** 2) / x;
  return (a - sin(a)) / (x * a);
}

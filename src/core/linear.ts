/**
 * Vectors of 3 and matrices of 3x3 and 4x4, float64, row-major, plain arrays.
 * Everything returns new arrays; nothing changes its arguments.
 */
import { fault } from "./errors.js";

/** A point or vector: x, y, z. */
export type Vec3 = readonly [number, number, number];
/** 9 numbers, row-major. */
export type Matrix3 = readonly number[];
/** 16 numbers, row-major. */
export type Matrix4 = readonly number[];

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, s: number): Vec3 => [a[0] * s, a[1] * s, a[2] * s];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const norm = (a: Vec3): number => Math.hypot(a[0], a[1], a[2]);
export const normalize = (a: Vec3): Vec3 => scale(a, 1 / norm(a));
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

export const IDENTITY3: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];
export const IDENTITY4: Matrix4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

export function multiply3(a: Matrix3, b: Matrix3): number[] {
  const out = new Array<number>(9);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) out[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
  return out;
}

export const transpose3 = (m: Matrix3): number[] => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];

export const apply3 = (m: Matrix3, v: Vec3): Vec3 => [
  m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
  m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
  m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
];

/** mᵀ v. */
export const applyTransposed3 = (m: Matrix3, v: Vec3): Vec3 => [
  m[0] * v[0] + m[3] * v[1] + m[6] * v[2],
  m[1] * v[0] + m[4] * v[1] + m[7] * v[2],
  m[2] * v[0] + m[5] * v[1] + m[8] * v[2],
];

export const determinant3 = (m: Matrix3): number =>
  m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);

/** Inverse by cofactors. @throws INVALID_GEOMETRY (defect `singular-affine`) if singular to working precision. */
export function inverse3(m: Matrix3): number[] {
  const cofactors = [
    m[4] * m[8] - m[5] * m[7],
    m[2] * m[7] - m[1] * m[8],
    m[1] * m[5] - m[2] * m[4],
    m[5] * m[6] - m[3] * m[8],
    m[0] * m[8] - m[2] * m[6],
    m[2] * m[3] - m[0] * m[5],
    m[3] * m[7] - m[4] * m[6],
    m[1] * m[6] - m[0] * m[7],
    m[0] * m[4] - m[1] * m[3],
  ];
  const determinant = m[0] * cofactors[0] + m[1] * cofactors[3] + m[2] * cofactors[6];
  const size = Math.hypot(...m);
  if (!(Math.abs(determinant) > 1e-14 * size ** 3))
    throw fault("INVALID_GEOMETRY", `a 3x3 matrix must be invertible, its determinant is ${determinant}: [${m}]`, {
      defect: "singular-affine",
      matrix: [...m],
    });
  return cofactors.map((c) => c / determinant);
}

export function multiply4(a: Matrix4, b: Matrix4): number[] {
  const out = new Array<number>(16);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++)
      out[4 * r + c] = a[4 * r] * b[c] + a[4 * r + 1] * b[4 + c] + a[4 * r + 2] * b[8 + c] + a[4 * r + 3] * b[12 + c];
  return out;
}

/** The upper left 3x3 of an affine. */
export const linearPart = (m: Matrix4): number[] => [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]];
/** The last column of an affine. */
export const translationPart = (m: Matrix4): Vec3 => [m[3], m[7], m[11]];
/** The affine with this linear part and translation. */
export const affine = (linear: Matrix3, translation: Vec3): number[] => [
  linear[0],
  linear[1],
  linear[2],
  translation[0],
  linear[3],
  linear[4],
  linear[5],
  translation[1],
  linear[6],
  linear[7],
  linear[8],
  translation[2],
  0,
  0,
  0,
  1,
];

/** Applies an affine to a point (w = 1). */
export const transformPoint = (m: Matrix4, p: Vec3): Vec3 => [
  m[0] * p[0] + m[1] * p[1] + m[2] * p[2] + m[3],
  m[4] * p[0] + m[5] * p[1] + m[6] * p[2] + m[7],
  m[8] * p[0] + m[9] * p[1] + m[10] * p[2] + m[11],
];

/** Applies the linear part of an affine to a vector (w = 0). */
export const transformVector = (m: Matrix4, v: Vec3): Vec3 => [
  m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
  m[4] * v[0] + m[5] * v[1] + m[6] * v[2],
  m[8] * v[0] + m[9] * v[1] + m[10] * v[2],
];

/** Inverse of an affine (last row 0 0 0 1). @throws INVALID_GEOMETRY if its linear part is singular. */
export function inverseAffine(m: Matrix4): number[] {
  const linear = inverse3(linearPart(m));
  return affine(linear, scale(apply3(linear, translationPart(m)), -1));
}

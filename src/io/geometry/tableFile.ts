/** Geometries that are tables of numbers: 3x4 projection matrices, or ASTRA's vectors; text, CSV, JSON lists or .npy. */
import { fault } from "../../core/errors.js";
import { cross, dot, norm, subtract, type Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { freeTrajectory } from "../../geometry/freeTrajectory.js";
import {
  decomposeProjectionMatrix,
  projectionMatrixToView,
  viewToProjectionMatrix,
} from "../../geometry/projectionMatrix.js";
import type { Trajectory } from "../../geometry/view.js";
import { viewGeometry } from "../../geometry/viewGeometry.js";
import { astraVectors } from "./fieldFiles.js";
import {
  badGeometry,
  missingDetector,
  neededSize,
  type ReadGeometryOptions,
  type WriteGeometryOptions,
} from "./types.js";

/** Numbers of a table, and how many belong to one view. */
export interface GeometryTable {
  readonly values: ArrayLike<number>;
  readonly perView: 6 | 12;
  /** Whether the table itself says that 12 numbers are three rows of four. */
  readonly matrices: boolean;
}

/** True if the first line that says something holds numbers alone. */
export function looksLikeTable(text: string): boolean {
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf("\n", start);
    const end = next < 0 ? text.length : next;
    const words = wordsOf(text.slice(start, Math.min(end, start + LONGEST_LINE)));
    if (words.length > 0) return words.every((word) => Number.isFinite(Number(word)));
    start = end + 1;
  }
  return false;
}

/** Characters of a line that are looked at to see what a file is. */
const LONGEST_LINE = 4096;

/** The numbers of a line, still as text. */
function wordsOf(line: string): string[] {
  const comment = line.indexOf("#");
  return (comment < 0 ? line : line.slice(0, comment)).split(/[\s,;[\]]+/).filter(Boolean);
}

/** Lines of 4 numbers (three a view), 12 or 6; commas, semicolons or blanks between, # begins a comment. @throws INVALID_GEOMETRY */
export function parseTable(text: string, name: string): GeometryTable {
  const values: number[] = [];
  let width: number | undefined;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const words = wordsOf(line);
    if (words.length === 0) continue;
    const numbers = words.map(Number);
    if (!numbers.every(Number.isFinite)) throw badGeometry(name, `line ${at + 1} is not all numbers: '${line.trim()}'`);
    width ??= numbers.length;
    if (numbers.length !== width)
      throw badGeometry(name, `line ${at + 1} has ${numbers.length} numbers, the first ${width}`);
    values.push(...numbers);
  }
  if (width === 4 && values.length % 12 === 0 && values.length > 0) return { values, perView: 12, matrices: true };
  return shapedTable(values, [values.length / (width ?? 1), width ?? 0], name);
}

/** The table of an array: (views, 3, 4), (3, 4), (views, 12) or (views, 6). @throws SHAPE_MISMATCH */
export function shapedTable(values: ArrayLike<number>, shape: readonly number[], name: string): GeometryTable {
  const matrices = shape.at(-1) === 4 && shape.at(-2) === 3 && (shape.length === 2 || shape.length === 3);
  if (matrices && values.length > 0) return { values, perView: 12, matrices };
  const last = shape.at(-1);
  if (shape.length === 2 && (last === 12 || last === 6) && values.length > 0)
    return { values, perView: last, matrices: false };
  throw fault(
    "SHAPE_MISMATCH",
    `${name}: a table of views has shape (views, 3, 4) for matrices, (views, 12) or (views, 6), not (${shape.join(", ")})`,
    { defect: "bad-geometry", shape },
  );
}

/** The table of JSON lists. @throws INVALID_GEOMETRY, SHAPE_MISMATCH */
export function listTable(content: readonly unknown[], name: string): GeometryTable {
  const shape: number[] = [];
  for (let inner: unknown = content; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const values = content.flat(3) as number[];
  const full = shape.reduce((a, b) => a * b, 1);
  if (values.length !== full || !values.every((value) => typeof value === "number" && Number.isFinite(value)))
    throw badGeometry(name, "its lists are not of one length, or do not hold numbers alone");
  return shapedTable(values, shape, name);
}

/**
 * What a table holds. Twelve numbers a view are matrices or ASTRA's vectors, whichever makes sense: pixels at right
 * angles and the same in all views.
 * @throws INVALID_ARGUMENT (`ambiguous-geometry`), INVALID_GEOMETRY (`bad-geometry`)
 */
export function tableFormat(table: GeometryTable, name: string, { format }: ReadGeometryOptions): "matrices" | "astra" {
  if (table.perView === 6) return "astra";
  if (table.matrices) return "matrices";
  if (format === "matrices" || format === "astra") return format;
  const views = split(table);
  const [matrices, astra] = [likeMatrices(views), likeAstra(views)];
  if (matrices === astra)
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: 12 numbers a view are 3x4 matrices or ASTRA's vectors, and these do not tell which: give the format`,
      { defect: "ambiguous-geometry" },
    );
  return matrices ? "matrices" : "astra";
}

/** The views of a table. @throws as `tableFormat`, INVALID_ARGUMENT (`missing-detector`), INVALID_GEOMETRY */
export function tableTrajectory(table: GeometryTable, name: string, options: ReadGeometryOptions): Trajectory {
  const views = split(table);
  const bad = views.findIndex((numbers) => !numbers.every(Number.isFinite));
  if (bad >= 0) throw badGeometry(name, `view ${bad} holds NaN or infinity`, { view: bad });
  if (tableFormat(table, name, options) === "matrices") return matrixTrajectory(views, name, options);
  const directions = views.every((numbers) => Math.abs(norm(start(numbers)) - 1) < 1e-6);
  if (directions && options.beam === undefined)
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: sources at 1 mm, or directions of parallel rays? give the beam, cone or parallel`,
      { defect: "ambiguous-geometry" },
    );
  return astraVectors(views, options.beam ?? "cone", `${name} (ASTRA)`, options);
}

function split({ values, perView }: GeometryTable): number[][] {
  const all = Array.from(values);
  return Array.from({ length: all.length / perView }, (_, k) => all.slice(k * perView, (k + 1) * perView));
}

const start = (numbers: readonly number[]): Vec3 =>
  numbers.length === 6 ? [numbers[0], numbers[1], 0] : [numbers[0], numbers[1], numbers[2]];

const alike = (lengths: readonly number[], tolerance: number) =>
  Math.max(...lengths) - Math.min(...lengths) <= tolerance * Math.max(...lengths);
const RIGHT_ANGLE = 1e-3;

function likeAstra(views: readonly (readonly number[])[]): boolean {
  const frames = views.map((n) => ({
    toDetector: subtract([n[3], n[4], n[5]], [n[0], n[1], n[2]]),
    u: [n[6], n[7], n[8]] as Vec3,
    v: [n[9], n[10], n[11]] as Vec3,
  }));
  return (
    frames.every(({ u, v, toDetector }) => {
      const normal = cross(u, v);
      const [area, far] = [norm(normal), norm(toDetector)];
      return (
        area > 0 &&
        Math.abs(dot(u, v)) < RIGHT_ANGLE * norm(u) * norm(v) &&
        Math.abs(dot(normal, toDetector)) > 0.2 * area * far
      );
    }) &&
    alike(
      frames.map(({ u }) => norm(u)),
      RIGHT_ANGLE,
    ) &&
    alike(
      frames.map(({ v }) => norm(v)),
      RIGHT_ANGLE,
    )
  );
}

function likeMatrices(views: readonly (readonly number[])[]): boolean {
  try {
    const cameras = views.map((p) => {
      if (p[8] === 0 && p[9] === 0 && p[10] === 0) {
        const [a, b]: Vec3[] = [
          [p[0], p[1], p[2]],
          [p[4], p[5], p[6]],
        ];
        return { fx: norm(a), fy: norm(b), skew: dot(a, b) / norm(b) };
      }
      const { intrinsics } = decomposeProjectionMatrix(p);
      return { fx: intrinsics[0], fy: intrinsics[4], skew: intrinsics[1] };
    });
    return (
      cameras.every(({ fx, skew }) => Math.abs(skew) < RIGHT_ANGLE * fx) &&
      alike(
        cameras.map(({ fx }) => fx),
        0.05,
      ) &&
      alike(
        cameras.map(({ fy }) => fy),
        0.05,
      )
    );
  } catch {
    return false;
  }
}

function matrixTrajectory(matrices: readonly number[][], name: string, options: ReadGeometryOptions): Trajectory {
  const what = `${name} (matrices)`;
  const size = neededSize(options.detector, what);
  const { pixelSize } = options.detector ?? {};
  const { sdd, pixelCenter = 0.5, isocenter } = options;
  const cone = matrices.some((p) => p[8] !== 0 || p[9] !== 0 || p[10] !== 0);
  if (cone && sdd === undefined && pixelSize === undefined)
    throw missingDetector(what, "how far the detector is (sdd, or the size of its pixels)");
  const distance = !cone ? {} : sdd !== undefined ? { sdd } : { pixelSize: pixelSize! };
  const shift = 0.5 - pixelCenter;
  const views = matrices.map((p) => {
    const centered = p.map((value, i) => (i < 8 ? value + shift * p[8 + (i % 4)] : value));
    return projectionMatrixToView(centered, { ...distance, ...(isocenter && { isocenter }) });
  });
  const detector = { ...size, pixelSize: pixelSize ?? viewGeometry(views[0]).pixelSize };
  return freeTrajectory({ detector, views, about: `${counted(views.length, "view")} of given matrices` });
}

/** P of every view, 12 numbers row by row; pixel centers at index + `pixelCenter`. */
export const matricesOf = ({ views }: Trajectory, { pixelCenter = 0.5 }: WriteGeometryOptions): number[][] =>
  views.map((view) => {
    const p = viewToProjectionMatrix(view);
    return p.map((value, i) => (i < 8 ? value + (pixelCenter - 0.5) * p[8 + (i % 4)] : value));
  });

/** Three lines of four numbers a view. */
export const formatMatrices = (trajectory: Trajectory, options: WriteGeometryOptions, separator: string): string =>
  matricesOf(trajectory, options)
    .map((p) => [0, 4, 8].map((at) => `${p.slice(at, at + 4).join(separator)}\n`).join(""))
    .join("");

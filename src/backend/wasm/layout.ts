/**
 * Where elements lie in the memory of the module; `assembly/` relies on the same rules.
 *
 * - volume: z fastest, then y, then x; zero padded by 2 cells before and after each axis, one more plane of x at the end.
 * - projections: [view][column][row], row fastest, rows padded with zeros to a multiple of 4.
 * - flat: one after another.
 *
 * All kinds end in at least 16 elements of slack, so that a pair or vector that starts at an element stays inside.
 * Padding and slack are 0 between commands.
 */
import type { ElementType, Shape } from "../backend.js";
import { checkType } from "../checks.js";

/** Strides and offsets in elements. An element is [plane][slow][fast] on the host, fast contiguous there. */
export interface Layout {
  readonly kind: Shape["kind"];
  readonly bytesPerElement: number;
  /** All of the allocation, padding and slack included, a multiple of 16. */
  readonly storedElements: number;
  /** Of element (0, 0, 0). */
  readonly offset: number;
  /** Volume: planes are y, fast is x, slow is z. Projections: views, columns, rows. Flat: 1, length, 1. */
  readonly planes: number;
  readonly fast: number;
  readonly slow: number;
  readonly hostPlane: number;
  readonly hostSlow: number;
  readonly devicePlane: number;
  readonly deviceFast: number;
}

export const BYTES_PER_ELEMENT: Readonly<Record<ElementType, number>> = { real: 4, f64: 8, u8: 1, u32: 4 };

/** Elements after the last one that may be read. */
const SLACK = 16;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Strides of a volume in elements: from x to x + 1, from y to y + 1 (z: 1), and the offset of voxel (0, 0, 0). */
export function volumeStrides(size: readonly [number, number, number]): { sx: number; sy: number; offset: number } {
  const sy = size[2] + 4;
  const sx = (size[1] + 4) * sy;
  return { sx, sy, offset: 2 * sx + 2 * sy + 2 };
}

/** Strides of projections in elements: from view to view, from column to column (row: 1). */
export function projectionStrides(shape: { rows: number; columns: number }): { view: number; column: number } {
  const column = roundUp(shape.rows, 4);
  return { view: shape.columns * column, column };
}

/** Bytes of an array, padding and slack included. */
export const storedBytes = ({ storedElements, bytesPerElement }: Layout): number => storedElements * bytesPerElement;

/** @throws INVALID_ARGUMENT (no such type) */
export function layoutOf(shape: Shape, type: ElementType): Layout {
  checkType(type);
  const bytesPerElement = BYTES_PER_ELEMENT[type];
  const stored = (elements: number) => roundUp(elements + SLACK, 16);
  const { kind } = shape;
  if (kind === "volume") {
    const [nx, ny, nz] = shape.size;
    const { sx, sy, offset } = volumeStrides(shape.size);
    return {
      kind,
      bytesPerElement,
      storedElements: stored((nx + 5) * sx),
      offset,
      planes: ny,
      fast: nx,
      slow: nz,
      hostPlane: nx,
      hostSlow: nx * ny,
      devicePlane: sy,
      deviceFast: sx,
    };
  }
  if (kind === "projections") {
    const { views, rows, columns } = shape;
    const { view, column } = projectionStrides(shape);
    return {
      kind,
      bytesPerElement,
      storedElements: stored(views * view),
      offset: 0,
      planes: views,
      fast: columns,
      slow: rows,
      hostPlane: rows * columns,
      hostSlow: columns,
      devicePlane: view,
      deviceFast: column,
    };
  }
  return {
    kind,
    bytesPerElement,
    storedElements: stored(shape.length),
    offset: 0,
    planes: 1,
    fast: shape.length,
    slow: 1,
    hostPlane: shape.length,
    hostSlow: shape.length,
    devicePlane: shape.length,
    deviceFast: 1,
  };
}

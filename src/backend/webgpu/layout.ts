/**
 * Where elements lie: in the order of the host (volumes x fastest, projections [view][row][column]), unpadded, cut into
 * parts that each fit one binding: volumes between planes of z, projections between views, flat arrays anywhere.
 */
import { fault } from "../../core/errors.js";
import { describeShape, type ElementType, type Shape, shapeLength } from "../backend.js";
import { checkType } from "../checks.js";

/** Elements [first, first + length) of an array: `units` whole planes, views or numbers from number `firstUnit` on. */
export interface Range {
  readonly first: number;
  readonly length: number;
  readonly firstUnit: number;
  readonly units: number;
}

/** Flat arrays are cut at multiples of this. */
const FLAT_GRAIN = 64;
/** Planes beside a part of a volume that must fit the same binding: kernels of neighbors copy it with them. */
const HALO_PLANES = 2;

/** Elements of a plane, a view or 1, and how many of them there are. */
function unitsOf(shape: Shape): readonly [number, number] {
  if (shape.kind === "volume") return [shape.size[0] * shape.size[1], shape.size[2]];
  if (shape.kind === "projections") return [shape.rows * shape.columns, shape.views];
  return [1, shape.length];
}

/**
 * The parts of an array; they depend on its shape alone, so that arrays of one shape are cut alike, whatever their type.
 * @throws OUT_OF_MEMORY where a plane with its neighbors, or a view, does not fit a binding
 */
export function rangesOf(shape: Shape, maxBindingBytes: number, label: string): readonly Range[] {
  const [unit, count] = unitsOf(shape);
  const most = Math.floor(maxBindingBytes / 4 / unit);
  if (count <= most) return [{ first: 0, length: shapeLength(shape), firstUnit: 0, units: count }];
  const step = shape.kind === "volume" ? most - HALO_PLANES : shape.kind === "flat" ? most - (most % FLAT_GRAIN) : most;
  if (step < 1)
    throw fault(
      "OUT_OF_MEMORY",
      `'${label}', ${describeShape(shape)}, has ${4 * unit} bytes in a ${shape.kind === "volume" ? "plane" : "view"}; a buffer of this device binds ${maxBindingBytes}, use a coarser grid or detector`,
      { label },
    );
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => {
    const units = Math.min(step, count - i * step);
    return { first: i * step * unit, length: units * unit, firstUnit: i * step, units };
  });
}

/** Bytes of a part on the device. */
export const partBytes = (length: number, type: ElementType): number =>
  type === "u8" ? 4 * Math.ceil(length / 4) : 4 * length;

/** Bytes of an array: its parts, or the float64 numbers of a table. @throws INVALID_ARGUMENT (no such type) */
export function storedBytes(ranges: readonly Range[], type: ElementType): number {
  checkType(type);
  return ranges.reduce((sum, { length }) => sum + (type === "f64" ? 8 * length : partBytes(length, type)), 0);
}

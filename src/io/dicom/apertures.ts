/** What of an X-ray image the beam reached: its collimator and its display shutter. */
import type { DataSet } from "dicom-parser";
import type { Warning } from "../../core/errors.js";
import { decimals } from "./frameGeometry.js";
import type { RadiographFacts } from "./radiographFacts.js";

/** An opening; pixels outside of it show nothing. Rows and columns count from 1, as DICOM has them; the edges of rectangles and circles lie within. */
export type Aperture = { readonly of: "collimator" | "shutter" } & (
  | {
      readonly shape: "RECTANGULAR";
      readonly left: number;
      readonly right: number;
      readonly upper: number;
      readonly lower: number;
    }
  | {
      readonly shape: "CIRCULAR";
      /** [row, column] */
      readonly center: readonly [number, number];
      /** Pixels along a row. */
      readonly radius: number;
    }
  | {
      readonly shape: "POLYGONAL";
      /** [row, column] of each, closed from the last to the first. */
      readonly vertices: readonly (readonly [number, number])[];
    }
);

/** Elements of the two modules have numbers alike: PS3.3 C.8.7.3 (X-Ray Collimator) and C.7.6.11 (Display Shutter). */
const MODULES = [
  ["collimator", "x001817"],
  ["shutter", "x001816"],
] as const;

/** Every opening of an image; one without the numbers that its shape needs is left out, with a warning. */
export function aperturesOf(set: DataSet, name: string, warnings: Warning[]): readonly Aperture[] | undefined {
  const found = MODULES.flatMap(([of, group]) => {
    const shapes = (set.string(`${group}00`) ?? "").split("\\").map((word) => word.trim());
    return shapes.flatMap((shape): Aperture[] => {
      const opening = openingOf(set, group, shape);
      if (opening) return [{ of, ...opening }];
      if (shape !== "")
        warnings.push({
          defect: "inconsistent-header",
          message: `${name}: its ${of} is ${shape}, but the file does not say where it opens; it is taken as open`,
        });
      return [];
    });
  });
  return found.length > 0 ? found : undefined;
}

type Opening = Aperture extends infer A ? (A extends Aperture ? Omit<A, "of"> : never) : never;

function openingOf(set: DataSet, group: string, shape: string): Opening | undefined {
  const numbers = (element: string) => {
    const values = decimals(set, `${group}${element}`);
    return values.every(Number.isFinite) ? values : [];
  };
  if (shape === "RECTANGULAR") {
    const [[left], [right], [upper], [lower]] = ["02", "04", "06", "08"].map(numbers);
    return left <= right && upper <= lower ? { shape, left, right, upper, lower } : undefined;
  }
  if (shape === "CIRCULAR") {
    const [[row, column], [radius]] = ["10", "12"].map(numbers);
    return Number.isFinite(row + column) && radius > 0 ? { shape, center: [row, column], radius } : undefined;
  }
  const flat = shape === "POLYGONAL" ? numbers("20") : [];
  if (flat.length < 6 || flat.length % 2 > 0) return undefined;
  const vertices = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const);
  return { shape: "POLYGONAL", vertices };
}

/**
 * The mask of a radiograph for registration, [row][column]: 1 within all its openings, 0 in the shadow of collimator and
 * shutter. Undefined if the file names none, or if no pixel would be left.
 */
export function apertureMask({
  rows,
  columns,
  pixelSize,
  apertures = [],
}: Pick<RadiographFacts, "rows" | "columns" | "pixelSize" | "apertures">): Uint8Array | undefined {
  if (apertures.length === 0) return undefined;
  const aspect = pixelSize ? pixelSize[1] / pixelSize[0] : 1;
  const mask = Uint8Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns) + 1, (i % columns) + 1];
    return apertures.every((aperture) => holds(aperture, row, column, aspect)) ? 1 : 0;
  });
  return mask.includes(1) ? mask : undefined;
}

function holds(aperture: Aperture, row: number, column: number, aspect: number): boolean {
  if (aperture.shape === "RECTANGULAR") {
    const { left, right, upper, lower } = aperture;
    return column >= left && column <= right && row >= upper && row <= lower;
  }
  if (aperture.shape === "CIRCULAR") {
    const [y, x] = aperture.center;
    return Math.hypot((row - y) * aspect, column - x) <= aperture.radius;
  }
  return inPolygon(aperture.vertices, row, column);
}

/** Even-odd rule: how many edges a ray along the row crosses. */
function inPolygon(vertices: readonly (readonly [number, number])[], row: number, column: number): boolean {
  let inside = false;
  vertices.forEach(([y, x], i) => {
    const [nextY, nextX] = vertices[(i + 1) % vertices.length];
    if (y > row !== nextY > row && column < x + ((row - y) / (nextY - y)) * (nextX - x)) inside = !inside;
  });
  return inside;
}

/** Landmarks that were found in the CT and in the X-rays: lines of a text file. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fault } from "../core/errors.js";
import { inverseAffine, transformPoint, type Vec3 } from "../core/linear.js";
import { type Grid, gridCorners, spacing } from "../volume/index.js";
import type { XRayImage } from "./xrayImage.js";

/** One point of the patient and where one X-ray shows it. */
export interface Landmark {
  /** RAS mm. */
  readonly point: Vec3;
  /** Pixel centers at 0, 1, ... */
  readonly column: number;
  readonly row: number;
  /** Number of the X-ray image, from 0. */
  readonly xray: number;
}

/** What the columns of a file are where it has no line of names. */
const COLUMNS = ["x", "y", "z", "column", "row", "xray"];

/**
 * Lines of x, y, z (RAS mm), column, row (pixel centers at 0, 1, ...) and the number of the X-ray from 1 (may be left out
 * if there is one), with commas, semicolons, tabs or spaces in between. A first line may name the columns in another
 * order; lines that begin with # are left out.
 * @throws UNSUPPORTED_FORMAT (`not-landmarks`), INVALID_GEOMETRY (`landmarks-off-volume`, `landmarks-off-detector`)
 */
export async function readLandmarks(path: string, images: readonly XRayImage[], grid: Grid): Promise<Landmark[]> {
  const name = basename(path);
  const lines = (await readFile(path, "utf8"))
    .split(/\r?\n/)
    .map((line, i) => ({ words: line.trim().split(/\s*[,;\t]\s*|\s+/), number: i + 1 }))
    .filter(({ words }) => words[0] !== "" && !words[0].startsWith("#"));
  const refuse = (number: number, found: string) =>
    fault(
      "UNSUPPORTED_FORMAT",
      `${name}, line ${number}: found ${found}; expected ${COLUMNS.join(",")}: RAS mm, pixels from 0, the X-ray from 1; correct the line`,
      { defect: "not-landmarks", line: number },
    );
  if (lines.length === 0) throw refuse(1, "no landmark");
  const named = lines[0].words.some((word) => /^[a-z]/i.test(word));
  const columns = named ? lines[0].words.map((word) => word.toLowerCase()) : COLUMNS;
  const missing = COLUMNS.slice(0, 5).filter((column) => !columns.includes(column));
  if (missing.length > 0) throw refuse(lines[0].number, `no column ${missing.join(", ")}`);
  return lines.slice(named ? 1 : 0).map(({ words, number }) => {
    const told = (column: string) => Number(words[columns.indexOf(column)]);
    const given = columns.includes("xray") && words[columns.indexOf("xray")] !== undefined;
    const xray = (given ? told("xray") : 1) - 1;
    const numbers = COLUMNS.slice(0, 5).map(told);
    if (!numbers.every(Number.isFinite)) throw refuse(number, `'${words.join(" ")}'`);
    if (!images[xray] || (!given && images.length > 1))
      throw refuse(
        number,
        given ? `X-ray ${xray + 1} of ${images.length}` : `no number of one of ${images.length} X-rays`,
      );
    const [x, y, z, column, row] = numbers;
    checkPlace([x, y, z], grid, `${name}, line ${number}`);
    checkPixel(column, row, images[xray], `${name}, line ${number}`);
    return { point: [x, y, z], column, row, xray };
  });
}

/** mm that a landmark may lie outside the CT: fiducials stand off the skin. */
const MARGIN = 50;

function checkPlace(point: Vec3, grid: Grid, where: string): void {
  const toIndex = inverseAffine(grid.indexToWorld);
  const margin = spacing(grid).map((mm) => 0.5 + MARGIN / mm);
  const inside = (p: Vec3) =>
    transformPoint(toIndex, p).every((at, axis) => at >= -margin[axis] && at <= grid.size[axis] - 1 + margin[axis]);
  if (inside(point)) return;
  const corners = gridCorners(grid);
  const range = (axis: number) =>
    [Math.min, Math.max].map((f) => Math.round(f(...corners.map((corner) => corner[axis])))).join("..");
  const advice = inside([-point[0], -point[1], point[2]])
    ? "with x and y turned around it lies inside: is it LPS, as DICOM and ITK have it? change the signs of x and y"
    : "is it in voxels, or of another scan?";
  throw fault(
    "INVALID_GEOMETRY",
    `${where}: found a landmark at ${point.join(", ")} mm; expected one in the CT, ${range(0)}, ${range(1)}, ${range(2)} mm RAS; ${advice}`,
    { defect: "landmarks-off-volume" },
  );
}

function checkPixel(column: number, row: number, { rows, columns, name }: XRayImage, where: string): void {
  if (column >= -0.5 && column <= columns - 0.5 && row >= -0.5 && row <= rows - 0.5) return;
  throw fault(
    "INVALID_GEOMETRY",
    `${where}: found column ${column}, row ${row}; expected a pixel of ${name}, columns 0..${columns - 1} and rows 0..${rows - 1}; is it in mm?`,
    { defect: "landmarks-off-detector" },
  );
}

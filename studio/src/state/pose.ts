/** Where source and detector are: a C-arm by its physical names, or the view that a matrix says. */
import { computed, signal } from "@preact/signals";
import type { Vec3 } from "tomograd";
import {
  type ConeView,
  type Detector,
  detectorCorners,
  positionerView,
  projectionMatrixToView,
  viewGeometry,
  viewToProjectionMatrix,
} from "tomograd/geometry";
import { gridCenter, gridCorners } from "tomograd/volume";
import { patient } from "./patient";

/** A C-arm; angles as DICOM's positioner angles. */
export interface CArm {
  /** Degrees: receptor towards the patient's left (LAO) above 0, right (RAO) below. */
  readonly laoDeg: number;
  /** Degrees: receptor towards the head (CRAN) above 0, feet (CAUD) below. */
  readonly cranDeg: number;
  /** mm, source to isocenter. */
  readonly sid: number;
  /** mm, source to detector. */
  readonly sdd: number;
  /** mm: how far the table carries the patient to their left, forward (anterior) and towards the head. */
  readonly table: Vec3;
  readonly rows: number;
  readonly columns: number;
  /** mm, of square pixels. */
  readonly pixel: number;
}

export const FRONTAL: CArm = {
  ...{ laoDeg: 0, cranDeg: 0, sid: 850, sdd: 1020, table: [0, 0, 0] },
  ...{ rows: 512, columns: 512, pixel: 0.9 },
};

export const arm = signal<CArm>(FRONTAL);
/** The view of a matrix that no C-arm has, in place of the C-arm until that is moved. */
export const freeView = signal<ConeView | undefined>(undefined);

/** Moves the C-arm. */
export function steer(change: Partial<CArm>): void {
  freeView.value = undefined;
  arm.value = { ...arm.value, ...change };
}

/** Angles in (-180, 180] and [-90, 90]. */
export const turned = (laoDeg: number, cranDeg: number) => ({
  laoDeg: laoDeg - 360 * Math.ceil((laoDeg - 180) / 360),
  cranDeg: Math.min(90, Math.max(-90, cranDeg)),
});

/** World RAS mm: the point that the C-arm turns about, where the table has carried the patient. */
export const isocenter = computed<Vec3>(() => {
  const [x, y, z] = patient.value ? gridCenter(patient.value.grid) : [0, 0, 0];
  const [left, forward, up] = arm.value.table;
  return [x + left, y - forward, z - up];
});

export const detector = computed<Detector>(() => {
  const { rows, columns, pixel } = arm.value;
  return { rows, columns, pixelSize: [pixel, pixel] };
});

/** Positioner angles, degrees, of a beam that runs along `normal` (length 1). */
const anglesOf = (normal: Vec3) => ({
  laoDeg: (Math.atan2(-normal[0], normal[1]) * 180) / Math.PI,
  cranDeg: (Math.asin(Math.min(1, Math.max(-1, normal[2]))) * 180) / Math.PI,
});

/** The C-arm's angles, or those of the view that a matrix says. */
export const shownAngles = computed(() => (freeView.value ? anglesOf(viewGeometry(freeView.value).normal) : arm.value));

/** The exposure, or why there is none. */
export const beam = computed<{ readonly view: ConeView } | { readonly problem: string }>(() => {
  if (freeView.value) return { view: freeView.value };
  const { laoDeg, cranDeg, sid, sdd } = arm.value;
  if (!(sdd > sid))
    return { problem: "The detector stands in front of the isocenter: it must be farther from the source." };
  try {
    return {
      view: positionerView({ detector: detector.value, sid, sdd, isocenter: isocenter.value }, laoDeg, cranDeg),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
});

/** 3x4, row-major: RAS mm to (column, row, 1), pixel centers at index + 1/2; undefined without a view. */
export const beamMatrix = computed(() => ("view" in beam.value ? viewToProjectionMatrix(beam.value.view) : undefined));

/** How far two views' detectors and sources lie apart at most, mm. */
function apart(a: ConeView, b: ConeView, detector: Detector): number {
  const points = (view: ConeView) => [view.source, ...detectorCorners(view, detector)];
  const others = points(b);
  return Math.max(
    ...points(a).map((p, i) => Math.hypot(p[0] - others[i][0], p[1] - others[i][1], p[2] - others[i][2])),
  );
}

/**
 * Takes the view of a 3x4 matrix: as a C-arm where one has this view, else as it is. Pixels keep their size.
 * @throws what `projectionMatrixToView` throws
 */
export function steerByMatrix(matrix: readonly number[]): void {
  const { rows, columns, pixel } = arm.value;
  const center: Vec3 = patient.value ? gridCenter(patient.value.grid) : [0, 0, 0];
  const view = projectionMatrixToView(matrix, { pixelSize: [pixel, pixel], isocenter: center });
  if (view.beam !== "cone") throw new Error("this matrix is of a parallel beam; the C-arm has a point source");
  const { normal, sdd } = viewGeometry(view);
  const away = (axis: number) => center[axis] - view.source[axis];
  // the isocenter is taken at the patient's depth along the beam; the rest is the table's
  const sid = normal.reduce((sum, n, axis) => sum + n * away(axis), 0);
  const iso = normal.map((n, axis) => view.source[axis] + sid * n);
  const candidate: CArm = {
    ...{ rows, columns, pixel, sid, sdd },
    ...anglesOf(normal),
    table: [iso[0] - center[0], center[1] - iso[1], center[2] - iso[2]],
  };
  const before = arm.value;
  steer(candidate);
  if ("view" in beam.value && apart(beam.value.view, view, detector.value) < 0.01) return;
  arm.value = before;
  freeView.value = view;
}

/** mm: pixels that let the whole volume be seen from every side at the C-arm's magnification. */
export function fitDetector(): void {
  if (!patient.value) return;
  const { sid, sdd, columns, rows } = arm.value;
  const corners = gridCorners(patient.value.grid);
  const extents = [0, 1, 2].map((axis) => {
    const along = corners.map((corner) => corner[axis]);
    return Math.max(...along) - Math.min(...along);
  });
  const wide = (Math.max(extents[0], extents[2]) * sdd) / Math.max(1, sid - extents[1] / 2);
  steer({ pixel: Math.round((100 * wide) / Math.min(columns, rows)) / 100 });
}

/** How far a registration is from the truth, and what many of them show together. */
import { inversePose, projectPoint, viewGeometry } from "tomograd/geometry";

/** mm from source to detector over mm from source to the middle of the CT: in-plane errors are told at the CT. */
const MAGNIFICATION = 1020 / 850;

const apply = (m, [x, y, z]) => [0, 4, 8].map((row) => m[row] * x + m[row + 1] * y + m[row + 2] * z + m[row + 3]);
const minus = (a, b) => a.map((value, i) => value - b[i]);
const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

export function multiply(a, b) {
  return Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [i - (i % 4), i % 4];
    return [0, 1, 2, 3].reduce((sum, k) => sum + a[row + k] * b[4 * k + column], 0);
  });
}

/**
 * Errors in mm over landmarks: `residual` moves the ray points of the true views to where the registration puts them, so
 * that the landmarks lie, seen from the arm, at its inverse. In the plane of the first view and along its central ray.
 */
export function errorsOf(residual, landmarks, view) {
  const back = inversePose(residual);
  const { normal } = viewGeometry(view);
  const moved = landmarks.map((point) => apply(back, point));
  const shifts = moved.map((point, i) => minus(point, landmarks[i]));
  const inPlane = moved.map((point, i) => {
    const [a, b] = [projectPoint(view, point), projectPoint(view, landmarks[i])];
    const [du, dv] = [a.column - b.column, a.row - b.row];
    return Math.hypot(...view.columnStep.map((value, axis) => value * du + view.rowStep[axis] * dv)) / MAGNIFICATION;
  });
  return {
    tre: mean(shifts.map((shift) => Math.hypot(...shift))),
    inPlane: mean(inPlane),
    depth: mean(shifts.map((shift) => Math.abs(shift[0] * normal[0] + shift[1] * normal[1] + shift[2] * normal[2]))),
  };
}

/** The upper limit of the 95 % interval of a share (Wilson 1927), over `n` independent cases. */
export function wilsonUpper(share, n) {
  const z = 1.96;
  const middle = share + z ** 2 / (2 * n);
  return (middle + z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
}

export const quantile = (numbers, q) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
};

/** A share of runs as the tables need it: of those that `fits` picks, how many `are`; null if there are none. */
export function shareOf(runs, are, fits = () => true) {
  const all = runs.filter(fits);
  return all.length === 0 ? null : all.filter(are).length / all.length;
}

const failed = ({ tre }) => tre >= 2;
const flagged = ({ verdict }) => verdict === "doubtful";

/** The figures of one line of the table. */
export function summarize(runs) {
  const of = (field) => runs.map((run) => run[field]);
  const failures = runs.filter(failed);
  return {
    failedRuns: failures.length,
    failedCases: new Set(failures.map(({ volume, index }) => `${volume} ${index}`)).size,
    failuresFlagged: shareOf(runs, flagged, failed),
    successesFlagged: shareOf(runs, flagged, (run) => !failed(run)),
    medianTre: quantile(of("tre"), 0.5),
    p95Tre: quantile(of("tre"), 0.95),
    shareBelow1mm: shareOf(runs, ({ tre }) => tre < 1),
    shareBelow2mm: shareOf(runs, ({ tre }) => tre < 2),
    inPlaneBelow1mm: shareOf(runs, ({ inPlane }) => inPlane < 1),
    inPlaneP95: quantile(of("inPlane"), 0.95),
    depthP95: quantile(of("depth"), 0.95),
    secondsEach: quantile(of("seconds"), 0.5),
    cpuSecondsEach: quantile(of("cpuSeconds"), 0.5),
  };
}

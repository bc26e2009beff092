import type { Warning } from "../core/errors.js";
import { counted } from "../core/words.js";
import type { Grid, Volume } from "../volume/grid.js";
import { spacing } from "../volume/index.js";

/** How often the values of equal stretches of the range occur. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  /** Finite voxels in each stretch, from the lowest on; the last one holds `to`. */
  readonly counts: readonly number[];
}

/** What the values of a volume are like. */
export interface ValueFacts {
  /** Smallest and largest finite value; null if there is none. */
  readonly range: readonly [number, number] | null;
  readonly histogram: Histogram | null;
  /** Voxels below the 12-bit floor of CT scanners. */
  readonly padding: number;
  /** Values that float32 does not hold, in which the fast backends compute. */
  readonly inexact: number;
}

const BINS = 32;
/** HU below which no scanner reconstructs. */
const CT_FLOOR = -1024;

/** Looks at every voxel. */
export function factsOf({ values }: Volume): ValueFacts {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let inexact = 0;
  let padding = 0;
  // An iterator would take five times as long.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    if (value < CT_FLOOR) padding++;
    if (Math.fround(value) !== value) inexact++;
  }
  if (low > high) return { range: null, histogram: null, inexact, padding };
  const counts: number[] = new Array(BINS).fill(0);
  const perValue = high > low ? BINS / (high - low) : 0;
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i])) counts[Math.min(BINS - 1, Math.floor((values[i] - low) * perValue))]++;
  return { range: [low, high], histogram: { from: low, to: high, counts }, inexact, padding };
}

/** A histogram in one line; heights are square roots of the counts, so that what is rare shows. */
export function histogramLine({ from, to, counts }: Histogram): string {
  const most = Math.sqrt(Math.max(...counts));
  const bars = counts.map(
    (count) => " ▁▂▃▄▅▆▇█"[count === 0 ? 0 : Math.max(1, Math.round((8 * Math.sqrt(count)) / most))],
  );
  return `${+from.toPrecision(6)} |${bars.join("")}| ${+to.toPrecision(6)}  (square roots of the counts)`;
}

/** Spacings whose ratio is larger make details along one axis coarse. */
const ANISOTROPY = 5;
/** Cosine of the angle between axes beyond which the grid is sheared: 0.1 degrees. */
const SHEAR = Math.sin((0.1 * Math.PI) / 180);
/** HU: air is -1000; a CT without anything below this was shifted, cut to a window, or is none. */
const AIR_LIKE = -500;
/** HU beyond which no tissue and hardly any metal lies, and which 16-bit scanners do not write. */
const METAL = 31_743;

/** What is legal, but often a mistake or in the way. */
export function suspicions(volume: Volume, facts: ValueFacts, known: readonly Warning[]): Warning[] {
  const found: Warning[] = [];
  const suspect = (defect: string, message: string) => {
    if (!known.some((warning) => warning.defect === defect)) found.push({ defect, message });
  };
  const { range, inexact, padding } = facts;
  const mm = spacing(volume.grid);
  const ratio = Math.max(...mm) / Math.min(...mm);
  if (ratio > ANISOTROPY)
    suspect("anisotropic-voxels", `voxels are ${ratio.toPrecision(2)} times longer along one axis than along another`);
  if (isSheared(volume.grid) && !known.some(({ defect }) => defect === "gantry-tilt"))
    suspect("sheared-grid", "the axes are not at right angles: a tilted gantry, or slices that were shifted");
  if (range && range[0] === range[1]) suspect("constant-values", `all voxels are ${range[0]}`);
  if (inexact > 0)
    suspect(
      "precision",
      `${counted(inexact, "voxel")} of more than float32's 24 bits: rendering and reconstruction in wasm lose their last digits`,
    );
  if (volume.quantity === "hounsfield" && range) {
    if (padding > 0) {
      const share = ((100 * padding) / volume.values.length).toPrecision(2);
      suspect(
        "padding-values",
        `${share} % of the voxels are padding (below ${CT_FLOOR} HU, down to ${range[0]}); rendering takes them for air`,
      );
    }
    if (range[0] > AIR_LIKE || range[1] > METAL)
      suspect(
        "suspicious-hounsfield",
        `values from ${range[0]} to ${range[1]} are unlike HU, which go from -1000 (air) to about 3000 (bone, metal): is the rescale applied, or --quantity another?`,
      );
  }
  return found;
}

/** Whether any two axes are off their right angle. */
function isSheared({ indexToWorld: m }: Grid): boolean {
  const axes = [0, 1, 2].map((axis) => [m[axis], m[4 + axis], m[8 + axis]]);
  const cosine = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, one, i) => sum + one * b[i], 0) / (Math.hypot(...a) * Math.hypot(...b));
  return [
    [0, 1],
    [0, 2],
    [1, 2],
  ].some(([a, b]) => Math.abs(cosine(axes[a], axes[b])) > SHEAR);
}

import { type KernelSpec, projections, table, uniform, volume } from "./spec.js";

interface Scene {
  readonly name: string;
  readonly size: readonly [number, number, number];
  readonly rows: number;
  readonly columns: number;
  /** 12 numbers a view. */
  readonly matrices: readonly (readonly number[])[];
  readonly firstSlice?: number;
}

/**
 * A view of a grid of unit voxels from `sid` voxels away: `turn` about z, `tilt` of the source out of the plane, `roll`
 * of the detector in its own plane (radians), `pixels` per voxel at the axis, which appears in the middle.
 */
function matrix(
  [nx, ny, nz]: readonly [number, number, number],
  [rows, columns]: readonly [number, number],
  { turn = 0, tilt = 0, roll = 0, sid = 60, pixels = 1, mirrored = false },
): number[] {
  const [ct, st, ce, se, cr, sr] = [turn, tilt, roll].flatMap((a) => [Math.cos(a), Math.sin(a)]);
  const toward = [ct * ce, st * ce, se];
  const across = [-st, ct, 0];
  const up = [-ct * se, -st * se, ce];
  const u = across.map((a, i) => pixels * (cr * a + sr * up[i]));
  const v = across.map((a, i) => pixels * (mirrored ? -1 : 1) * (cr * up[i] - sr * a));
  const w = toward.map((a) => -a / sid);
  const center = [nx / 2, ny / 2, nz / 2];
  const last = (d: readonly number[], at: number) => at - d.reduce((sum, a, i) => sum + a * center[i], 0);
  const shifted = (d: readonly number[], at: number) => d.map((a, i) => a + at * w[i]);
  const depth = [...w, last(w, 1)];
  const [c, r] = [(columns - 1) / 2 + 0.2, (rows - 1) / 2 - 0.3];
  return [...[...shifted(u, c), last(u, 0) + c * depth[3]], ...[...shifted(v, r), last(v, 0) + r * depth[3]], ...depth];
}

const SIZE = [13, 9, 11] as const;
const DETECTOR = [17, 21] as const;
export const around = (
  views: number,
  pose: Parameters<typeof matrix>[2],
  size: Scene["size"] = SIZE,
  detector: readonly [number, number] = DETECTOR,
) =>
  Array.from({ length: views }, (_, k) => matrix(size, detector, { ...pose, turn: (2 * Math.PI * k) / views + 0.3 }));
const scene = (name: string, matrices: readonly number[][], more: Partial<Scene> = {}): Scene => ({
  ...{ name, size: SIZE, rows: DETECTOR[0], columns: DETECTOR[1], matrices },
  ...more,
});

const SCENES: readonly Scene[] = [
  scene("upright views, less than a row a slice", around(5, { pixels: 0.7 })),
  scene("upright views, about a row a slice", around(3, { pixels: 1 })),
  scene("upright views, more than a row a slice", around(3, { pixels: 1.6 })),
  scene("upright views, three rows a slice", around(3, { pixels: 3.1 })),
  scene("upright views, rows running down", around(3, { pixels: 0.8, mirrored: true })),
  scene("upright views, near source", around(3, { pixels: 1.2, sid: 12 })),
  scene("tilted views", around(5, { tilt: 0.3 })),
  scene("tilted views, all of the volume inside the detector", around(5, { tilt: 0.2, pixels: 0.5 })),
  scene("rolled detectors", around(3, { roll: 0.4, pixels: 1.3 })),
  scene("detectors on their side", around(3, { roll: Math.PI / 2 })),
  scene("looking along z", [matrix(SIZE, DETECTOR, { tilt: Math.PI / 2, turn: 0.2 })]),
  scene("a source inside the grid", [
    matrix(SIZE, DETECTOR, { sid: 4, turn: 1 }),
    matrix(SIZE, DETECTOR, { sid: 3, tilt: 0.2 }),
  ]),
  scene("parallel rays", [
    [0.6, 0.8, 0, 3, 0, 0, 0.9, 2, 0, 0, 0, 1],
    [0.6, 0.7, 0.2, 3, 0.1, 0, 0.9, 2, 0, 0, 0, 1],
  ]),
  scene("upright views that miss the volume", [
    [1, 0, 0, 400, 0, 0, 1, 0, 0, 0, 0, 1],
    [1, 0, 0, 0, 0, 0, 1, -300, 0, 0, 0, 1],
  ]),
  scene(
    "slices 40 to 50",
    around(3, { pixels: 0.7 }).map((m) => m.map((a, i) => (i % 4 === 3 ? a - 40 * m[i - 1] : a))),
    { firstSlice: 40 },
  ),
  scene(
    "slices -40 to -30",
    around(3, { pixels: 0.7 }).map((m) => m.map((a, i) => (i % 4 === 3 ? a + 40 * m[i - 1] : a))),
    { firstSlice: -40 },
  ),
  scene("one pixel, one voxel", [matrix([1, 1, 1], [1, 1], {}), [1, 0, 0, -0.5, 0, 0, 1, -0.4, 0, 0, 0, 1]], {
    size: [1, 1, 1],
    rows: 1,
    columns: 1,
  }),
  scene("one row, one slice", around(4, {}, [9, 7, 1], [1, 14]), { size: [9, 7, 1], rows: 1, columns: 14 }),
  scene("more tasks than threads", around(2, { pixels: 0.9 }, [40, 18, 33], [36, 44]), {
    size: [40, 18, 33],
    rows: 36,
    columns: 44,
  }),
];

export const backproject: KernelSpec<"backproject"> = {
  kernel: "backproject",
  writes: ["out"],
  tolerance: {
    percentile99: 2e-5,
    worst: 1e-4,
    reason:
      "float32 positions (an ulp of half a detector) times differences of neighboring pixels, which here are random",
  },
  cases: SCENES.map(({ name, size, rows, columns, matrices, firstSlice = 0 }, index) => ({
    name,
    args: {
      out: volume(size, uniform(500 + index)),
      image: projections(matrices.length, rows, columns, uniform(600 + index, -1, 1)),
      matrices: table(matrices.flat()),
      firstSlice,
      accumulate: index % 2 === 1,
    },
  })),
};

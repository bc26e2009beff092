/** Rays for the projectors' cases: grids of every kind seen from everywhere, as the plain tables that kernels take. */
import {
  add,
  apply3,
  cross,
  inverse3,
  type Matrix3,
  multiply3,
  normalize,
  scale,
  transpose3,
  type Vec3,
} from "../../core/linear.js";
import type { Discretization } from "../kernels.js";

/** World mm: source of a cone or direction of a parallel beam, then the detector. */
interface Exposure {
  readonly origin: Vec3;
  readonly firstPixel: Vec3;
  readonly columnStep: Vec3;
  readonly rowStep: Vec3;
}

/** A grid centered at the world's origin, and views of it. */
export interface Scene {
  readonly name: string;
  readonly size: readonly [number, number, number];
  readonly beam: "cone" | "parallel";
  readonly extent: Discretization["extent"];
  readonly rows: number;
  readonly columns: number;
  /** 18 numbers a view, as in `Rays.views`. */
  readonly views: readonly number[];
  readonly pixels?: readonly number[];
  /** Trilinear only. */
  readonly interval?: Discretization["interval"];
  /** False where rays lie in or graze faces: derivatives have kinks and maxima jump there. */
  readonly smooth: boolean;
}

interface Orbit {
  /** Radians: about z, then towards +z, then about the viewing direction. */
  readonly angle: number;
  readonly tilt?: number;
  readonly roll?: number;
  /** mm from the source (or from far away) to the origin and to the detector. */
  readonly sid?: number;
  readonly sdd?: number;
  readonly pixel?: number;
  /** mm along row and column; the default keeps the central ray out of faces and voxel centers. */
  readonly offset?: readonly [number, number];
}

/** An exposure of the origin by a detector of rows x columns. */
function orbit(beam: Scene["beam"], rows: number, columns: number, options: Orbit): Exposure {
  const { angle, tilt = 0, roll = 0, sid = 30, sdd = 45, pixel = 2.1, offset = [0.13, 0.21] } = options;
  const forward: Vec3 = [Math.cos(angle) * Math.cos(tilt), Math.sin(angle) * Math.cos(tilt), Math.sin(tilt)];
  const side = normalize(cross(forward, [0, 0, 1]));
  const down = cross(forward, side);
  const along = add(scale(side, Math.cos(roll)), scale(down, Math.sin(roll)));
  const across = add(scale(down, Math.cos(roll)), scale(side, -Math.sin(roll)));
  const center = add(scale(forward, sdd - sid), add(scale(along, offset[0]), scale(across, offset[1])));
  return {
    origin: scale(forward, beam === "cone" ? -sid : 1),
    firstPixel: add(center, add(scale(along, (-pixel * (columns - 1)) / 2), scale(across, (-pixel * (rows - 1)) / 2))),
    columnStep: scale(along, pixel),
    rowStep: scale(across, pixel),
  };
}

/** Gxx, Gyy, Gzz, Gxy, Gxz, Gyz of AᵀA. */
export function metricOf(linear: Matrix3): number[] {
  const g = multiply3(transpose3(linear), linear);
  return [g[0], g[4], g[8], g[1], g[2], g[5]];
}

/** 18 numbers of an exposure of a grid with this linear part, centered at the origin. */
function viewRow(beam: Scene["beam"], linear: Matrix3, size: Vec3, exposure: Exposure): number[] {
  const toIndex = inverse3(linear);
  const point = (p: Vec3) => add(apply3(toIndex, p), scale(size, 0.5));
  const step = (v: Vec3) => apply3(toIndex, v);
  return [
    ...(beam === "cone" ? point : step)(exposure.origin),
    ...point(exposure.firstPixel),
    ...step(exposure.columnStep),
    ...step(exposure.rowStep),
    ...metricOf(linear),
  ];
}

type Options = Partial<Pick<Scene, "beam" | "extent" | "pixels" | "interval">> & { readonly linear?: Matrix3 };

function scene(
  name: string,
  size: Scene["size"],
  [rows, columns]: readonly [number, number],
  orbits: readonly Orbit[],
  { linear = SPACING, beam = "cone", extent = "segment", ...others }: Options = {},
): Scene {
  const views = orbits.flatMap((o) => viewRow(beam, linear, size, orbit(beam, rows, columns, o)));
  return { name, size, beam, extent, rows, columns, views, smooth: true, ...others };
}

/** Rays given in index coordinates of 1 mm voxels, where exact positions matter. */
function exact(
  name: string,
  size: Scene["size"],
  views: readonly (readonly number[])[],
  options: Partial<Scene>,
): Scene {
  const unit = [1, 1, 1, 0, 0, 0];
  return {
    name,
    size,
    beam: "parallel",
    extent: "segment",
    rows: 3,
    columns: 4,
    smooth: false,
    ...options,
    views: views.flatMap((view) => [...view, ...unit]),
  };
}

const SPACING: Matrix3 = [1, 0, 0, 0, 1.3, 0, 0, 0, 0.8];
const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
const ROTATED = multiply3([c, -s, 0, s, c, 0, 0, 0, 1], [1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8]);
const FLIPPED: Matrix3 = [-1, 0, 0, 0, 0, 1.2, 0, -0.9, 0];
const SHEARED: Matrix3 = [1, 0.3, -0.2, 0, 1.1, 0.25, 0.1, 0, 0.9];
const ODD: Scene["size"] = [7, 5, 6];

export const SCENES: readonly Scene[] = [
  scene("one voxel, one view", [1, 1, 1], [3, 3], [{ angle: 0.3, tilt: 0.2, pixel: 0.5 }]),
  scene("one pixel", ODD, [1, 1], [{ angle: 0.3, tilt: 0.2 }]),
  scene(
    "rays that miss",
    ODD,
    [3, 4],
    [
      { angle: 0.4, offset: [60, 0] },
      { angle: 2, offset: [0, -70] },
    ],
  ),
  scene("three views around an odd grid", ODD, [5, 6], [{ angle: 0.1 }, { angle: 1.9, tilt: 0.1 }, { angle: 4.1 }]),
  scene("a rotated grid", ODD, [5, 6], [{ angle: 0.7 }, { angle: 3.3, tilt: -0.3, roll: 0.4 }], { linear: ROTATED }),
  scene("a flipped grid", ODD, [6, 5], [{ angle: 1.2 }, { angle: 5.1, tilt: 0.3, roll: 1.7 }], { linear: FLIPPED }),
  scene("a sheared grid", ODD, [5, 7], [{ angle: 0.2 }, { angle: 2.6, tilt: 0.5 }], { linear: SHEARED }),
  scene(
    "off-axis views",
    ODD,
    [5, 6],
    [
      { angle: 0.4, offset: [5, 3] },
      { angle: 2.2, offset: [-4, 6], roll: 0.3 },
    ],
  ),
  scene(
    "views along z",
    ODD,
    [5, 6],
    [
      { angle: 0.4, tilt: 1.3 },
      { angle: 1, tilt: -1.45, roll: 0.2 },
    ],
  ),
  scene("every axis dominant in one image", ODD, [9, 9], [{ angle: 0.75, tilt: 0.6, sid: 7, sdd: 14, pixel: 2.6 }]),
  scene("a source inside", ODD, [5, 6], [{ angle: 0.6, tilt: 0.2, sid: 1.3, sdd: 20 }]),
  scene("a detector inside", ODD, [5, 6], [{ angle: 0.6, tilt: 0.2, sid: 20, sdd: 20.7, pixel: 0.8 }]),
  scene("source and detector inside", ODD, [5, 4], [{ angle: 0.6, tilt: 0.9, sid: 1.1, sdd: 2.3, pixel: 0.3 }]),
  scene("a detector inside, whole lines", ODD, [5, 6], [{ angle: 2.6, sid: 20, sdd: 20.7, pixel: 0.8 }], {
    extent: "line",
  }),
  scene("a plate one voxel thick along y", [9, 1, 8], [5, 6], [{ angle: 0.3 }, { angle: 1.6, tilt: 0.2 }]),
  scene("a plate one voxel thick along x", [1, 7, 6], [5, 6], [{ angle: 0.1 }, { angle: 1.4, tilt: -0.2 }]),
  scene(
    "a plate one voxel thick along z",
    [6, 7, 1],
    [5, 6],
    [
      { angle: 0.1, tilt: 0.1 },
      { angle: 1, tilt: 1.2 },
    ],
  ),
  scene(
    "parallel beams",
    ODD,
    [5, 6],
    [
      { angle: 0.3, tilt: 0.2 },
      { angle: 2, tilt: 1.4 },
    ],
    { beam: "parallel" },
  ),
  scene("parallel beams through a sheared grid", ODD, [5, 6], [{ angle: 1.2, tilt: -0.4, roll: 0.5 }], {
    beam: "parallel",
    linear: SHEARED,
    extent: "line",
  }),
  exact(
    "parallel beams along an axis, slopes rounded to either side of 0",
    ODD,
    [
      [1, -1e-17, 3e-15, -2, 0.3, 0.45, 0, 1.1, 0, 0, 0, 1.3],
      [1e-17, -1, -1e-17, 0.3, 9, 0.45, 1.1, 0, 0, 0, 0, 1.3],
    ],
    {},
  ),
  scene("a list of pixels", ODD, [5, 6], [{ angle: 0.3 }, { angle: 2.9, tilt: 0.2 }], { pixels: [0, 8, 13, 14, 29] }),
  scene("one pixel of a list", ODD, [5, 6], [{ angle: 0.3 }], { pixels: [21] }),
  scene("a given interval", ODD, [5, 6], [{ angle: 0.3 }, { angle: 2.9, tilt: 0.2 }], {
    interval: { from: 0.4, to: 0.9, samples: 23 },
  }),
  scene(
    "a 33 x 29 x 31 grid",
    [33, 29, 31],
    [34, 35],
    [
      { angle: 0.9, sid: 90, sdd: 120, pixel: 1.7 },
      { angle: 3, tilt: 0.2, sid: 90, sdd: 120, pixel: 1.7 },
    ],
  ),
  exact(
    "axis-parallel rays through the middle of voxels",
    [4, 3, 5],
    [
      [1, 0, 0, 9, 0.5, 0.5, 0, 1, 0, 0, 0, 1],
      [0, -2, 0, 0.5, -4, 0.5, 1, 0, 0, 0, 0, 1],
      [0, 0, -1, 0.5, 0.5, -3, 1, 0, 0, 0, 1, 0],
    ],
    {},
  ),
  exact(
    "axis-parallel rays in faces, which belong to the upper voxel",
    [4, 3, 5],
    [
      [1, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1.5],
      [0, 2, 0, 0, 4, 1, 1, 0, 0, 0, 0, 1],
      [0, 0, 1, 0, 0, 8, 1, 0, 0, 0, 1.5, 0],
    ],
    {},
  ),
  exact("rays at 45 degrees, x before y", [4, 3, 5], [[1, 1, 0, 6.25, 4, 0.5, 0, 0.5, 0, 0, 0, 1.25]], {}),
  exact(
    "rays that graze faces",
    [8, 7, 6],
    [
      [-12, 3, 2.5, 20, 3.0009765625, 2.25, 0, 0.001953125, 0, 0, 0, 0.25],
      [4, 30, 3, 4.001953125, -20, 2.998046875, 0.00390625, 0, 0, 0, 0, 0.00390625],
    ],
    { beam: "cone" },
  ),
];

/** 1.1 MB, few planes: a float32 sum of the hundreds of voxels of a longer ray says little of an adjoint. */
export const LARGE_SIZE = [132, 124, 17] as const;
const largeScene = (rows: number, columns: number, pixel: number) =>
  scene(
    "a 132 x 124 x 17 grid",
    LARGE_SIZE,
    [rows, columns],
    [
      { angle: 0.9, tilt: 1.2, sid: 180, sdd: 240, pixel },
      { angle: 3, tilt: -1, roll: 0.2, sid: 180, sdd: 240, pixel },
    ],
  );
/** For `LARGE_CASES`: rays that cross the planes. Of thousands, one passes a kink within the rounding of float32. */
export const [LARGE_SCENE, LARGE_SMOOTH_SCENE] = [largeScene(40, 41, 5), largeScene(8, 7, 28)];

/** The rays of a cone scene one by one: source and end, 6 numbers each; and the metric of its grid. */
export function raysOf({ views, rows, columns }: Scene): { rays: number[]; metric: number[] } {
  const rays: number[] = [];
  for (let at = 0; at < views.length; at += 18)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const pixel = [0, 1, 2].map((i) => views[at + 3 + i] + column * views[at + 6 + i] + row * views[at + 9 + i]);
        rays.push(...views.slice(at, at + 3), ...pixel);
      }
  return { rays, metric: views.slice(12, 18) };
}

/** Scenes large enough that float32 lets one see an adjoint that is wrong by 1e-8. */
import type { Backend } from "../../src/backend/backend.js";
import type { Model } from "../../src/backend/kernels.js";
import { cross, normalize, scale, subtract, type Vec3 } from "../../src/core/linear.js";
import { createRandom } from "../../src/core/random.js";
import type { View } from "../../src/geometry/view.js";
import { createProjector, toDevice, toHost } from "../../src/projector/index.js";
import type { Grid } from "../../src/volume/grid.js";

const PIXELS = 40;

/** Views of the origin from directions given as azimuth and elevation, degrees. */
function orbit(directions: readonly (readonly [number, number])[], sid: number, sdd: number, pitch: number): View[] {
  return directions.map(([azimuth, elevation]): View => {
    const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
    const to: Vec3 = [Math.cos(a) * Math.cos(e), Math.sin(a) * Math.cos(e), Math.sin(e)];
    const column = normalize(cross(to, [0, 0.1, 1]));
    const row = cross(to, column);
    const [columnStep, rowStep] = [scale(column, pitch), scale(row, pitch)];
    const corner = subtract(scale(to, sid - sdd), scale(columnStep, PIXELS / 2 - 0.37));
    return {
      beam: "cone",
      source: scale(to, sid),
      firstPixel: subtract(corner, scale(rowStep, PIXELS / 2 - 0.61)),
      columnStep,
      rowStep,
    };
  });
}

/** A grid around the origin by the columns of its index-to-world matrix. */
function around(size: Vec3, [x, y, z]: readonly [Vec3, Vec3, Vec3]): Grid {
  const at = (row: number) => -(x[row] * (size[0] - 1) + y[row] * (size[1] - 1) + z[row] * (size[2] - 1)) / 2;
  const rows = [0, 1, 2].flatMap((row) => [x[row], y[row], z[row], at(row)]);
  return { size: [size[0], size[1], size[2]], indexToWorld: [...rows, 0, 0, 0, 1] };
}

const AROUND = [
  [10, 4],
  [101, -7],
  [193, 12],
  [287, 2],
] as const;
const SPACED: [Vec3, Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1.3, 0],
  [0, 0, 0.8],
];
const CUBIC: [Vec3, Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const SHEARED: [Vec3, Vec3, Vec3] = [
  [1, 0.1, 0],
  [0.3, 1.1, 0.2],
  [-0.2, 0.25, 0.9],
];

export interface AdjointScene {
  readonly name: string;
  readonly grid: Grid;
  readonly views: View[];
}

export const ADJOINT_SCENES: readonly AdjointScene[] = [
  { name: "an odd grid of unequal spacing", grid: around([31, 29, 27], SPACED), views: orbit(AROUND, 120, 180, 1.6) },
  { name: "a sheared grid", grid: around([30, 28, 26], SHEARED), views: orbit(AROUND, 120, 180, 1.6) },
  {
    name: "steep views, all axes dominant",
    grid: around([30, 30, 30], CUBIC),
    views: orbit([...AROUND.slice(0, 2), [40, 78], [220, -64]], 120, 180, 1.6),
  },
  { name: "a wide cone of a near source", grid: around([30, 31, 29], CUBIC), views: orbit(AROUND, 40, 90, 3.4) },
  {
    name: "views along the axes",
    grid: around([30, 30, 30], CUBIC),
    views: orbit(
      [
        [0, 0],
        [90, 0],
        [180, 0],
        [0, 89.999],
      ],
      120,
      180,
      1.6,
    ),
  },
  { name: "48³ from afar", grid: around([48, 48, 48], CUBIC), views: orbit(AROUND, 1000, 1400, 2.1) },
];

const uniform = (length: number, seed: number) => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.uniform());
};
const inner = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** |<Ax, y> - <x, Aᵀy>| / (|Ax| |y|) for x and y uniform in [0, 1], and |Ax|. */
export async function adjointDefect(backend: Backend, { grid, views }: AdjointScene, model: Model) {
  const detector = { rows: PIXELS, columns: PIXELS, pixelSize: [1, 1] } as const;
  const [nx, ny, nz] = grid.size;
  const x = uniform(nx * ny * nz, 31);
  const y = uniform(views.length * PIXELS ** 2, 32);
  using A = createProjector({ backend, grid, detector, views, model });
  using volume = toDevice(backend, { quantity: "unknown", grid, values: x });
  using image = toDevice(backend, { detector, views, about: "random", values: y });
  using forward = A.apply(volume);
  using back = A.adjoint(image);
  const [Ax, ATy] = [(await toHost(forward)).values, (await toHost(back)).values];
  const length = Math.sqrt(inner(Ax, Ax));
  return { length, defect: Math.abs(inner(Ax, y) - inner(x, ATy)) / (length * Math.sqrt(inner(y, y))) };
}

import { describe, expect, test } from "vitest";
import { multiply3, transformPoint, type Vec3 } from "../../src/core/linear.js";
import {
  type CArmOptions,
  type ConeView,
  cArmView,
  cArmViewVjp,
  type Detector,
  nanodrrView,
  pixelToWorld,
  poseToMatrixVjp,
  projectPoints,
  viewToPinhole,
} from "../../src/geometry/index.js";
import { hasGolden } from "../helpers/folders.js";
import { expectClose, type GoldenCase, goldenCases, goldenValues, goldenVolume, largest } from "../helpers/golden.js";

/** mm; positions of 1e3 mm in float64 leave 1e-13, the chain of a few products loses little of it. */
const POSITION = { atol: 1e-9 };

interface LibraryDetector {
  readonly sdd: number;
  readonly height: number;
  readonly width: number;
  readonly delx: number;
  readonly dely: number;
  readonly x0?: number;
  readonly y0?: number;
  readonly reverse_x_axis?: boolean;
}

const detectorOf = (d: LibraryDetector): Detector => ({
  rows: d.height,
  columns: d.width,
  pixelSize: [d.delx, d.dely],
});
const sliceOf = (values: Float64Array, n: number, length: number) => values.subarray(n * length, (n + 1) * length);
const asVec3 = (v: ArrayLike<number>): Vec3 => [v[0], v[1], v[2]];

/** The options of pose `n` of a render case; the library's world has the isocenter at its origin. */
function optionsOf(golden: GoldenCase, n: number): CArmOptions {
  const d: LibraryDetector = golden.detector;
  const { parameterization, convention, rotation, translation, matrix } = golden.pose;
  return {
    detector: detectorOf(d),
    sdd: d.sdd,
    orientation: golden.orientation,
    reverseColumns: d.reverse_x_axis ?? true,
    ...(golden.calibration ? { calibration: golden.calibration[0].flat() } : { offset: [d.x0 ?? 0, d.y0 ?? 0] }),
    ...(parameterization === "matrix"
      ? { pose: matrix[n].flat() }
      : { parameterization, convention, rotation: rotation[n], translation: translation[n], parity: true }),
  };
}

/** Centers of all pixels, [row][column]. */
const pixelCenters = (view: Pick<ConeView, "firstPixel" | "columnStep" | "rowStep">, { rows, columns }: Detector) =>
  Float64Array.from(
    Array.from({ length: rows * columns }, (_, i) =>
      pixelToWorld(view as ConeView, i % columns, Math.floor(i / columns)),
    ).flat(),
  );

/** The gradients of source and pixels, summed to the 12 numbers of a view. */
function viewCotangent(source: Float64Array, targets: Float64Array, columns: number): Float64Array {
  const g = new Float64Array(12);
  g.set(source);
  for (let i = 0; i < targets.length; i++) {
    const pixel = Math.floor(i / 3);
    g[3 + (i % 3)] += targets[i];
    g[6 + (i % 3)] += targets[i] * (pixel % columns);
    g[9 + (i % 3)] += targets[i] * Math.floor(pixel / columns);
  }
  return g;
}

describe.skipIf(!hasGolden)("views agree with the libraries", () => {
  for (const golden of goldenCases("render").filter((c) => c.arrays.source_f64 && c.arrays.target_f64))
    test(`${golden.name}: source and pixels lie where DiffDRR puts them, to 1e-9 mm`, () => {
      const [sources, targets] = [goldenValues(golden.arrays.source_f64), goldenValues(golden.arrays.target_f64)];
      for (let n = 0; n < golden.arrays.source_f64.shape[0]; n++) {
        const options = optionsOf(golden, n);
        const view = cArmView(options);
        expectClose("source", view.source, sliceOf(sources, n, 3), POSITION);
        const length = 3 * options.detector.rows * options.detector.columns;
        expectClose("pixels", pixelCenters(view, options.detector), sliceOf(targets, n, length), POSITION);
        const moved = cArmView({ ...options, isocenter: [5, -7, 11] });
        expectClose(
          "moved source",
          moved.source,
          [5, -7, 11].map((x, i) => x + sources[3 * n + i]),
          POSITION,
        );
      }
    });

  for (const golden of goldenCases("render").filter((c) => c.arrays.grad_source_f64 && c.arrays.grad_target_f64))
    test(`${golden.name}: gradients of source and pixels pull back to pose, parameters and calibration`, () => {
      const load = (name: string) => goldenValues(golden.arrays[name]);
      const [gSources, gTargets] = [load("grad_source_f64"), load("grad_target_f64")];
      for (let n = 0; n < golden.arrays.grad_source_f64.shape[0]; n++) {
        const options = optionsOf(golden, n);
        const { rows, columns } = options.detector;
        const targets = sliceOf(gTargets, n, 3 * rows * columns);
        const g = cArmViewVjp(options, viewCotangent(sliceOf(gSources, n, 3), targets, columns));
        // the pixels' gradients cancel in part: the scale of rounding is that of the matrix gradient
        const matrix = sliceOf(load("grad_matrix_f64"), n, 16);
        const scale = golden.tolerances.grad_f64.atol_of_max ?? 1e-8;
        const tolerance = { ...golden.tolerances.grad_f64, atol: scale * largest(matrix) };
        expectClose("pose", g.pose, matrix, tolerance);
        expectClose("rotation", g.rotation, sliceOf(load("grad_rotation_f64"), n, g.rotation.length), tolerance);
        expectClose("translation", g.translation, sliceOf(load("grad_translation_f64"), n, 3), tolerance);
        if (golden.arrays.grad_calibration_f64)
          expectClose("calibration", g.calibration, load("grad_calibration_f64").subarray(0, 16), tolerance);
      }
    });

  for (const golden of goldenCases("nanodrr_render")) {
    const d: LibraryDetector = golden.camera;
    const detector = () => detectorOf(d);
    const options = (n: number) => ({
      detector: detector(),
      sdd: d.sdd,
      orientation: golden.orientation,
      isocenter: asVec3(goldenVolume(golden.volume).isocenter),
      offset: [d.x0 ?? 0, d.y0 ?? 0] as const,
      rotationDeg: asVec3(golden.pose.rotation[n]),
      translation: asVec3(golden.pose.translation[n]),
    });

    test(`${golden.name}: source and pixels lie where nanodrr puts them, to 1e-9 mm`, () => {
      const [matrices, k] = [goldenValues(golden.arrays.rt_inv_f64), [...goldenValues(golden.arrays.k_inv_f64)]];
      for (let n = 0; n < golden.arrays.rt_inv_f64.shape[0]; n++) {
        const matrix = [...sliceOf(matrices, n, 16)];
        const expected = Array.from({ length: d.height * d.width }, (_, i) => {
          const [u, v] = [(i % d.width) + 0.5, Math.floor(i / d.width) + 0.5];
          const pixel = [0, 3, 6].map((r) => d.sdd * (k[r] * u + k[r + 1] * v + k[r + 2]));
          return transformPoint(matrix, asVec3(pixel));
        }).flat();
        const view = nanodrrView({ ...options(n), orthographic: golden.orthographic });
        expectClose("pixels", pixelCenters(view, detector()), expected, POSITION);
        const axis = [matrix[2], matrix[6], matrix[10]].map((value) => value * d.sdd);
        if (view.beam === "cone") expectClose("source", view.source, [matrix[3], matrix[7], matrix[11]], POSITION);
        else expectClose("direction", view.direction, axis, POSITION);
        if (view.beam === "cone")
          expectClose("as DiffDRR", pixelCenters(cArmView(options(n)), detector()), expected, POSITION);
      }
    });

    if (golden.arrays.grad_rt_inv_f64)
      test(`${golden.name}: gradients of angles are per degree`, () => {
        const load = (name: string) => goldenValues(golden.arrays[name]);
        const axes = { AP: [-1, 0, 0, 0, 0, -1, 0, -1, 0], PA: [-1, 0, 0, 0, 0, 1, 0, -1, 0] };
        const o = golden.orientation === null ? [-1, 0, 0, 0, -1, 0, 0, 0, 1] : axes[golden.orientation as "AP" | "PA"];
        for (let n = 0; n < golden.arrays.grad_rt_inv_f64.shape[0]; n++) {
          const g = sliceOf(load("grad_rt_inv_f64"), n, 16);
          // camera-to-world = P O: the cotangent of P's linear part is g Oᵀ
          const linear = multiply3(
            [0, 1, 2, 4, 5, 6, 8, 9, 10].map((i) => g[i]),
            [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => o[i]),
          );
          const cotangent = [0, 1, 2]
            .flatMap((r) => [...linear.slice(3 * r, 3 * r + 3), g[4 * r + 3]])
            .concat(0, 0, 0, 0);
          const { rotationDeg, translation } = options(n);
          const degree = Math.PI / 180;
          const rotation = rotationDeg.map((angle) => angle * degree);
          const vjp = poseToMatrixVjp({ parameterization: "euler_angles", rotation, translation }, cotangent);
          const tolerance = { ...golden.tolerances.grad_f64, atol: 1e-8 * largest(g) };
          expectClose(
            "angles",
            vjp.rotation.map((value) => value * degree),
            sliceOf(load("grad_rotation_f64"), n, 3),
            tolerance,
          );
          expectClose("translation", vjp.translation, sliceOf(load("grad_translation_f64"), n, 3), tolerance);
        }
      });
  }

  for (const golden of goldenCases("projections"))
    for (const item of golden.items)
      test(`${golden.name} ${item.index}: points project to DiffDRR's pixels and back`, () => {
        const d: LibraryDetector = item.detector;
        const load = (name: string) => goldenValues(golden.arrays[`${name}${item.index}`]);
        const [points, uv, back] = [load("points"), load("uv"), load("back")];
        const perPose = points.length / 3 / item.rotation.length;
        for (let n = 0; n < item.rotation.length; n++) {
          const view = cArmView({
            detector: detectorOf(d),
            sdd: d.sdd,
            orientation: item.orientation,
            reverseColumns: d.reverse_x_axis ?? true,
            offset: [d.x0 ?? 0, d.y0 ?? 0],
            rotation: item.rotation[n],
            translation: item.translation[n],
          });
          const own = Array.from({ length: perPose }, (_, i) => asVec3(points.subarray(3 * (n * perPose + i))));
          // the library counts pixel centers at index + 1/2
          const pixels = projectPoints(view, own).flatMap(({ column, row }) => [column + 0.5, row + 0.5]);
          const expected = sliceOf(uv, n, 2 * perPose);
          expectClose("pixels", pixels, expected, golden.tolerances.all);
          const found = own.flatMap((_, i) => pixelToWorld(view, expected[2 * i] - 0.5, expected[2 * i + 1] - 0.5));
          expectClose("points of the detector", found, sliceOf(back, n, 3 * perPose), golden.tolerances.all);
          const [k, theirs] = [viewToPinhole(view).intrinsics, load("intrinsic")];
          // its K is meant before two flips of the image axes, and its numbers are float32
          const cx = (d.reverse_x_axis ?? true) ? d.width - theirs[2] : theirs[2];
          const flipped = [theirs[0], 0, cx, 0, theirs[4], d.height - theirs[5], 0, 0, 1];
          expectClose("K", k, flipped, { rtol: 1e-6, atol: 1e-9 });
          expect(viewToPinhole(view).sdd).toBeCloseTo(d.sdd, 9);
        }
      });
});

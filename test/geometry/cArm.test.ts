import { describe, expect, test } from "vitest";
import {
  type CArmOptions,
  cArmView,
  cArmViewVjp,
  EULER_CONVENTIONS,
  matrixToPose,
  type NanodrrOptions,
  nanodrrView,
  nanodrrViewVjp,
  PARAMETERIZATIONS,
  poseToMatrix,
  type View,
} from "../../src/geometry/index.js";
import { DETECTOR } from "./views.js";

/** Fixed cotangent of the 12 numbers of a view; steps are multiplied by pixel numbers of some 10. */
const COTANGENT = Float64Array.from({ length: 12 }, (_, i) => Math.sin(1 + 1.7 * i) * (i < 6 ? 1 : 12));

const numbersOf = (view: View) => [
  ...(view.beam === "cone" ? view.source : view.direction),
  ...view.firstPixel,
  ...view.columnStep,
  ...view.rowStep,
];
const loss = (view: View) => numbersOf(view).reduce((sum, value, i) => sum + value * COTANGENT[i], 0);

/** Derivatives of the loss with respect to each number of `x`; views are smooth: 4th-order differences, error ~ 1e-9. */
function differences(x: readonly number[], build: (x: never) => View, h: number): number[] {
  return x.map((_, i) => {
    const at = (step: number) => loss(build(x.map((old, k) => (k === i ? old + step : old)) as never));
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  });
}

function expectNear(what: string, actual: readonly number[], expected: readonly number[]): void {
  const size = Math.max(1, ...expected.map(Math.abs));
  expect(actual.length, what).toBe(expected.length);
  const error = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  expect(error / size, what).toBeLessThan(1e-8);
}

const BASE: CArmOptions = {
  detector: DETECTOR,
  sdd: 300,
  isocenter: [5, -7, 11],
  offset: [7.5, -4.25],
  rotationDeg: [20, -10, 5],
  translation: [3, 210, -8],
};

describe("the C-arm view", () => {
  test("at rest, AP: source in front of the isocenter, columns to the patient's left, rows to the feet", () => {
    const view = cArmView({
      detector: { rows: 200, columns: 200, pixelSize: [2, 2] },
      sdd: 1020,
      isocenter: [10, 20, 30],
      translation: [0, 850, 0],
    });
    expect(view).toEqual({
      beam: "cone",
      source: [10, 870, 30],
      firstPixel: [10 + 199, 870 - 1020, 30 + 199],
      columnStep: [-2, 0, 0],
      rowStep: [0, 0, -2],
    });
  });

  test("PA looks from behind with the same image axes, no orientation looks along +z", () => {
    const options = { detector: { rows: 3, columns: 5, pixelSize: [1, 2] as const }, sdd: 100 };
    const pa = cArmView({ ...options, orientation: "PA", translation: [0, -80, 0] });
    expect(pa.source).toEqual([0, -80, 0]);
    expect(pa.firstPixel).toEqual([2, 20, 2]);
    expect(pa.columnStep).toEqual([-1, 0, 0]);
    expect(pa.rowStep).toEqual([0, 0, -2]);
    const none = cArmView({ ...options, orientation: null, translation: [0, 0, -80], reverseColumns: false });
    expect(none.source).toEqual([0, 0, -80]);
    expect(none.firstPixel).toEqual([-2, 2, 20]);
    expect(none.columnStep).toEqual([1, 0, 0]);
    expect(none.rowStep).toEqual([0, -2, 0]);
  });

  test("degrees, radians, a matrix and the other parameterizations say the same", () => {
    const { rotationDeg, translation, ...rest } = BASE;
    const rotation = rotationDeg!.map((angle) => (angle * Math.PI) / 180);
    const expected = numbersOf(cArmView(BASE));
    const pose = poseToMatrix({ parameterization: "euler_angles", rotation, translation });
    const near = (options: CArmOptions) =>
      expectNear(String(options.parameterization), numbersOf(cArmView(options)), expected);
    near({ ...rest, pose });
    near({ ...rest, rotation, translation });
    for (const parameterization of PARAMETERIZATIONS.filter((name) => name !== "euler_angles")) {
      const same = matrixToPose(pose, { parameterization });
      near({ ...rest, parameterization, rotation: same.rotation, translation: same.translation });
    }
  });

  test("gradients agree with central differences: rotation and translation in every parameterization", () => {
    const { rotationDeg: _, translation: __, ...rest } = BASE;
    const pose = poseToMatrix({
      parameterization: "axis_angle",
      rotation: [0.3, -0.5, 0.2],
      translation: [3, 210, -8],
    });
    const forms = [
      ...PARAMETERIZATIONS.map((parameterization) => ({ parameterization })),
      ...EULER_CONVENTIONS.map((convention) => ({ parameterization: "euler_angles" as const, convention })),
    ];
    for (const form of forms) {
      const { rotation, translation } = matrixToPose(pose, form);
      const options: CArmOptions = { ...rest, ...form, rotation, translation };
      const g = cArmViewVjp(options, COTANGENT);
      const name = JSON.stringify(form);
      expectNear(
        name,
        g.rotation,
        differences(rotation, (x) => cArmView({ ...options, rotation: x }), 1e-3),
      );
      expectNear(
        name,
        g.translation,
        differences(translation, (x) => cArmView({ ...options, translation: x }), 1),
      );
    }
  });

  test("gradients agree with central differences: degrees, sdd, pixel size, offset, isocenter", () => {
    for (const orientation of ["AP", "PA", null] as const)
      for (const reverseColumns of [true, false]) {
        const options: CArmOptions = { ...BASE, orientation, reverseColumns };
        const g = cArmViewVjp(options, COTANGENT);
        expectNear(
          "degrees",
          g.rotation,
          differences(BASE.rotationDeg!, (x) => cArmView({ ...options, rotationDeg: x }), 0.1),
        );
        expectNear(
          "translation",
          g.translation,
          differences(BASE.translation!, (x) => cArmView({ ...options, translation: x }), 1),
        );
        expectNear(
          "sdd",
          [g.sdd],
          differences([300], (x) => cArmView({ ...options, sdd: x[0] }), 1),
        );
        const resized = (x: [number, number]) => cArmView({ ...options, detector: { ...DETECTOR, pixelSize: x } });
        expectNear("pixel size", g.pixelSize, differences(DETECTOR.pixelSize, resized, 0.1));
        expectNear(
          "offset",
          g.offset,
          differences(BASE.offset!, (x) => cArmView({ ...options, offset: x }), 1),
        );
        expectNear(
          "isocenter",
          g.isocenter,
          differences(BASE.isocenter!, (x) => cArmView({ ...options, isocenter: x }), 1),
        );
      }
  });

  test("gradients agree with central differences: 12 free entries of pose and calibration; the last rows are 0", () => {
    const { rotationDeg: _, translation: __, offset: ___, ...rest } = BASE;
    const pose = poseToMatrix({
      parameterization: "axis_angle",
      rotation: [0.3, -0.5, 0.2],
      translation: [3, 210, -8],
    });
    const calibration = [2.8, 0.05, 0, 3, 0.1, 3.1, 0.2, -2, 0, 0.3, 305, 1, 0, 0, 0, 1];
    const options: CArmOptions = { ...rest, pose, calibration };
    const g = cArmViewVjp(options, COTANGENT);
    const withRow = (x: readonly number[]) => [...x, 0, 0, 0, 1];
    expectNear(
      "pose",
      g.pose.slice(0, 12),
      differences(pose.slice(0, 12), (x) => cArmView({ ...options, pose: withRow(x) }), 0.1),
    );
    const calibrated = (x: readonly number[]) => cArmView({ ...options, calibration: withRow(x) });
    expectNear("calibration", g.calibration.slice(0, 12), differences(calibration.slice(0, 12), calibrated, 0.1));
    expect(
      [...g.pose.slice(12), ...g.calibration.slice(12), g.sdd, ...g.offset, ...g.pixelSize].every((x) => x === 0),
    ).toBe(true);
  });

  test("impossible and contradictory options are refused", () => {
    expect(() => cArmView({ ...BASE, sdd: 0 })).toThrow(/sdd must be a length above 0/);
    expect(() => cArmView({ ...BASE, detector: { ...DETECTOR, rows: 0 } })).toThrow(/rows must be a whole number/);
    expect(() => cArmView({ ...BASE, detector: { ...DETECTOR, pixelSize: [1, -1] } })).toThrow(/pixelSize/);
    expect(() => cArmView({ ...BASE, rotation: [0, 0, 0] })).toThrow(/in one way/);
    expect(() => cArmView({ ...BASE, parameterization: "quaternion" })).toThrow(/in one way/);
    expect(() => cArmView({ ...BASE, orientation: "LAT" as never })).toThrow(/orientation is/);
    expect(() => cArmView({ ...BASE, calibration: new Array(16).fill(1) })).toThrow(/calibration matrix or an offset/);
    const { offset: _, ...rest } = BASE;
    expect(() => cArmView({ ...rest, calibration: new Array(16).fill(1) })).toThrow(/last row 0 0 0 1/);
    expect(() => cArmView({ ...BASE, ...{ rotationdeg: [0, 0, 0] } })).toThrow(/did you mean 'rotationDeg'/);
    expect(() => cArmView({ ...BASE, translation: [0, Number.NaN, 0] })).toThrow(/finite/);
    expect(() => cArmViewVjp(BASE, [1, 2, 3])).toThrow(/12 numbers/);
  });
});

describe("nanodrr's view", () => {
  const base: NanodrrOptions = { ...BASE };

  test("gives the rays of the C-arm with reversed columns, for all three orientations", () => {
    for (const orientation of ["AP", "PA", null] as const)
      expectNear(
        String(orientation),
        numbersOf(nanodrrView({ ...base, orientation })),
        numbersOf(cArmView({ ...BASE, orientation })),
      );
  });

  test("takes intrinsics in place of pixel size and offset", () => {
    const [dx, dy] = DETECTOR.pixelSize;
    const intrinsics = [300 / dx, 0, 7.5 / dx + 17, 0, 300 / dy, -4.25 / dy + 10.5, 0, 0, 1];
    const { offset: _, ...rest } = base;
    expectNear("K", numbersOf(nanodrrView({ ...rest, intrinsics })), numbersOf(nanodrrView(base)));
    expect(() => nanodrrView({ ...base, intrinsics })).toThrow(/intrinsics or an offset/);
  });

  for (const orthographic of [false, true])
    test(`gradients agree with central differences, ${orthographic ? "orthographic" : "point source"}`, () => {
      const options: NanodrrOptions = { ...base, orthographic };
      const g = nanodrrViewVjp(options, COTANGENT);
      expectNear(
        "degrees",
        g.rotation,
        differences(base.rotationDeg!, (x) => nanodrrView({ ...options, rotationDeg: x }), 0.1),
      );
      expectNear(
        "translation",
        g.translation,
        differences(base.translation!, (x) => nanodrrView({ ...options, translation: x }), 1),
      );
      expectNear(
        "isocenter",
        g.isocenter,
        differences(base.isocenter!, (x) => nanodrrView({ ...options, isocenter: x }), 1),
      );
      const resized = (x: [number, number]) => nanodrrView({ ...options, detector: { ...DETECTOR, pixelSize: x } });
      expectNear("pixel size", g.pixelSize, differences(DETECTOR.pixelSize, resized, 0.1));
      expectNear(
        "offset",
        g.offset,
        differences(base.offset!, (x) => nanodrrView({ ...options, offset: x }), 1),
      );
      if (!orthographic)
        expectNear(
          "sdd",
          [g.sdd],
          differences([300], (x) => nanodrrView({ ...options, sdd: x[0] }), 1),
        );
    });

  test("gradients of the inverse intrinsics, and of sdd with them held fixed", () => {
    const { offset: _, ...rest } = base;
    const camera = (k: readonly number[], sdd: number): View => {
      const calibration = [0, 3, 6].flatMap((r) => [k[r] * sdd, k[r + 1] * sdd, k[r + 2] * sdd, 0]).concat(0, 0, 0, 1);
      // the C-arm counts pixels from the center and reversed: shift and flip to nanodrr's numbers
      const flip = [-1, 0, 17, 0, 0, -1, 10.5, 0, 0, 0, 1, 0, 0, 0, 0, 1];
      const c = new Array<number>(16).fill(0);
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          for (let n = 0; n < 4; n++) c[4 * i + j] += calibration[4 * i + n] * flip[4 * n + j];
      const mirrored = c.map((value, i) => (i < 8 ? -value : value)); // camera x and y are the negatives
      return cArmView({ ...rest, sdd, calibration: mirrored });
    };
    const intrinsics = [1 / 0.008, 0, 0, 0, 1 / 0.0103, 0, 0, 0, 1];
    const plain = [0.008, 0, 0, 0, 0.0103, 0, 0, 0, 1];
    expectNear("same camera", numbersOf(nanodrrView({ ...rest, intrinsics })), numbersOf(camera(plain, 300)));
    const g = nanodrrViewVjp({ ...rest, intrinsics }, COTANGENT);
    expectNear(
      "K⁻¹",
      g.inverseIntrinsics,
      differences(plain, (x) => camera(x, 300), 1e-3),
    );
    expectNear(
      "sdd",
      [g.sddOfIntrinsics],
      differences([300], (x) => camera(plain, x[0]), 1),
    );
    expect([g.sdd, ...g.offset, ...g.pixelSize]).toEqual([0, 0, 0, 0, 0]);
  });
});

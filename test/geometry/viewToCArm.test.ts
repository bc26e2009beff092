import { expect, test } from "vitest";
import {
  type CArmOptions,
  cArmView,
  matrixToPose,
  type Orientation,
  type View,
  viewToCArm,
} from "../../src/geometry/index.js";
import { DETECTOR } from "./views.js";

const numbersOf = (view: View) => [
  ...(view.beam === "cone" ? view.source : view.direction),
  ...view.firstPixel,
  ...view.columnStep,
  ...view.rowStep,
];

function expectSame(actual: View, expected: View): void {
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  const size = Math.max(...b.map(Math.abs));
  for (const [i, value] of a.entries()) expect(Math.abs(value - b[i])).toBeLessThan(1e-12 * size);
}

const options = (orientation: Orientation, reverseColumns = true): CArmOptions => ({
  ...{ detector: DETECTOR, sdd: 1020, orientation, isocenter: [5, -7, 30], reverseColumns },
  ...{ rotationDeg: [31, -12, 7], translation: [11, orientation === "PA" ? -840 : 860, -9], offset: [4, -3] },
});

test.each<[Orientation]>([["AP"], ["PA"], [null]])(
  "the pose of a C-arm's view is the one that it was made from, orientation %s",
  (orientation) => {
    const made = options(orientation);
    const found = viewToCArm(cArmView(made), DETECTOR, { isocenter: made.isocenter, orientation });
    expect(found.orientation).toBe(orientation);
    const { rotation, translation } = matrixToPose(found.pose, { parameterization: "euler_angles" });
    for (const axis of [0, 1, 2]) {
      expect((rotation[axis] * 180) / Math.PI).toBeCloseTo(made.rotationDeg![axis], 9);
      expect(translation[axis]).toBeCloseTo(made.translation![axis], 8);
    }
    expect(found.offset[0]).toBeCloseTo(4, 8);
    expect(found.offset[1]).toBeCloseTo(-3, 8);
    expect(found.sdd).toBeCloseTo(1020, 8);
  },
);

test("cArmView makes the same view again, also one whose columns run the other way", () => {
  for (const orientation of ["AP", "PA", null] as const)
    for (const reverseColumns of [true, false]) {
      const view = cArmView(options(orientation, reverseColumns));
      for (const asked of [undefined, "AP", "PA", null] as const)
        expectSame(cArmView(viewToCArm(view, DETECTOR, asked === undefined ? {} : { orientation: asked })), view);
    }
});

test("an orientation that the view cannot have is replaced by the one that it has", () => {
  const view = cArmView(options("PA"));
  expect(viewToCArm(view, DETECTOR, { orientation: "AP" }).orientation).toBe("PA");
  expect(viewToCArm(cArmView(options(null)), DETECTOR).orientation).toBe("AP");
});

test("parallel rays and skew detectors are no C-arm's", () => {
  const cone = cArmView(options("AP"));
  const fault = expect.objectContaining({
    code: "INVALID_GEOMETRY",
    detail: expect.objectContaining({ defect: "not-representable" }),
  });
  const { firstPixel, columnStep, rowStep } = cone;
  expect(() =>
    viewToCArm({ beam: "parallel", direction: [0, 1, 0], firstPixel, columnStep, rowStep }, DETECTOR),
  ).toThrow(fault);
  const skew = [0, 1, 2].map((k) => rowStep[k] + 0.01 * columnStep[k]) as [number, number, number];
  expect(() => viewToCArm({ ...cone, rowStep: skew }, DETECTOR)).toThrow(fault);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  createRandom,
  type Matrix3,
  multiply3,
  norm,
  scale,
  subtract,
  type Vec3,
} from "../../../src/core/index.js";
import type { Trajectory } from "../../../src/geometry/view.js";
import {
  createGrid,
  createPhantom,
  indexToWorld,
  type Shape,
  sheppLogan,
  turnAboutZ,
} from "../../../src/volume/index.js";
import { shearedGrid } from "../volumes.js";

const turnAboutX: Matrix3 = [1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8];
const rotation = multiply3(turnAboutZ(37), turnAboutX);
const shapes = {
  ellipsoid: { kind: "ellipsoid", center: [3, -2, 5], radii: [4, 7, 2.5], density: 0.8, rotation },
  box: { kind: "box", center: [3, -2, 5], radii: [4, 7, 2.5], density: -0.3, rotation },
  gaussian: { kind: "gaussian", center: [3, -2, 5], radii: [1.5, 3, 2], density: 1.7, rotation },
} satisfies Record<string, Shape>;

/** Midpoint rule with n points between two world points. */
function quadrature(f: (point: Vec3) => number, from: Vec3, to: Vec3, n: number): number {
  const d = subtract(to, from);
  let sum = 0;
  for (let m = 0; m < n; m++) sum += f(add(from, scale(d, (m + 0.5) / n)));
  return (sum * norm(d)) / n;
}

const integrate = (shape: Shape, from: Vec3, to: Vec3, extent: "segment" | "line" = "segment") =>
  createPhantom([shape]).integrate([...from, ...to], { extent })[0];

describe("line integrals in closed form", () => {
  const ball = (radius: number, density = 1): Shape => ({
    kind: "ellipsoid",
    center: [0, 0, 0],
    radii: radius,
    density,
  });

  test("a ball of radius 5 at distance 3 from the line: chord 8", () => {
    expect(integrate(ball(5, 0.25), [3, -100, 0], [3, 100, 0])).toBeCloseTo(2, 13);
  });

  test("half a ball from its center: the radius", () => {
    expect(integrate(ball(5), [0, 0, 0], [0, 0, 40])).toBeCloseTo(5, 14);
    expect(integrate(ball(5), [0, 0, 0], [0, 0, 2])).toBeCloseTo(2, 14);
  });

  test("a line beside or before the ball: 0; the same line without ends: the diameter", () => {
    expect(integrate(ball(5), [5.1, -9, 0], [5.1, 9, 0])).toBe(0);
    expect(integrate(ball(5), [0, 6, 0], [0, 9, 0])).toBe(0);
    expect(integrate(ball(5), [0, 6, 0], [0, 9, 0], "line")).toBeCloseTo(10, 13);
  });

  test("the space diagonal of a cube of edge 2: 2 sqrt 3", () => {
    const cube: Shape = { kind: "box", center: [1, 1, 1], radii: 1, density: 1 };
    expect(integrate(cube, [-1, -1, -1], [4, 4, 4])).toBeCloseTo(2 * Math.sqrt(3), 13);
  });

  test("a line in a face counts in the lower face and not in the upper", () => {
    const cube: Shape = { kind: "box", center: [0, 0, 0], radii: 1, density: 1 };
    expect(integrate(cube, [-1, -5, 0], [-1, 5, 0])).toBeCloseTo(2, 14);
    expect(integrate(cube, [1, -5, 0], [1, 5, 0])).toBe(0);
  });

  test("a Gaussian of sigma 2 at distance 3: 2 sqrt(2 pi) exp(-9/8), to 1e-14 also from 10 km away", () => {
    const blob: Shape = { kind: "gaussian", center: [0, 0, 0], radii: 2, density: 1 };
    const exact = 2 * Math.sqrt(2 * Math.PI) * Math.exp(-9 / 8);
    expect(Math.abs(integrate(blob, [3, -50, 0], [3, 50, 0]) / exact - 1)).toBeLessThan(1e-14);
    expect(Math.abs(integrate(blob, [3, -1e7, 0], [3, 50, 0]) / exact - 1)).toBeLessThan(1e-14);
  });

  test("source and end at one point: 0", () => {
    expect(integrate(shapes.gaussian, [3, -2, 5], [3, -2, 5])).toBe(0);
  });
});

describe("against quadrature, turned and off center", () => {
  const coordinate = fc.double({ min: -12, max: 12, noNaN: true });
  const point = fc.tuple(coordinate, coordinate, coordinate) as fc.Arbitrary<Vec3>;
  test.each(["ellipsoid", "box"] as const)("%s: within two of 5000 steps", (name) => {
    const { valueAt } = createPhantom([shapes[name]]);
    fc.assert(
      fc.property(point, point, (from, to) => {
        const step = norm(subtract(to, from)) / 5000;
        const error = integrate(shapes[name], from, to) - quadrature(valueAt, from, to, 5000);
        expect(Math.abs(error)).toBeLessThanOrEqual(2 * step * Math.abs(shapes[name].density) + 1e-12);
      }),
      { numRuns: 50 },
    );
  });

  test("gaussian: to 3e-5, segments that end inside included", () => {
    const { valueAt } = createPhantom([shapes.gaussian]);
    fc.assert(
      fc.property(point, point, (from, to) => {
        const error = integrate(shapes.gaussian, from, to) - quadrature(valueAt, from, to, 2000);
        // midpoint rule: h² / 24 (f'(to) - f'(from)) <= 0.021² / 24 * 2 * 0.61 * 1.7 / 1.5 = 2.6e-5
        expect(Math.abs(error)).toBeLessThan(3e-5);
      }),
      { numRuns: 50 },
    );
  });
});

describe("project", () => {
  const phantom = createPhantom(Object.values(shapes), "unknown");
  const detector = { rows: 3, columns: 5, pixelSize: [4, 3] } as const;
  const frame = { firstPixel: [-8, 60, -3], columnStep: [4, 0.5, 0], rowStep: [0, 0.2, 3] } as const;

  test("a cone view holds the integrals of its pixels' rays, row by row", () => {
    const scan: Trajectory = { detector, views: [{ beam: "cone", source: [1, -80, 2], ...frame }], about: "one view" };
    const { values } = phantom.project(scan);
    expect(values.length).toBe(15);
    const pixel = add(frame.firstPixel, add(scale(frame.columnStep, 3), scale(frame.rowStep, 2)));
    expect(values[2 * 5 + 3]).toBe(phantom.integrate([1, -80, 2, ...pixel])[0]);
    expect(values[2 * 5 + 3]).not.toBe(0);
  });

  test("a parallel view takes the whole line, whatever the length of its direction", () => {
    const at = (length: number): Trajectory => ({
      detector,
      views: [{ beam: "parallel", direction: [0, length, 0], ...frame, firstPixel: [-8, -2, -3] }],
      about: "one view",
    });
    const short = phantom.project(at(1)).values;
    const long = phantom.project(at(100)).values;
    short.forEach((p, i) => {
      expect(Math.abs(p - long[i])).toBeLessThan(1e-12);
    });
    const whole = phantom.integrate([-8 + 12, -1000, -3 + 3, -8 + 12, 1000, -3 + 3])[0];
    expect(
      phantom.project({
        ...at(1),
        views: [
          { beam: "parallel", direction: [0, 1, 0], firstPixel: [4, -2, 0], columnStep: [4, 0, 0], rowStep: [0, 0, 3] },
        ],
      }).values[0],
    ).toBeCloseTo(whole, 12);
  });

  test("moving a phantom and its rays together changes nothing (1e-11)", () => {
    const shift = fc.double({ min: -1000, max: 1000, noNaN: true });
    const ray = [1, -80, 2, 5, 60, 6];
    const here = phantom.integrate(ray)[0];
    fc.assert(
      fc.property(fc.tuple(shift, shift, shift), (t) => {
        const moved = phantom.shapes.map((shape) => ({ ...shape, center: add(shape.center, t) }));
        const there = createPhantom(moved).integrate(ray.map((x, i) => x + t[i % 3]))[0];
        expect(Math.abs(there - here)).toBeLessThan(1e-11);
      }),
    );
  });

  test("scaling a phantom by 100 scales its integrals by 100", () => {
    const small = sheppLogan().integrate([-5, 0.1, -0.2, 5, -0.3, 0.3])[0];
    const large = sheppLogan({ radius: 100 }).integrate([-500, 10, -20, 500, -30, 30])[0];
    expect(large / small).toBeCloseTo(100, 11);
  });
});

describe("voxelize", () => {
  test.each(["ellipsoid", "box", "gaussian"] as const)(
    "%s: the mean of 2³ samples in each voxel of a sheared grid",
    (name) => {
      const center = indexToWorld(shearedGrid, [3, 2, 2.5]);
      const phantom = createPhantom([{ ...shapes[name], center }]);
      const { values } = phantom.voxelize(shearedGrid, { subsamples: 2 });
      const [nx, ny] = shearedGrid.size;
      let inside = 0;
      for (let v = 0; v < values.length; v++) {
        let mean = 0;
        for (let m = 0; m < 8; m++) {
          const sub = [m & 1, (m >> 1) & 1, m >> 2].map((s) => s / 2 - 0.25);
          const index: Vec3 = [(v % nx) + sub[0], (Math.floor(v / nx) % ny) + sub[1], Math.floor(v / nx / ny) + sub[2]];
          mean += phantom.valueAt(indexToWorld(shearedGrid, index)) / 8;
        }
        if (mean !== 0) inside++;
        expect(Math.abs(values[v] - mean)).toBeLessThan(1e-12);
      }
      expect(inside).toBeGreaterThan(20);
    },
  );

  test("one subsample is the value at the voxel's center", () => {
    const phantom = createPhantom([{ kind: "gaussian", center: [0, 0, 0], radii: 2, density: 1 }]);
    const { values } = phantom.voxelize(createGrid({ size: [3, 1, 1], spacing: 1 }), { subsamples: 1 });
    expect([...values]).toEqual([Math.exp(-1 / 8), 1, Math.exp(-1 / 8)].map((v) => expect.closeTo(v, 14)));
  });

  test("the volume of a ball of radius 0.7 in 64³ voxels is 4/3 pi r³ to 2e-4", () => {
    const ball = createPhantom([{ kind: "ellipsoid", center: [0.05, -0.03, 0.02], radii: 0.7, density: 1 }]);
    const grid = createGrid({ size: [64, 64, 64], spacing: 2 / 64 });
    const total = ball.voxelize(grid).values.reduce((sum, v) => sum + v, 0) * (2 / 64) ** 3;
    expect(Math.abs(total / ((4 / 3) * Math.PI * 0.343) - 1)).toBeLessThan(2e-4);
  });

  test("refuses half a subsample, radius 0, an unknown kind", () => {
    expect(() => createPhantom([]).voxelize(shearedGrid, { subsamples: 0.5 })).toThrow("count >= 1");
    expect(() => createPhantom([{ ...shapes.box, radii: 0 }])).toThrow("positive radii");
    expect(() => createPhantom([{ ...shapes.box, kind: "cone" as never }])).toThrow("got 'cone'");
  });
});

describe("sheppLogan", () => {
  const phantom = sheppLogan();
  test("skull 2.0, brain 1.02, ventricle 1.00, outside 0", () => {
    expect(phantom.valueAt([0, 0.9, 0])).toBe(2);
    expect(phantom.valueAt([0, 0, 0.3])).toBeCloseTo(1.02, 14);
    expect(phantom.valueAt([-0.22, 0, -0.25])).toBeCloseTo(1, 14);
    expect(phantom.valueAt([0.8, 0.8, 0])).toBe(0);
  });

  test("10 ellipsoids; its mass is the sum of their 4/3 pi a b c times density", () => {
    expect(phantom.shapes.length).toBe(10);
    const grid = createGrid({ size: [48, 48, 48], spacing: 2 / 48 });
    const mass = phantom.voxelize(grid).values.reduce((sum, v) => sum + v, 0) * (2 / 48) ** 3;
    const exact = phantom.shapes.reduce((sum, { radii, density }) => {
      const [a, b, c] = radii as Vec3;
      return sum + (4 / 3) * Math.PI * a * b * c * density;
    }, 0);
    expect(Math.abs(mass / exact - 1)).toBeLessThan(1e-3);
  });

  test("the right ventricle leans by 108 degrees: its long axis points there", () => {
    const along = (degrees: number): Vec3 => {
      const a = (degrees * Math.PI) / 180;
      return [-0.22 + 0.38 * Math.cos(a), 0.38 * Math.sin(a), -0.25];
    };
    expect(phantom.valueAt(along(108))).toBeCloseTo(1, 14);
    expect(phantom.valueAt(along(-108))).toBeCloseTo(1.02, 14);
  });

  test("a random segment equals quadrature to 1e-3", () => {
    const random = createRandom(3);
    const p = (): Vec3 => [random.uniform() * 2 - 1, random.uniform() * 2 - 1, random.uniform() * 2 - 1];
    for (let i = 0; i < 10; i++) {
      const from = p();
      const to = p();
      const error = phantom.integrate([...from, ...to])[0] - quadrature(phantom.valueAt, from, to, 20000);
      expect(Math.abs(error)).toBeLessThan(1e-3);
    }
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, cross, dot, normalize, scale, subtract, type Vec3 } from "../../src/core/linear.js";
import {
  astraToView,
  type ConeView,
  cArmView,
  circularTrajectory,
  nikonToTrajectory,
  opencvToView,
  parallelTrajectory,
  pixelToWorld,
  projectPoint,
  randomSphereTrajectory,
  reverseColumns,
  reverseRows,
  rtkMatrix,
  rtkToView,
  tigreToTrajectory,
  trajectoryToNikon,
  trajectoryToTigre,
  type View,
  viewToAstra,
  viewToAstraFan,
  viewToOpencv,
  viewToProjectionMatrix,
  viewToRtk,
} from "../../src/geometry/index.js";
import { anyView, DETECTOR, viewDifference } from "./views.js";

const RUNS = { numRuns: 100 };
/** Positions are some 1000 mm from a dozen rounded operations: 1000 * 2^-52 * 12 = 3e-12; a sign or half a pixel is 1e9 times more. */
const POSITION = 1e-9;
const degrees = (x: number) => (x * Math.PI) / 180;
const [c, s] = [(x: number) => Math.cos(x), (x: number) => Math.sin(x)];
/** Product of matrices as lists of rows: the documents' formulas are written out with it. */
const times = (...matrices: number[][][]): number[][] =>
  matrices.reduce((a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0))));
const at = (m: number[][], p: readonly number[]) => times(m, [...p.map((x) => [x])]).map(([x]) => x);
const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((x, i) => x - b[i]));

/** A rectangular view, neither mirrored way excluded, with the principal point anywhere. */
const rectangular = anyView.map((view): View => {
  const v = cross(normalize(view.columnStep), cross(view.rowStep, normalize(view.columnStep)));
  const rowStep = scale(normalize(v), 3.1);
  const center = add(view.firstPixel, add(scale(view.columnStep, 16.5), scale(view.rowStep, 10)));
  const firstPixel = subtract(center, add(scale(view.columnStep, 16.5), scale(rowStep, 10)));
  if (view.beam === "cone") return { ...view, firstPixel, rowStep };
  return { ...view, firstPixel, rowStep, direction: normalize(cross(view.columnStep, rowStep)) };
});
/** The same, mirrored so that columns to the right mean rows upwards, as RTK, TIGRE and Nikon have it. */
const upwards = rectangular.map((view) => {
  const towards = view.beam === "cone" ? subtract(view.firstPixel, view.source) : view.direction;
  return dot(cross(view.columnStep, view.rowStep), towards) > 0 ? reverseRows(view, DETECTOR) : view;
});
/** The largest difference of two P as a part of the largest entry. */
const matrixDifference = (a: View, b: View) => {
  const [p, q] = [viewToProjectionMatrix(a), viewToProjectionMatrix(b)];
  return Math.max(...p.map((x, i) => Math.abs(x - q[i]))) / Math.max(...p.map(Math.abs));
};

describe("RTK (documentation of RTK, 3D Circular Projection Geometry)", () => {
  const projection = {
    gantryAngle: 25,
    outOfPlaneAngle: -12,
    inPlaneAngle: 7,
    sid: 1000,
    sdd: 1536,
    sourceOffset: [3, -4],
    projectionOffset: [-117, 11],
  } as const;
  /** "Rotation Matrix": M_R, three matrices with the opposite angles. */
  const rotation = (gantry: number, outOfPlane: number, inPlane: number) =>
    times(
      [
        [c(-inPlane), -s(-inPlane), 0],
        [s(-inPlane), c(-inPlane), 0],
        [0, 0, 1],
      ],
      [
        [1, 0, 0],
        [0, c(-outOfPlane), -s(-outOfPlane)],
        [0, s(-outOfPlane), c(-outOfPlane)],
      ],
      [
        [c(-gantry), 0, s(-gantry)],
        [0, 1, 0],
        [-s(-gantry), 0, c(-gantry)],
      ],
    );
  const fixedToRas = ([x, y, z]: readonly number[]): Vec3 => [-x, z, y];

  test("source and pixels stand where the documented M_R and M_P put them, every offset and tilt non-zero", () => {
    const view = rtkToView(projection, DETECTOR) as ConeView;
    const m = rotation(degrees(25), degrees(-12), degrees(7));
    const back = m[0].map((_, j) => m.map((row) => row[j]));
    // "Source Position": (SourceOffsetX, SourceOffsetY, SID) in the rotated frame
    expect(distance(view.source, fixedToRas(at(back, [3, -4, 1000])))).toBeLessThan(POSITION);
    // "Detector Position": (ProjectionOffsetX + u, ProjectionOffsetY + v, SID - SDD); pixel (r, c) of a centered detector
    const [u, v] = [(20 - 16.5) * 2.4, (3 - 10) * 3.1];
    const pixel = fixedToRas(at(back, [-117 + u, 11 + v, 1000 - 1536]));
    expect(distance(pixelToWorld(view, 20, 3), pixel)).toBeLessThan(POSITION);
    // "Final Matrix"
    const final = times(
      [
        [1, 0, 3 + 117],
        [0, 1, -4 - 11],
        [0, 0, 1],
      ],
      [
        [-1536, 0, 0, 0],
        [0, -1536, 0, 0],
        [0, 0, 1, -1000],
      ],
      [
        [1, 0, 0, -3],
        [0, 1, 0, 4],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ],
      [...m.map((row) => [...row, 0]), [0, 0, 0, 1]],
    );
    expect(distance(rtkMatrix(projection), final.flat())).toBeLessThan(1e-8);
    const [x, y, w] = at(final, [40, -30, 20, 1]);
    const found = projectPoint(view, fixedToRas([40, -30, 20]));
    expect(distance([(found.column - 16.5) * 2.4, (found.row - 10) * 3.1], [x / w, y / w])).toBeLessThan(POSITION);
  });

  test("the matrix of the document's example file is that of its parameters, to its 15 digits", () => {
    const example = {
      gantryAngle: 271.847274780273,
      sid: 1000,
      sdd: 1536,
      projectionOffset: [-117.056503295898, -1.01195001602173],
    } as const;
    const printed = [
      ...[-166.5093078829, 0, -1531.42837748039, -117056.503295898],
      ...[-1.01142410874151, -1536, 0.0326206557691505, -1011.95001602173],
      ...[-0.999480303105996, 0, 0.0322354417240802, -1000],
    ];
    rtkMatrix(example).forEach((x, i) => {
      expect(Math.abs(x - printed[i])).toBeLessThan(1e-11 * Math.max(1, Math.abs(printed[i])) + 1e-12);
    });
  });

  test("sdd 0 is a parallel beam at right angles to the detector, M_P = (X - offset, Y - offset)", () => {
    const parallel = { ...projection, sdd: 0 };
    const view = rtkToView(parallel, DETECTOR);
    const m = rotation(degrees(25), degrees(-12), degrees(7));
    const [x, y] = at(m, [40, -30, 20]);
    const found = projectPoint(view, fixedToRas([40, -30, 20]));
    expect(distance([(found.column - 16.5) * 2.4 - 117, (found.row - 10) * 3.1 + 11], [x, y])).toBeLessThan(POSITION);
    expect(
      distance(at([rtkMatrix(parallel).slice(0, 4), rtkMatrix(parallel).slice(4, 8)], [40, -30, 20, 1]), [
        x + 117,
        y - 11,
      ]),
    ).toBeLessThan(POSITION);
  });

  test("the gantry turns about the patient's long axis; in the frame of RTK's files about y; the origin is movable", () => {
    const turned = (options: object) =>
      rtkToView({ gantryAngle: 90, sid: 1000, sdd: 1500 }, DETECTOR, options) as ConeView;
    // IEC 61217: gantry 0 has the source above a patient on the back, gantry 90 at the patient's left
    expect(distance(turned({}).source, [-1000, 0, 0])).toBeLessThan(POSITION);
    expect(
      distance((rtkToView({ gantryAngle: 0, sid: 1000, sdd: 1500 }, DETECTOR) as ConeView).source, [0, 1000, 0]),
    ).toBe(0);
    expect(distance(turned({ frame: "itk", isocenter: [1, 2, 3] }).source, [-999, 2, 3])).toBeLessThan(POSITION);
    const shifted = turned({ origin: [-5, 6] });
    expect(distance(shifted.firstPixel, [500, 5, 6])).toBeLessThan(POSITION);
  });

  test("views come back: P to 1e-9, cone and parallel, both frames", () => {
    fc.assert(
      fc.property(upwards, fc.constantFrom("iec" as const, "itk" as const), (view, frame) => {
        const options = { frame, isocenter: [5, -6, 7] as const };
        const back = rtkToView(viewToRtk(view, DETECTOR, options), DETECTOR, options);
        expect(matrixDifference(view, back)).toBeLessThan(1e-9);
      }),
      RUNS,
    );
  });

  test("the nine numbers come back to 1e-9", () => {
    const found = viewToRtk(rtkToView(projection, DETECTOR), DETECTOR);
    for (const [name, value] of Object.entries(projection))
      expect(distance([found[name as keyof typeof found]].flat(), [value].flat()), name).toBeLessThan(1e-9);
  });
});

describe("TIGRE (its CUDA projectors: computeDeltas; its Python wrapper: order of the arrays)", () => {
  const geometry = {
    DSD: 1536,
    DSO: 1000,
    nDetector: [21, 34],
    dDetector: [3.1, 2.4],
    offOrigin: [5, -6, 7],
    offDetector: [11, -117],
    rotDetector: [0.03, -0.02, 0.05],
    COR: 2.5,
    angles: [[0.7, 0.2, -0.4]],
  } as const;
  const about = {
    x: (a: number) => [
      [1, 0, 0],
      [0, c(a), -s(a)],
      [0, s(a), c(a)],
    ],
    y: (a: number) => [
      [c(a), 0, s(a)],
      [0, 1, 0],
      [-s(a), 0, c(a)],
    ],
    z: (a: number) => [
      [c(a), -s(a), 0],
      [s(a), c(a), 0],
      [0, 0, 1],
    ],
  };

  test("source and pixels stand where its projector puts them, every offset and tilt non-zero", () => {
    const { views } = tigreToTrajectory(geometry);
    const view = views[0] as ConeView;
    const gantry = times(about.z(0.7), about.y(0.2), about.z(-0.4));
    // rotDetector = [roll about x, pitch about y, yaw about z], applied yaw last
    const detector = times(about.z(0.05), about.y(-0.02), about.x(0.03));
    const world = (p: readonly number[]) => {
      const [x, y, z] = at(gantry, p);
      return [x - 7 - 2.5 * s(0.7), y + 6 + 2.5 * c(0.7), z - 5];
    };
    expect(distance(view.source, world([1000, 0, 0]))).toBeLessThan(POSITION);
    // row 0 is the lowest (the kernel turns v around), column 0 has the smallest y
    const [y, z] = [(20 - 16.5) * 2.4, (3 - 10) * 3.1];
    const [px, py, pz] = at(detector, [0, y, z]);
    expect(distance(pixelToWorld(view, 20, 3), world([px - 536, py - 117, pz + 11]))).toBeLessThan(POSITION);
  });

  test("angle 0 has the source at +x, 90 degrees at +y; rows run upwards", () => {
    const simple = { ...geometry, offOrigin: [0, 0, 0], offDetector: [0, 0], rotDetector: [0, 0, 0], COR: 0 };
    const { views } = tigreToTrajectory({ ...simple, angles: [0, Math.PI / 2] });
    expect(distance((views[0] as ConeView).source, [1000, 0, 0])).toBe(0);
    expect(distance((views[1] as ConeView).source, [0, 1000, 0])).toBeLessThan(POSITION);
    expect(distance(views[1].rowStep, [0, 0, 3.1])).toBeLessThan(POSITION);
    expect(distance(views[1].columnStep, [-2.4, 0, 0])).toBeLessThan(POSITION);
  });

  test("views come back: P to 1e-9, cone and parallel", () => {
    fc.assert(
      fc.property(upwards, (view) => {
        const trajectory = { detector: DETECTOR, views: [view], about: "" };
        const isocenter = [5, -6, 7] as const;
        const [back] = tigreToTrajectory(trajectoryToTigre(trajectory, { isocenter }), { isocenter }).views;
        expect(matrixDifference(view, back)).toBeLessThan(1e-9);
      }),
      RUNS,
    );
  });

  test("values may differ from view to view; a list of another length, an unknown field and a shifted parallel detector are refused", () => {
    const two = {
      ...geometry,
      angles: [0, 1],
      DSO: [900, 1100],
      COR: [0, 0],
      offDetector: [
        [0, 0],
        [1, 2],
      ],
    };
    expect(tigreToTrajectory(two).views).toHaveLength(2);
    expect(() => tigreToTrajectory({ ...two, DSD: [1, 2, 3] })).toThrow(/DSD has 3 entries for 2 angles/);
    expect(() => tigreToTrajectory({ ...two, offDetect: [0, 0] } as never)).toThrow(/did you mean 'offDetector'/);
    expect(() => tigreToTrajectory({ ...geometry, mode: "parallel" })).toThrow(/tilt the rays of a shifted detector/);
  });
});

describe("Nikon .xtekct (the Nikon reader of CIL: source at 0, axis at (-offset, SrcToObject, 0))", () => {
  const detector = { rows: 1024, columns: 2048, pixelSize: [0.1, 0.2] } as const;
  const scan = {
    sid: 50,
    sdd: 300,
    anglesDeg: [-3, -2.8, 40],
    objectOffsetX: -0.03,
    objectRollDeg: 2,
    objectTiltDeg: 30,
  };

  test("source and pixels stand where CIL's matrices put them, offset, roll and tilt non-zero", () => {
    const { views } = nikonToTrajectory(scan, detector);
    const [tilt, roll] = [degrees(-30), degrees(2)];
    const axis = at(
      times(
        [
          [1, 0, 0],
          [0, c(tilt), -s(tilt)],
          [0, s(tilt), c(tilt)],
        ],
        [
          [c(roll), 0, s(roll)],
          [0, 1, 0],
          [-s(roll), 0, c(roll)],
        ],
      ),
      [0, 0, 1],
    );
    // Rodrigues: the smallest turn of the axis to z, then about z until the beam's shadow lies along +y
    const [a, b, h] = axis;
    const w = [
      [0, 0, -a],
      [0, 0, -b],
      [a, b, 0],
    ];
    const square = times(w, w);
    const toZ = w.map((row, i) => row.map((x, j) => (i === j ? 1 : 0) + x + square[i][j] / (1 + h)));
    const [bx, by] = at(toZ, [0, 1, 0]);
    const theta = Math.atan2(bx, by);
    scan.anglesDeg.forEach((angle, k) => {
      // CIL turns the object by 180 - angle, the scanner the other way
      const turn = degrees(angle - 180) + theta;
      const all = times(
        [
          [c(turn), -s(turn), 0],
          [s(turn), c(turn), 0],
          [0, 0, 1],
        ],
        toZ,
      );
      const world = (p: readonly number[]) => at(all, [p[0] - 0.03, p[1] - 50, p[2]]);
      const view = views[k] as ConeView;
      expect(distance(view.source, world([0, 0, 0]))).toBeLessThan(POSITION);
      // origin "top-right": column 0 at the largest x, row 0 at the largest z
      const pixel = world([(1023.5 - 100) * 0.1, 300, (511.5 - 7) * 0.2]);
      expect(distance(pixelToWorld(view, 100, 7), pixel)).toBeLessThan(POSITION);
    });
  });

  test("a growing angle turns the gantry counterclockwise seen from +z, from the source at +y", () => {
    const [first, second] = nikonToTrajectory({ sid: 50, sdd: 300, anglesDeg: [0, 90] }, detector).views as ConeView[];
    expect(distance(first.source, [0, 50, 0])).toBeLessThan(POSITION);
    expect(distance(second.source, [-50, 0, 0])).toBeLessThan(POSITION);
  });

  test("the scan comes back to 1e-9, its angles up to whole turns, and its P", () => {
    const trajectory = nikonToTrajectory(scan, detector, { isocenter: [1, 2, 3] });
    const found = trajectoryToNikon(trajectory, { isocenter: [1, 2, 3] });
    const { anglesDeg, ...rest } = scan;
    for (const [name, value] of Object.entries(rest))
      expect(Math.abs((found[name as keyof typeof found] as number) - value), name).toBeLessThan(1e-9);
    const turns = found.anglesDeg.map((angle, k) => angle - anglesDeg[k]);
    expect(distance(turns, [360, 360, 360])).toBeLessThan(1e-9);
    const back = nikonToTrajectory(found, detector, { isocenter: [1, 2, 3] });
    back.views.forEach((view, k) => {
      expect(matrixDifference(trajectory.views[k], view)).toBeLessThan(1e-9);
    });
  });

  test("our circle with its columns reversed is a Nikon scan; a shifted detector, a sphere and parallel rays are none", () => {
    const gantry = { detector: DETECTOR, sid: 600, sdd: 900, views: 5 };
    const nikon = (views: readonly View[]) =>
      trajectoryToNikon({ detector: DETECTOR, about: "", views: views.map((view) => reverseColumns(view, DETECTOR)) });
    const found = nikon(circularTrajectory(gantry).views);
    expect(found).toMatchObject({ sid: 600, sdd: 900 });
    expect(distance(found.anglesDeg, [0, 72, 144, 216, 288])).toBeLessThan(1e-9);
    expect(() => nikon(circularTrajectory({ ...gantry, offset: [3, 0] }).views)).toThrow(/off the beam's middle/);
    expect(() => nikon(randomSphereTrajectory({ ...gantry, seed: 1 }).views)).toThrow(/view 1 has another/);
    expect(() => nikon(parallelTrajectory({ detector: DETECTOR, views: 2 }).views)).toThrow(/rays are parallel/);
  });
});

describe("ASTRA (documentation of its 2D and 3D geometries)", () => {
  test("cone_vec is source, detector center, step of a column, step of a row; all numbers apart", () => {
    const view = astraToView("cone", [1, -2, 3, 40, 50, -60, 0.5, 0.25, 0.125, -0.1, 0.2, 0.7], DETECTOR) as ConeView;
    expect(view.source).toEqual([1, -2, 3]);
    // pixel (row i, column j) = d + (j - 16.5) u + (i - 10) v for 34 columns and 21 rows
    const pixel = [40 + 3.5 * 0.5 - 7 * -0.1, 50 + 3.5 * 0.25 - 7 * 0.2, -60 + 3.5 * 0.125 - 7 * 0.7];
    expect(distance(pixelToWorld(view, 20, 3), pixel)).toBeLessThan(POSITION);
  });

  test("12 numbers come back, cone and parallel", () => {
    fc.assert(
      fc.property(anyView, (view) => {
        expect(viewDifference(astraToView(view.beam, viewToAstra(view, DETECTOR), DETECTOR), view)).toBeLessThan(
          POSITION,
        );
      }),
      RUNS,
    );
  });

  test("fanflat_vec is the same in the plane, with one row of pixels", () => {
    const line = { rows: 1, columns: 34, pixelSize: [2.4, 3.1] } as const;
    const numbers = [1, -2, 40, 50, 1.92, -1.44];
    const view = astraToView("cone", numbers, line) as ConeView;
    expect(view.source).toEqual([1, -2, 0]);
    expect(distance(pixelToWorld(view, 20, 0), [40 + 3.5 * 1.92, 50 - 3.5 * 1.44, 0])).toBeLessThan(POSITION);
    expect(view.rowStep).toEqual([0, 0, 3.1]);
    expect(distance(viewToAstraFan(view, line), numbers)).toBeLessThan(POSITION);
    expect(() => astraToView("cone", numbers, DETECTOR)).toThrow(/21 rows/);
    expect(() => viewToAstraFan({ ...view, source: [1, -2, 9] }, line)).toThrow(/plane z = 0/);
    expect(() => viewToAstraFan(astraToView("cone", viewToAstra(view, line), DETECTOR), DETECTOR)).toThrow(/21 rows/);
  });
});

describe("OpenCV (documentation, Camera Calibration and 3D Reconstruction)", () => {
  test("s (x, y, 1) = K [R | t] X with pixel centers at 0, 1, ...; source at -R^T t, skew and offset non-zero", () => {
    const [a, b, g] = [0.3, -0.4, 0.5];
    const rotation = times(
      [
        [1, 0, 0],
        [0, c(a), -s(a)],
        [0, s(a), c(a)],
      ],
      [
        [c(b), 0, s(b)],
        [0, 1, 0],
        [-s(b), 0, c(b)],
      ],
      [
        [c(g), -s(g), 0],
        [s(g), c(g), 0],
        [0, 0, 1],
      ],
    );
    const k = [
      [640, 1.5, 20],
      [0, 480, 9],
      [0, 0, 1],
    ];
    const t = [12, -8, 700];
    const camera = { cameraMatrix: k.flat(), rotation: rotation.flat(), translation: t as unknown as Vec3 };
    const view = opencvToView(camera, { sdd: 960 }) as ConeView;
    const source = at(
      rotation[0].map((_, j) => rotation.map((row) => row[j])),
      t,
    ).map((x) => -x);
    expect(distance(view.source, source)).toBeLessThan(POSITION);
    const point: Vec3 = [30, -40, 50];
    const [x, y, w] = at(
      k,
      at(rotation, point).map((value, i) => value + t[i]),
    );
    const found = projectPoint(view, point);
    expect(distance([found.column, found.row], [x / w, y / w])).toBeLessThan(POSITION);
    const back = viewToOpencv(view);
    expect(distance(back.cameraMatrix, k.flat()) + distance(back.rotation, rotation.flat())).toBeLessThan(1e-9);
    expect(distance(back.translation, t) + Math.abs(back.sdd - 960)).toBeLessThan(1e-9);
  });
});

test("what a program's rotations cannot describe is refused by name: mirrored images, skewed pixels, oblique rays", () => {
  const down = cArmView({ detector: DETECTOR, sdd: 900, translation: [0, 600, 0] });
  const trajectory = (view: View) => ({ detector: DETECTOR, views: [view], about: "" });
  const defect = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as { detail: { defect: string } }).detail.defect;
    }
    return "none";
  };
  const up = reverseRows(down, DETECTOR);
  for (const run of [
    () => viewToRtk(down, DETECTOR),
    () => trajectoryToTigre(trajectory(down)),
    () => trajectoryToNikon(trajectory(down)),
    () => viewToOpencv(up),
  ])
    expect(defect(run)).toBe("mirrored-view");
  expect(defect(() => viewToRtk(up, DETECTOR))).toBe("none");
  const skewed: View = { ...up, rowStep: add(up.rowStep, scale(up.columnStep, 0.1)) };
  expect(defect(() => viewToRtk(skewed, DETECTOR))).toBe("not-representable");
  const { firstPixel, columnStep, rowStep } = up;
  const oblique: View = { beam: "parallel", direction: [0.1, -1, 0], firstPixel, columnStep, rowStep };
  expect(defect(() => viewToRtk(oblique, DETECTOR))).toBe("not-representable");
  expect(
    reverseRows(reverseColumns(reverseRows(reverseColumns(down, DETECTOR), DETECTOR), DETECTOR), DETECTOR),
  ).toEqual(down);
});

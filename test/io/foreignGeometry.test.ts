import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Warning } from "../../src/core/errors.js";
import {
  circularTrajectory,
  helicalTrajectory,
  parallelTrajectory,
  randomSphereTrajectory,
  reverseColumns,
  reverseRows,
  type Trajectory,
  viewToAstra,
  viewToProjectionMatrix,
} from "../../src/geometry/index.js";
import {
  bytesSource,
  type GeometryFormat,
  type ReadGeometryOptions,
  readGeometry,
  writeGeometry,
  writeNpy,
} from "../../src/io/index.js";

const detector = { rows: 6, columns: 9, pixelSize: [2, 1.5] } as const;
const gantry = { detector, sid: 600, sdd: 900, isocenter: [3, -4, 5] } as const;
const sphere = randomSphereTrajectory({ ...gantry, offset: [7, -2], views: 4, seed: 1 });
const circle = circularTrajectory({ ...gantry, views: 5 });
const parallel = parallelTrajectory({ detector, isocenter: [3, -4, 5], offset: [7, -2], views: 5 });
const line = { rows: 1, columns: 9, pixelSize: [2, 2] } as const;
const fan = {
  ...circularTrajectory({ detector: line, sid: 600, sdd: 900, views: 3 }),
  detector: line,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tomograd-foreign-"));
});
afterAll(() => rm(folder, { recursive: true }));

const text = (content: string | object, name?: string) =>
  bytesSource(new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content)), name);

/** The largest difference between the P of two trajectories, as a part of the largest entry. */
function difference(a: Trajectory, b: Trajectory): number {
  expect(b.views).toHaveLength(a.views.length);
  return Math.max(
    ...a.views.map((view, k) => {
      const [p, q] = [viewToProjectionMatrix(view), viewToProjectionMatrix(b.views[k])];
      return Math.max(...p.map((x, i) => Math.abs(x - q[i]))) / Math.max(...p.map(Math.abs));
    }),
  );
}

describe("files of other programs come back, P to 1e-9, whatever their ending", () => {
  // fullest: what each program can say; `read`: what its file does not
  const size = { detector };
  const cases: [string, GeometryFormat, Trajectory, ReadGeometryOptions, "rows" | "columns" | undefined][] = [
    ["RTK, a sphere", "rtk", sphere, size, "rows"],
    ["RTK, a helix", "rtk", helicalTrajectory({ ...gantry, views: 7, turns: 1.5, pitch: 20 }), size, "rows"],
    ["RTK, parallel", "rtk", parallel, size, "rows"],
    ["TIGRE, a sphere", "tigre", sphere, {}, "rows"],
    ["TIGRE, parallel", "tigre", parallel, {}, "rows"],
    ["Nikon, a circle", "nikon", circle, { isocenter: gantry.isocenter }, "columns"],
    ["ASTRA, a sphere", "astra", sphere, {}, undefined],
    ["ASTRA, parallel", "astra", parallel, {}, undefined],
    ["OpenCV, a sphere", "opencv", sphere, {}, undefined],
    ["matrices, a sphere", "matrices", sphere, size, undefined],
    ["matrices, parallel", "matrices", parallel, size, undefined],
    ["our JSON", "tomograd", sphere, {}, undefined],
  ];
  test.each(cases)("%s", async (_, format, trajectory, read, reversed) => {
    const path = join(folder, "geometry.any");
    const warnings: Warning[] = [];
    const { isocenter } = read;
    await writeGeometry(path, trajectory, {
      format,
      ...(isocenter && { isocenter }),
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings.map(({ defect }) => defect)).toEqual(reversed ? ["images-reversed"] : []);
    const back = await readGeometry(path, read);
    const turned = trajectory.views.map((view) =>
      reversed === "rows" ? reverseRows(view, detector) : reversed ? reverseColumns(view, detector) : view,
    );
    expect(difference({ ...trajectory, views: turned }, back)).toBeLessThan(1e-9);
    expect(back.detector.pixelSize.map((x) => Math.round(x * 1e9) / 1e9)).toEqual(detector.pixelSize);
  });

  test("matrices as .npy, .csv and .txt, with pixel centers at 1/2 or at 0", async () => {
    for (const ending of ["npy", "csv", "txt"])
      for (const pixelCenter of [0, 0.5] as const) {
        const path = join(folder, `geometry.${ending}`);
        await writeGeometry(path, sphere, { pixelCenter });
        expect(difference(sphere, await readGeometry(path, { detector, pixelCenter }))).toBeLessThan(1e-9);
      }
  });

  test("the ending chooses what is written", async () => {
    for (const [ending, start] of [
      ["xml", '<?xml version="1.0"?>\n<!DOCTYPE RTKGEOMETRY>\n<RTKThreeDCircularGeometry version="3">'],
      ["xtekct", "[XTekCT]\nSrcToObject="],
      ["json", '{\n  "format": "tomograd-geometry/1"'],
    ]) {
      const path = join(folder, `chosen.${ending}`);
      await writeGeometry(path, circle, ending === "json" ? {} : { isocenter: gantry.isocenter });
      expect((await readFile(path, "utf8")).startsWith(start)).toBe(true);
    }
  });
});

describe("RTK", () => {
  const file = `<?xml version="1.0"?>
<!DOCTYPE RTKGEOMETRY>
<RTKThreeDCircularGeometry version="3">
  <SourceToIsocenterDistance>1000</SourceToIsocenterDistance>
  <SourceToDetectorDistance>1536</SourceToDetectorDistance>
  <Projection>
    <GantryAngle>271.847274780273</GantryAngle>
    <ProjectionOffsetX>-117.056503295898</ProjectionOffsetX>
    <ProjectionOffsetY>-1.01195001602173</ProjectionOffsetY>
    <Matrix>
      -166.5093078829 0 -1531.42837748039 -117056.503295898
      -1.01142410874151 -1536 0.0326206557691505 -1011.95001602173
      -0.999480303105996 0 0.0322354417240802 -1000
    </Matrix>
  </Projection>
</RTKThreeDCircularGeometry>
`;
  test("the example of its documentation is read: source at 1000 mm, 271.8 degrees from above, over the right", async () => {
    const { views } = await readGeometry(text(file), { detector });
    const angle = (271.847274780273 * Math.PI) / 180;
    const [view] = views;
    if (view.beam !== "cone") throw new Error("a cone");
    // x = sid sin, z = sid cos in RTK's frame; RAS is (-x, z, y)
    expect(view.source[0]).toBeCloseTo(-1000 * Math.sin(angle), 9);
    expect(view.source[1]).toBeCloseTo(1000 * Math.cos(angle), 9);
    expect(view.source[2]).toBeCloseTo(0, 9);
  });

  test("a matrix that is not that of its parameters, a cylinder, a cut file, version 1 and a missing detector are refused", async () => {
    const refused = (content: string, options: ReadGeometryOptions = { detector }) =>
      readGeometry(text(content, "g.xml"), options).catch((error) => error.detail.defect);
    expect(await refused(file.replace("-1531.42837748039", "-1532"))).toBe("inconsistent-geometry");
    const curved = "<RadiusCylindricalDetector>1536</RadiusCylindricalDetector><Projection>";
    expect(await refused(file.replace("<Projection>", curved))).toBe("curved-detector");
    expect(await refused(file.slice(0, -40))).toBe("bad-geometry");
    expect(await refused(file.replace('version="3"', 'version="1"'))).toBe("unsupported-version");
    expect(await refused(file.replace("271.847274780273", "east"))).toBe("bad-geometry");
    expect(await refused(file, {})).toBe("missing-detector");
    expect(await refused(file, { detector, sdd: 900 })).toBe("contradictory-options");
    expect(await refused(file, { detector, format: "astra" })).toBe("contradictory-options");
  });
});

describe("Nikon", () => {
  const fields = {
    Projections: 3,
    InitialAngle: 10,
    AngularStep: 5,
    SrcToObject: 50,
    SrcToDetector: 300,
    DetectorPixelsX: 8,
    DetectorPixelsY: 6,
    DetectorPixelSizeX: 0.1,
    DetectorPixelSizeY: 0.2,
  };
  const file = (changes: object = {}) =>
    `[XTekCT]\r\n${Object.entries({ ...fields, ...changes })
      .map(([key, value]) => `${key}=${value}\r\n`)
      .join("")}[Xrays]\r\nXraykV=100\r\n`;
  const first = async (content: string, options: ReadGeometryOptions = {}) =>
    (await readGeometry(text(content), options)).views;

  test("older files say the axis by its shadow at the top and the bottom of the detector", async () => {
    // offset = mean of both at the stage; roll = -atan(difference / height of 1.2 mm)
    const old = await first(file({ CentreOfRotationTop: 0.3, CentreOfRotationBottom: 0.1 }));
    const roll = (-Math.atan2(0.2, 1.2) * 180) / Math.PI;
    const now = await first(file({ ObjectOffsetX: (0.2 * 50) / 300, ObjectRoll: roll }));
    old.forEach((view, k) => {
      expect(view.firstPixel.map((x, i) => Math.abs(x - now[k].firstPixel[i]) < 1e-12)).toEqual([true, true, true]);
    });
  });

  test("measured angles replace the even ones: _ctdata.txt and .ang", async () => {
    const even = await first(file());
    const table =
      "Projs\tFrames\tExposure(ms)\r\n3\t1\t500\r\nProjection\tAngle(deg)\tTime(s)\r\n1\t10\t0.1\r\n2\t15\t0.6\r\n3\t20\t1.1\r\n";
    expect(await first(file({ InitialAngle: 99 }), { angles: text(table) })).toEqual(even);
    const list = "Proj\tAngle(deg)\r\nscan_0001:\t10\r\nscan_0002:\t15.0\r\nscan_0003:\t20\r\n";
    expect(await first(file({ InitialAngle: 99 }), { angles: text(list) })).toEqual(even);
    const short = first(file(), { angles: text("Proj\n1 10\n2 15\n") });
    await expect(short).rejects.toThrow(/has 2 of them, Projections is 3/);
  });

  test("a shift of the detector, which programs read with different signs, is warned of; a missing field is named", async () => {
    const warnings: Warning[] = [];
    await first(file({ DetectorOffsetX: 0.4 }), { onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ defect }) => defect)).toEqual(["unused-field"]);
    await expect(first(file().replace(/SrcToDetector.*\r\n/, ""))).rejects.toThrow(/SrcToDetector is missing/);
    await expect(first(file({ Projections: 1e9 }))).rejects.toMatchObject({ detail: { defect: "bad-geometry" } });
  });
});

describe("tables", () => {
  test("ASTRA's vectors and matrices, both 12 numbers a view, are told apart by what makes sense", async () => {
    const path = join(folder, "vectors.npy");
    const vectors = sphere.views.flatMap((view) => viewToAstra(view, detector));
    await writeNpy(path, Float64Array.from(vectors), [4, 12]);
    expect(difference(sphere, await readGeometry(path, { detector }))).toBeLessThan(1e-9);
    await writeNpy(path, Float64Array.from(sphere.views.flatMap(viewToProjectionMatrix)), [4, 12]);
    expect(difference(sphere, await readGeometry(path, { detector }))).toBeLessThan(1e-9);
    const circular = circle.views.flatMap((view) => viewToAstra(view, detector));
    await writeNpy(path, Float64Array.from(circular), [5, 12]);
    expect(difference(circle, await readGeometry(path, { detector }))).toBeLessThan(1e-9);
    await writeNpy(
      path,
      Float64Array.from({ length: 24 }, (_, i) => Math.sin(i * i)),
      [2, 12],
    );
    await expect(readGeometry(path, { detector })).rejects.toMatchObject({ detail: { defect: "ambiguous-geometry" } });
  });

  test("directions of unit length need the word parallel", async () => {
    const rows = parallel.views.map((view) => viewToAstra(view, detector).join(" ")).join("\n");
    const options = { detector, format: "astra" } as const;
    await expect(readGeometry(text(rows), options)).rejects.toMatchObject({
      detail: { defect: "ambiguous-geometry" },
    });
    expect(difference(parallel, await readGeometry(text(rows), { ...options, beam: "parallel" }))).toBeLessThan(1e-9);
  });

  test("ASTRA's fan is six numbers a view", async () => {
    const path = join(folder, "fan.json");
    const up = { ...fan, views: fan.views.map((view) => reverseRows(view, line)) };
    await writeGeometry(path, up, { format: "astra" });
    expect(await readFile(path, "utf8")).toContain('"type": "fanflat_vec"');
    const back = await readGeometry(path);
    expect(back.detector).toEqual(line);
    expect(difference(up, back)).toBeLessThan(1e-9);
  });

  test("lines of different length, words, NaN and other widths are refused, with the line", async () => {
    const refused = (content: string) =>
      readGeometry(text(content, "m.csv"), { detector, sdd: 900 }).catch((error) => error.message);
    expect(await refused("1,2,3,4\n1,2,3\n")).toMatch(/line 2 has 3 numbers, the first 4/);
    expect(await refused("1,2,3,4\n1,2,x,4\n")).toMatch(/line 2 is not all numbers/);
    expect(await refused("1,2,3\n4,5,6\n")).toMatch(/not \(2, 3\)/);
    expect(await refused("hello\n")).toMatch(/none of the geometries that are read/);
    expect(await refused("# K [R|t]\n1 0 0 0\n0 1 0 0\n0 0 1 0\n")).toMatch(/lies beside the source/);
    await expect(readGeometry(text("1 2 3 4\n".repeat(3)))).rejects.toMatchObject({
      detail: { defect: "missing-detector" },
    });
  });
});

test("a misspelled field of TIGRE is named with the nearest known one, a wrong type with its place", async () => {
  const tigre = { DSD: 900, DSO: 600, nDetector: [6, 9], dDetector: [1.5, 2], angles: [0, 1] };
  expect((await readGeometry(text(tigre))).views).toHaveLength(2);
  await expect(readGeometry(text({ ...tigre, offDetektor: [0, 0] }))).rejects.toThrow(/did you mean 'offDetector'/);
  await expect(readGeometry(text(tigre), { detector: { rows: 7 } })).rejects.toThrow(
    /6 x 9 pixels .* leave the detector out/,
  );
  await expect(readGeometry(text({ ...tigre, nDetector: [6] }))).rejects.toThrow(/at nDetector/);
});

test("an aborted write leaves the file that was there", async () => {
  const path = join(folder, "kept.xtekct");
  await writeFile(path, "old");
  await expect(writeGeometry(path, sphere)).rejects.toMatchObject({ detail: { defect: "not-representable" } });
  expect(await readFile(path, "utf8")).toBe("old");
});

test("options that a format does not write are refused", async () => {
  for (const [format, option] of [
    ["tigre", { frame: "itk" }],
    ["matrices", { isocenter: [1, 2, 3] }],
    ["tomograd", { pixelCenter: 0 }],
  ] as const)
    await expect(writeGeometry(join(folder, "x"), sphere, { format, ...option })).rejects.toMatchObject({
      detail: { defect: "contradictory-options" },
    });
});

test("files made to be slow are refused in less than a second each: blank lines, endless comments, one long line", async () => {
  const many = 200_000;
  for (const content of [
    `${"\n".repeat(many)}x`,
    `${" \n".repeat(many)}[XTekCT] ${" ".repeat(many)}`,
    `<RTKThreeDCircularGeometry version="3">${"<!--".repeat(many)}`,
    `[XTekCT]\n${" ".repeat(many)}=${" ".repeat(many)}x`,
    `1${" ".repeat(many)}x`,
    `# ${" #\n".repeat(many)}x`,
  ]) {
    const started = performance.now();
    await expect(readGeometry(text(content), { detector })).rejects.toMatchObject({ name: "TomogradError" });
    expect(performance.now() - started).toBeLessThan(1000);
  }
});

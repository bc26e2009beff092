import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalize, type Vec3 } from "../../src/core/linear.js";
import { type ConeView, gantryView, positionerView } from "../../src/geometry/index.js";
import { gantryToPatient, machineAngles } from "../../src/io/dicom/iecFrames.js";
import {
  radiographProjections,
  radiographTrajectory,
  readImage,
  readRadiograph,
  readVolume,
} from "../../src/io/index.js";
import { type DicomElement, dicomBytes } from "./dicomBytes.js";

const rows = 2;
const columns = 3;
const pixels = [1, 2, 4, 8, 16, 32];
const SPACING = 0x00280030;
const shot = (modality: string, more: readonly DicomElement[], without: readonly number[] = [SPACING]) =>
  dicomBytes({ modality, rows, columns, pixels, more, without: [...without, 0x00200037, 0x00281052, 0x00281053] });
const IMAGER: DicomElement = [0x00181164, "DS", "0.4\\0.3"];
const DISTANCES: readonly DicomElement[] = [
  [0x00181110, "DS", "1200"],
  [0x00181111, "DS", "800"],
];
const ANGLES: readonly DicomElement[] = [
  [0x00181510, "DS", "25"],
  [0x00181511, "DS", "-15"],
];
const detector = { rows, columns, pixelSize: [0.3, 0.4] as const };
const near = (found: Vec3, wanted: Vec3) => found.forEach((value, i) => void expect(value).toBeCloseTo(wanted[i], 9));
const sameView = (found: ConeView, wanted: ConeView) => {
  for (const name of ["source", "firstPixel", "columnStep", "rowStep"] as const) near(found[name], wanted[name]);
};
const defects = (warnings: readonly { defect: string }[]) => warnings.map(({ defect }) => defect);

describe("X-ray images in DICOM", () => {
  test("an angiogram's view is that of its positioner angles; pixels are [along a row, along a column]", async () => {
    const radiograph = await readRadiograph(shot("XA", [IMAGER, ...DISTANCES, ...ANGLES]));
    expect(radiograph).toMatchObject({ pixelSize: [0.3, 0.4], sdd: 1200, sid: 800, anglesDeg: [[25, -15]] });
    const isocenter: Vec3 = [1, 2, 3];
    const { views } = radiographTrajectory(radiograph, { isocenter });
    sameView(views[0] as ConeView, positionerView({ detector, sid: 800, sdd: 1200, isocenter }, 25, -15));
  });

  test.each<readonly [tag: number, keyword: string, text: string]>([
    [0x00181110, "DistanceSourceToDetector", "1200,5"],
    [0x00181164, "ImagerPixelSpacing", "0,4\\0,3"],
    [0x00181510, "PositionerPrimaryAngle", "25\\30"],
    [0x300a0120, "BeamLimitingDeviceAngle", "12deg"],
  ])(
    "a number that is none is refused by name, never cut short or left out: %i %s '%s'",
    async (tag, keyword, text) => {
      const bytes = shot("XA", [IMAGER, ...DISTANCES, ...ANGLES, [tag, "DS", text]]);
      const refusal = {
        code: "CORRUPT_FILE",
        message: expect.stringContaining(`${keyword} is not`),
        detail: { defect: "non-finite-affine" },
      };
      await expect(readRadiograph(bytes)).rejects.toMatchObject(refusal);
      await expect(readImage(bytes)).rejects.toMatchObject(refusal);
    },
  );

  test.each(["2,5", "1\\2", "0", "two"])("'%s' frames are refused", async (frames) => {
    const refusal = { code: "CORRUPT_FILE", detail: { defect: "inconsistent-header" } };
    await expect(readRadiograph(shot("XA", [[0x00280008, "IS", frames]]))).rejects.toMatchObject(refusal);
  });

  test("an enhanced angiogram has angles, spacing and distance in its groups, frame by frame", async () => {
    const shared: DicomElement = [
      0x52009229,
      "SQ",
      [
        [
          [0x00189476, "SQ", [[[0x00181110, "DS", "1200"]]]],
          [0x00289443, "SQ", [[IMAGER]]],
        ],
      ],
    ];
    const frame = (primary: number): readonly DicomElement[] => [
      [
        0x00189405,
        "SQ",
        [
          [
            [0x00181510, "DS", `${primary}`],
            [0x00181511, "DS", "5"],
          ],
        ],
      ],
    ];
    const more: readonly DicomElement[] = [[0x00280008, "IS", "2"], shared, [0x52009230, "SQ", [frame(10), frame(20)]]];
    const bytes = dicomBytes({
      modality: "XA",
      rows,
      columns,
      pixels: [...pixels, ...pixels],
      more,
      without: [SPACING, 0x00200037],
    });
    const radiograph = await readRadiograph(bytes);
    expect(radiograph).toMatchObject({
      frames: 2,
      pixelSize: [0.3, 0.4],
      sdd: 1200,
      anglesDeg: [
        [10, 5],
        [20, 5],
      ],
    });
    expect(radiographTrajectory(radiograph, { sid: 800 }).views).toHaveLength(2);
  });

  test("magnification stands in for a distance; a spacing at the object is magnified onto the detector", async () => {
    const more: readonly DicomElement[] = [
      ...ANGLES,
      [0x00181110, "DS", "1200"],
      [0x00181114, "DS", "1.5"],
      [0x00280a02, "CS", "GEOMETRY"],
    ];
    const radiograph = await readRadiograph(shot("RF", more, []));
    expect(radiograph).toMatchObject({ pixelSize: [3, 2], pixelSizeAt: "object", pixelSizeFrom: "PixelSpacing" });
    expect(radiographTrajectory(radiograph).detector.pixelSize).toEqual([4.5, 3]);
    expect(radiographTrajectory(radiograph, { sid: 600 }).detector.pixelSize).toEqual([6, 4]);
  });

  test("intensities become logarithms: LIN ln(largest / I), SQRT twice that, LOG turned over; what is not known is said", async () => {
    const of = async (modality: string, ...more: DicomElement[]) =>
      radiographProjections(await readRadiograph(shot(modality, [IMAGER, ...DISTANCES, ...ANGLES, ...more])));
    const logs = pixels.map((value) => Math.log(32 / value));
    const lin = await of("XA", [0x00281040, "CS", "LIN"]);
    lin.values.forEach((value, i) => void expect(value).toBeCloseTo(logs[i], 6));
    const root = await of("XA", [0x00281040, "CS", "SQRT"]);
    root.values.forEach((value, i) => void expect(value).toBeCloseTo(2 * logs[i], 6));
    expect([...(await of("XA", [0x00281040, "CS", "LOG"])).values]).toEqual(pixels.map((value) => 32 - value));
    const attenuation = await of("XA", [0x00281040, "CS", "LOG"], [0x00281041, "SS", [-1]]);
    expect([[...attenuation.values], attenuation.warnings]).toEqual([pixels, []]);
    const unknown = await of("XA");
    expect([[...unknown.values], defects(unknown.warnings)]).toEqual([pixels, ["unknown-intensity"]]);
    // Turned over for display, MONOCHROME1 intensities are bright where much is absorbed already.
    const white = await of("XA", [0x00281040, "CS", "LOG"], [0x00280004, "CS", "MONOCHROME1"]);
    expect([...white.values]).toEqual(pixels.map((value) => -1 - value));
  });

  test("views that a lateral film and a couch at an angle have", async () => {
    const film = await readRadiograph(
      shot("DX", [IMAGER, ...DISTANCES, [0x00185101, "CS", "LL"], [0x00200020, "CS", "A\\F"]]),
    );
    const [lateral] = radiographTrajectory(film).views as ConeView[];
    // Left lateral: the left side (-x) at the detector.
    sameView(lateral, {
      beam: "cone",
      source: [800, 0, 0],
      firstPixel: [-400, -0.3, 0.2],
      columnStep: [0, 0.3, 0],
      rowStep: [0, 0, -0.4],
    });
    const edgeOn = await readRadiograph(
      shot("DX", [IMAGER, ...DISTANCES, [0x00185101, "CS", "LL"], [0x00200020, "CS", "L\\F"]]),
    );
    expect(() => radiographTrajectory(edgeOn)).toThrow(expect.objectContaining({ code: "INVALID_GEOMETRY" }));
  });

  const portal = (gantry: number, ...more: DicomElement[]) =>
    shot("RTIMAGE", [
      [0x30020011, "DS", "0.4\\0.3"],
      [0x30020022, "DS", "1000"],
      [0x30020026, "DS", "1500"],
      [0x300a011e, "DS", `${gantry}`],
      ...more,
    ]);

  test("an RT image of a patient on the back is the gantry's view, whatever the angle", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 359 }), async (gantry) => {
        const { views } = radiographTrajectory(await readRadiograph(portal(gantry)));
        sameView(views[0] as ConeView, gantryView({ detector, sid: 1000, sdd: 1500 }, gantry));
      }),
      { numRuns: 12 },
    ));

  test("couch, receptor and patient's position turn an RT image", async () => {
    const view = async (gantry: number, ...more: DicomElement[]) =>
      radiographTrajectory(await readRadiograph(portal(gantry, ...more))).views[0] as ConeView;
    // Gantry 90 over a couch at 90: the source at the right hand of the room; the couch has brought the feet there.
    near((await view(90, [0x300a0122, "DS", "90"])).source, [0, 0, -1000]);
    near((await view(90, [0x00185100, "CS", "HFS"])).source, [-1000, 0, 0]);
    near((await view(90, [0x00185100, "CS", "HFP"])).source, [1000, 0, 0]);
    near((await view(90, [0x00185100, "CS", "FFS"])).source, [1000, 0, 0]);
    near((await view(0, [0x00185100, "CS", "FFP"])).source, [0, -1000, 0]);
    // The receptor turned by 90 degrees: its x towards the head.
    near(normalize((await view(0, [0x3002000e, "DS", "90"])).columnStep), [0, 0, 1]);
    const shifted = await view(0, [0x3002000d, "DS", "7\\5\\-500"]);
    near(shifted.firstPixel, [0.3 - 7, -500, 0.2 + 5]);
    const side = await readRadiograph(portal(0, [0x00185100, "CS", "HFDL"]));
    expect(() => radiographTrajectory(side)).toThrow(/HFDL/);
    const pitched = await readRadiograph(portal(0, [0x300a0140, "FL", [3]]));
    expect(() => radiographTrajectory(pitched)).toThrow(/pitch/);
  });

  test("any direction of the source has machine angles that lead there", () =>
    fc.assert(
      fc.property(fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -1, max: 1, noNaN: true }))), (direction) => {
        fc.pre(Math.hypot(...direction) > 1e-3);
        const towards = normalize(direction as unknown as Vec3);
        const angles = machineAngles(towards);
        near(gantryToPatient(angles, "HFS")([0, 0, 1]), towards);
        const { patientSupportDeg: couch } = angles;
        expect(couch <= 90 + 1e-9 || couch >= 270 - 1e-9).toBe(true);
      }),
    ));

  test("a slice is no radiograph; radiographs beside slices are left out and named", async () => {
    const slice = dicomBytes({ rows, columns, pixels, position: [0, 0, 0] });
    await expect(readRadiograph(slice)).rejects.toMatchObject({
      message: /is a slice \(CT\), not a radiograph; readVolume reads slices/,
      detail: { defect: "not-a-radiograph", slice: true },
    });
    const film = shot("DX", [IMAGER]);
    const { grid, warnings } = await readVolume([slice, film]);
    expect(grid.size).toEqual([3, 2, 1]);
    expect(defects(warnings)).toContain("not-a-volume");
    await expect(readVolume([film, film])).rejects.toMatchObject({ code: "NOT_FOUND", message: /readRadiograph/ });
  });

  test("readImage reads a frame of a DICOM image; limits, wrong frames and aborts are refused", async () => {
    const bytes = shot("XA", [IMAGER, [0x00280008, "IS", "2"]]);
    const more: readonly DicomElement[] = [IMAGER, [0x00280008, "IS", "2"]];
    const two = dicomBytes({ modality: "XA", rows: 1, columns, pixels, more, without: [SPACING] });
    expect(await readImage(two, { page: 1 })).toMatchObject({ format: "dicom", pixelSize: [0.3, 0.4], warnings: [] });
    expect([...(await readImage(two, { page: 1 })).values]).toEqual([8, 16, 32]);
    expect(defects((await readImage(two)).warnings)).toEqual(["several-pages"]);
    await expect(readImage(two, { page: 2 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(readImage(two, { maxBytes: 5 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(readRadiograph(bytes)).rejects.toMatchObject({ code: "TRUNCATED_FILE" });
    await expect(readRadiograph(two, { maxBytes: 11 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(readRadiograph(two, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });
});

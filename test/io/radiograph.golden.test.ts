import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cross, dot, normalize, subtract, type Vec3 } from "../../src/core/linear.js";
import { type ConeView, viewGeometry } from "../../src/geometry/index.js";
import {
  type Radiograph,
  radiographProjections,
  radiographTrajectory,
  readImage,
  readRadiograph,
  readVolume,
} from "../../src/io/index.js";
import { dataFolder, hasData, readManifest } from "../helpers/folders.js";

const folder = join(dataFolder, "dicom-transfer-syntaxes");
const present = hasData && existsSync(join(folder, "manifest.json"));

interface Entry {
  readonly file: string;
  readonly note: string;
  readonly decoded: { readonly shape: readonly number[]; readonly sha256: string; readonly sum: number };
  readonly primaryAnglesDeg?: readonly number[];
  readonly imagerPixelSpacing?: readonly [number, number];
  readonly sdd?: number;
  readonly sod?: number;
  readonly sad?: number;
  readonly sid?: number;
  readonly gantryAngleDeg?: number;
}
const constructed: Entry[] = present ? readManifest(folder).constructed : [];
const at = ({ file }: Entry) => join(folder, file);
const withAngles = constructed.filter(({ primaryAnglesDeg }) => primaryAnglesDeg);
const withSpacing = constructed.filter(({ imagerPixelSpacing }) => imagerPixelSpacing);
const rtImages = constructed.filter(({ gantryAngleDeg }) => gantryAngleDeg !== undefined);
const calibrated = constructed.filter(({ note }) => /corrected for magnification/.test(note));
const whiteIsZero = constructed.filter(({ note }) => /^DX.*MONOCHROME1/.test(note));
const isocenter: Vec3 = [10, -20, 30];
const expectNear = (found: Vec3, wanted: Vec3, digits = 9) =>
  found.forEach((value, i) => void expect(value).toBeCloseTo(wanted[i], digits));

describe.skipIf(!present)("X-ray images in DICOM", () => {
  test.each([...withAngles, ...withSpacing, ...rtImages])(
    "$file: distances and pixels as the manifest says",
    async (entry) => {
      const found = await readRadiograph(at(entry));
      const [rows, columns] = entry.decoded.shape.slice(-2);
      expect(found).toMatchObject({
        rows,
        columns,
        frames: entry.decoded.shape.length === 3 ? entry.decoded.shape[0] : 1,
      });
      // RT images call the distance to the image SID and that to the axis SAD.
      const [sdd, sid] = rtImages.includes(entry) ? [entry.sid, entry.sad] : [entry.sdd, entry.sod];
      expect([found.sdd, found.sid]).toEqual([sdd, sid]);
      if (entry.imagerPixelSpacing) {
        const [betweenRows, betweenColumns] = entry.imagerPixelSpacing;
        expect(found).toMatchObject({
          pixelSize: [betweenColumns, betweenRows],
          pixelSizeFrom: "ImagerPixelSpacing",
          pixelSizeAt: "detector",
        });
      }
    },
  );

  test.each(withAngles)("$file: a view for each frame, source and receptor at its positioner angles", async (entry) => {
    const radiograph = await readRadiograph(at(entry));
    expect(radiograph.anglesDeg?.map(([primary]) => primary)).toEqual(entry.primaryAnglesDeg);
    const { views, detector } = radiographTrajectory(radiograph, { isocenter });
    expect(views.length).toBe(entry.decoded.shape[0]);
    for (const [n, view] of (views as ConeView[]).entries()) {
      const [a, b] = radiograph.anglesDeg![n].map((degrees) => (degrees * Math.PI) / 180);
      // conventions: unit vector from source to receptor, RAS
      const towards: Vec3 = [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)];
      expectNear(subtract(isocenter, view.source), towards.map((value) => value * entry.sod!) as unknown as Vec3);
      const { normal, sdd, principalPoint } = viewGeometry(view);
      expectNear(normal, towards);
      expect(sdd).toBeCloseTo(entry.sdd!, 9);
      expect(principalPoint![0]).toBeCloseTo((detector.columns - 1) / 2, 9);
      // Image up is towards the head, row 0 its top.
      expect(view.rowStep[2]).toBeLessThan(0);
    }
    // LAO brings the receptor to the patient's left, -x.
    const most = entry.primaryAnglesDeg!.indexOf(Math.max(...entry.primaryAnglesDeg!));
    expect((views[most] as ConeView).source[0]).toBeGreaterThan(isocenter[0]);
  });

  test.each(rtImages)("$file: the gantry's angle places source and image plane (IEC 61217)", async (entry) => {
    const radiograph = await readRadiograph(at(entry));
    const center = radiograph.rtImage!.isocenter!;
    const [view] = radiographTrajectory(radiograph).views as ConeView[];
    const angle = (entry.gantryAngleDeg! * Math.PI) / 180;
    // 0 in front of a patient on the back, 90 at the left side: LPS (sin, -cos, 0), RAS (-sin, cos, 0).
    const towardsSource: Vec3 = [-Math.sin(angle), Math.cos(angle), 0];
    expectNear(subtract(view.source, center), towardsSource.map((value) => value * entry.sad!) as unknown as Vec3);
    const { normal, sdd } = viewGeometry(view);
    expectNear(normal, towardsSource.map((value) => -value) as unknown as Vec3);
    expect(sdd).toBeCloseTo(entry.sid!, 9);
    // RTImagePosition: the first pixel along the receptor's x (across the couch) and y (towards the head).
    const across: Vec3 = [-Math.cos(angle), -Math.sin(angle), 0];
    const first = subtract(view.firstPixel, center);
    expect([dot(first, across), first[2]].map((mm) => Math.round(mm * 1e6) / 1e6)).toEqual(
      radiograph.rtImage!.position,
    );
    expectNear(normalize(view.columnStep), across);
    expectNear(normalize(view.rowStep), [0, 0, -1]);
    expectNear(cross(normalize(view.columnStep), [0, 0, 1]), towardsSource);
  });

  test.each(calibrated)(
    "$file: ImagerPixelSpacing is the detector's; PixelSpacing stands beside it with a warning",
    async (entry) => {
      const radiograph = await readRadiograph(at(entry));
      expect(radiograph.warnings).toMatchObject([{ defect: "calibrated-spacing" }]);
      expect(radiograph.calibration).toBeDefined();
      const [on, corrected] = [radiograph.pixelSize!, radiograph.calibratedPixelSize!];
      expect(on[0]).toBeGreaterThan(corrected[0]);
      // What the file does not say is asked for, by name.
      expect(() => radiographTrajectory(radiograph)).toThrow(/'sdd'/);
      expect(() => radiographTrajectory(radiograph, { sdd: 1500 })).toThrow(/'sid'/);
      expect(() => radiographTrajectory(radiograph, { sdd: 1500, sid: 1200 })).toThrow(/'anglesDeg'/);
      const { detector } = radiographTrajectory(radiograph, { sdd: 1500, sid: 1200, anglesDeg: [[0, 0]] });
      expect(detector.pixelSize).toEqual(on);
    },
  );

  test.each(whiteIsZero)("$file: MONOCHROME1 is turned over once, and says so", async (entry) => {
    const radiograph = await readRadiograph(at(entry));
    expect(radiograph.warnings).toMatchObject([{ defect: "white-is-zero" }]);
    const { values: stored, warnings, pixelSize } = await readImage(at(entry));
    expect(
      createHash("sha256")
        .update(Uint8Array.from(new Uint8Array(stored.buffer)))
        .digest("hex"),
    ).toBe(entry.decoded.sha256);
    expect(warnings.map(({ defect }) => defect)).toContain("white-is-zero");
    expect(pixelSize).toEqual(radiograph.pixelSize);
    const top = radiograph.values[0] + stored[0];
    expect(Math.log2(top + 1) % 1).toBe(0);
    expect(radiograph.values.every((value, i) => value === top - stored[i])).toBe(true);
    // The patient stands in the middle and air at the upper corners: bright is attenuation, in the line integrals too.
    const { values, views } = radiographProjections(radiograph, { sid: 1500 });
    expect(Array.from(values)).toEqual(Array.from(radiograph.values));
    expect(values[0]).toBeLessThan(
      values[Math.floor(radiograph.rows / 2) * radiograph.columns + radiograph.columns / 2],
    );
    // ViewPosition AP: the source in front, PatientOrientation L\F: rows to the left, columns to the feet.
    const [view] = views as ConeView[];
    expectNear(view.source, [0, 1500, 0]);
    expectNear(normalize(view.columnStep), [-1, 0, 0]);
    expectNear(normalize(view.rowStep), [0, 0, -1]);
  });

  test.each([...withAngles, ...rtImages, ...whiteIsZero])("$file is refused as a volume, by name", async (entry) => {
    await expect(readVolume(at(entry))).rejects.toMatchObject({
      code: "UNSUPPORTED_FORMAT",
      detail: { defect: "not-a-volume" },
    });
  });

  const scouts = hasData && existsSync(join(dataFolder, "projections", "skull-scout", "manifest.json"));
  test.skipIf(!scouts)(
    "a CT's localizer opens as a radiograph with its spacing at the isocenter, and as an image",
    async () => {
      const scout = readManifest(join(dataFolder, "projections", "skull-scout"));
      const file = join(dataFolder, "projections", "skull-scout", "scout.dcm");
      const found: Radiograph = await readRadiograph(file);
      expect(found).toMatchObject({
        modality: "CT",
        rows: scout.image.shape[0],
        columns: scout.image.shape[1],
        pixelSize: [...scout.pixelSpacing_mm].reverse(),
        pixelSizeAt: "isocenter",
        sdd: scout.sourceToDetector_mm,
        sid: scout.sourceToIsocentre_mm,
        frameOfReference: scout.frameOfReferenceUID,
      });
      const { values } = await readImage(file);
      for (const { row, column, value } of scout.probes) expect(values[row * found.columns + column]).toBe(value);
      expect(() => radiographTrajectory(found)).toThrow(/localizer/);
    },
  );
});

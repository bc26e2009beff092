import { fault } from "../../../core/errors.js";
import { add, dot, normalize, scale, subtract, type Vec3 } from "../../../core/linear.js";
import { refuseUnknownOptions } from "../../../core/options.js";
import { viewGeometry } from "../../../geometry/viewGeometry.js";
import type { Projections } from "../../../volume/grid.js";
import { gantryToPatient, machineAngles } from "../iecFrames.js";
import { decimal, decimals, hashOf, part10, uidOfHash } from "./dataSet.js";
import { type DicomIdentity, identityElements, identityOptionNames } from "./identity.js";
import { pixelElements, storedBytes, storedForm, windowElements } from "./stored.js";

const RT_IMAGE = "1.2.840.10008.5.1.4.1.1.481.1";

/** Options of `encodeRtImage`. */
export interface RtImageOptions extends DicomIdentity {
  /** Which view, from 0. @default 0 */
  readonly view?: number;
  /** mm, RAS: where the machine's axes meet; the point of the beam's axis nearest to it is taken. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
  /** Line integrals that are shown black and white. @default lowest and highest */
  readonly window?: readonly [low: number, high: number];
}

/**
 * One view of projections as a DICOM RT image (a digitally reconstructed radiograph) of a patient on the back, head first:
 * explicit VR little endian, 16 bits, line integrals by rescale to half of (largest - smallest) / 65535. Gantry and couch
 * angle are those at which a machine (IEC 61217) has its source there; the perpendicular from the source to the detector is
 * the beam's axis, so that every view of a cone beam with rectangular pixels can be said. Equal images are equal files.
 * Source: DICOM PS3.3 C.8.8.2 (RT image).
 * @throws INVALID_GEOMETRY (`not-a-cone-beam`, `sheared-grid`), INVALID_ARGUMENT, NOT_FINITE
 */
export async function encodeRtImage(
  projections: Projections,
  options: RtImageOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  refuseUnknownOptions("an RT image", options, ["view", "isocenter", "window", ...identityOptionNames]);
  const { view: number = 0, isocenter = [0, 0, 0], window, ...identity } = options;
  const { detector, views } = projections;
  const view = views[number];
  if (!view)
    throw fault("INVALID_ARGUMENT", `there are ${views.length} views; there is no number ${number}`, {
      defect: "out-of-range",
    });
  if (view.beam !== "cone")
    throw fault("INVALID_GEOMETRY", "an RT image has a point source; views of a parallel beam have none", {
      defect: "not-a-cone-beam",
    });
  const { sdd, normal, pixelSize, skew } = viewGeometry(view);
  if (Math.abs(skew) > 1e-5)
    throw fault(
      "INVALID_GEOMETRY",
      "the pixels of an RT image are rectangles, the view's rows and columns are not orthogonal",
      {
        defect: "sheared-grid",
      },
    );
  const depth = dot(subtract(isocenter, view.source), normal);
  const sad = depth > 0 ? depth : sdd;
  const center = add(view.source, scale(normal, sad));
  const angles = machineAngles(scale(normal, -1));
  const toPatient = gantryToPatient(angles, "HFS");
  const [x, y, z] = [toPatient([1, 0, 0]), toPatient([0, 1, 0]), toPatient([0, 0, 1])];
  const inReceptor = (v: Vec3) => [dot(v, x), dot(v, y), dot(v, z)];
  const first = inReceptor(subtract(view.firstPixel, center));
  const { rows, columns } = detector;
  const values = projections.values.subarray(number * rows * columns, (number + 1) * rows * columns);
  if (values.length !== rows * columns)
    throw fault(
      "SHAPE_MISMATCH",
      `${projections.values.length} values do not fill ${views.length} views of ${rows} x ${columns}`,
      { defect: "length" },
    );
  const fitted = storedForm(values);
  // RT images know no sign.
  const form = fitted.signed ? { ...fitted, signed: false, intercept: fitted.range[0] } : fitted;
  const bytes = storedBytes(values, form);
  const hash = await hashOf("tomograd RTIMAGE", JSON.stringify([view, detector, isocenter, form, identity]), bytes);
  const uid = async (what: string) => uidOfHash(await hashOf(what, hash));
  const made = {
    study: await uid("study"),
    series: await uid("series"),
    frameOfReference: await uid("frame of reference"),
    modality: "RTIMAGE",
  };
  return part10(RT_IMAGE, await uid("instance"), [
    ...identityElements(identity, made),
    ...windowElements(window ?? form.range),
    ...pixelElements(detector, form, "US", bytes),
    [0x00080008, "CS", "DERIVED\\SECONDARY\\DRR"],
    [0x00080064, "CS", "WSD"],
    [0x00081070, "PN", ""],
    [0x00082111, "ST", "tomograd line integrals"],
    [0x00185100, "CS", "HFS"],
    [0x00200013, "IS", String(number + 1)],
    [0x00200020, "CS", ""],
    [0x00281040, "CS", "LOG"],
    [0x00281041, "SS", [-1]],
    [0x30020002, "SH", "DRR"],
    [0x3002000c, "CS", "NORMAL"],
    [0x3002000d, "DS", decimals([0, 0, sad - sdd])],
    [0x3002000e, "DS", "0"],
    [0x30020010, "DS", decimals([...inReceptor(normalize(view.columnStep)), ...inReceptor(normalize(view.rowStep))])],
    [0x30020011, "DS", decimals([pixelSize[1], pixelSize[0]])],
    [0x30020012, "DS", decimals(first.slice(0, 2))],
    [0x30020020, "SH", ""],
    [0x30020022, "DS", decimal(sad)],
    [0x30020026, "DS", decimal(sdd)],
    [0x300a00b3, "CS", ""],
    [0x300a011e, "DS", decimal(angles.gantryDeg)],
    [0x300a0120, "DS", "0"],
    [0x300a0122, "DS", decimal(angles.patientSupportDeg)],
    [0x300a012c, "DS", decimals([-center[0], -center[1], center[2]])],
  ]);
}

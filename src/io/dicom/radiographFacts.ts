import type { DataSet } from "dicom-parser";
import { fault, type Warning } from "../../core/errors.js";
import type { Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { type Aperture, aperturesOf } from "./apertures.js";
import { decimals, frameHeader } from "./frameGeometry.js";

/** What an X-ray image says about how it was taken. Fields that the file does not have are left out. */
export interface RadiographFacts {
  /** XA, RF, DX, CR, RTIMAGE, MG, IO, PX, RG; CT for a localizer. */
  readonly modality: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** mm: [along a row, along a column], where `pixelSizeAt` says. */
  readonly pixelSize?: readonly [number, number];
  /** The element that `pixelSize` comes from. */
  readonly pixelSizeFrom?: "ImagerPixelSpacing" | "PixelSpacing" | "ImagePlanePixelSpacing";
  /** "detector": on the receptor; "object": made smaller by the magnification; "isocenter": of a localizer. */
  readonly pixelSizeAt?: "detector" | "object" | "isocenter";
  /** mm: PixelSpacing beside another ImagerPixelSpacing, corrected for magnification as `calibration` says. */
  readonly calibratedPixelSize?: readonly [number, number];
  /** PixelSpacingCalibrationType: GEOMETRY or FIDUCIAL. */
  readonly calibration?: string;
  /** mm, source to detector: DistanceSourceToDetector; RTImageSID of an RT image. */
  readonly sdd?: number;
  /** mm, source to isocenter: DistanceSourceToPatient; RadiationMachineSAD of an RT image. */
  readonly sid?: number;
  /** EstimatedRadiographicMagnificationFactor: sdd / sid. */
  readonly magnification?: number;
  /** Degrees: positioner's primary (+ LAO) and secondary (+ CRAN) angle, one pair for each frame. */
  readonly anglesDeg?: readonly (readonly [number, number])[];
  /** AP, PA, LL, RL, ... */
  readonly viewPosition?: string;
  /** Where rows and columns run to: letters of A, P, R, L, H, F. */
  readonly patientOrientation?: readonly string[];
  /** HFS, HFP, FFS, FFP, ... */
  readonly patientPosition?: string;
  readonly rtImage?: RtImageFacts;
  /** LIN, LOG, SQRT, DISP: how stored values follow from the intensity of X-rays. */
  readonly intensityRelationship?: string;
  /** 1: small stored values are little intensity; -1: much. */
  readonly intensitySign?: number;
  /** True for MONOCHROME1: the smallest stored value is shown white. */
  readonly whiteIsZero: boolean;
  /** True for images "for presentation", whose values are meant to be looked at. */
  readonly forPresentation: boolean;
  readonly frameOfReference?: string;
  /** Openings of collimator and display shutter; `apertureMask` makes a mask of them. */
  readonly apertures?: readonly Aperture[];
}

/** The geometry of an RT image (IEC 61217). */
export interface RtImageFacts {
  /** Degrees. */
  readonly gantryDeg?: number;
  readonly collimatorDeg?: number;
  readonly patientSupportDeg?: number;
  /** Degrees: turn of the receptor's frame within its plane. */
  readonly receptorDeg?: number;
  /** mm: center of the first pixel in the plane of the image (receptor's x, y). */
  readonly position?: readonly [number, number];
  /** Unit vectors along a row and down a column in the receptor's frame. */
  readonly orientation?: readonly number[];
  /** mm: origin of the receptor's frame in that of the gantry. */
  readonly translation?: Vec3;
  /** NORMAL or NON_NORMAL to the beam's axis. */
  readonly plane?: string;
  /** mm, RAS: the machine's isocenter in the patient. */
  readonly isocenter?: Vec3;
  /** Degrees: pitch and roll of the couch and pitch of the gantry, where they are not 0. */
  readonly otherTurnsDeg?: readonly number[];
}

/** Kinds of images that are projections. */
const PROJECTIONS = ["XA", "RF", "DX", "CR", "RTIMAGE", "MG", "IO", "PX", "RG"];

/** For-presentation images: DX, mammography, intra-oral; and CR, which has no other form. */
const PRESENTATION = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.1(\.[123])?$/;

const text = (set: DataSet, tag: string) => set.string(tag)?.trim() || undefined;

/** Whether an image was shot through the patient: a radiograph, or a CT's localizer. */
export const isRadiograph = (set: DataSet): boolean => isProjection(set) || isScout(set);

/** Whether an image is an X-ray image; volumes that a C-arm has reconstructed, which say where they lie, are none. */
export const isProjection = (set: DataSet): boolean =>
  PROJECTIONS.includes(text(set, "x00080060") ?? "") && !frameHeader(set, 0).numbers("x00200032", 3);

/** Modalities whose images are sections, localizers of a CT aside. */
const SECTIONS = ["CT", "MR", "PT"];

/** Whether an image shows a section of the body: its modality makes nothing else, or it says where it lies. */
export const isSlice = (set: DataSet): boolean =>
  !isRadiograph(set) &&
  (SECTIONS.includes(text(set, "x00080060") ?? "") || frameHeader(set, 0).numbers("x00200032", 3) !== undefined);

/** Whether an image is the scan projection radiograph of a CT. */
export const isScout = (set: DataSet): boolean => text(set, "x00080060") === "CT" && isLocalizer(set);

/** Whether an image is a localizer: of a CT a radiograph, of other machines slices. */
export const isLocalizer = (set: DataSet): boolean => /LOCALIZER/i.test(set.string("x00080008") ?? "");

/** Numbers from which views follow, and how many of them an element holds. */
const NUMBERS: readonly (readonly [tag: string, keyword: string, count: number])[] = [
  ["x00280030", "PixelSpacing", 2],
  ["x00181164", "ImagerPixelSpacing", 2],
  ["x00181110", "DistanceSourceToDetector", 1],
  ["x00181111", "DistanceSourceToPatient", 1],
  ["x00181114", "EstimatedRadiographicMagnificationFactor", 1],
  ["x00181510", "PositionerPrimaryAngle", 1],
  ["x00181511", "PositionerSecondaryAngle", 1],
  ["x30020011", "ImagePlanePixelSpacing", 2],
  ["x30020022", "RadiationMachineSAD", 1],
  ["x30020026", "RTImageSID", 1],
  ["x30020010", "RTImageOrientation", 6],
  ["x30020012", "RTImagePosition", 2],
  ["x3002000d", "XRayImageReceptorTranslation", 3],
  ["x3002000e", "XRayImageReceptorAngle", 1],
  ["x300a011e", "GantryAngle", 1],
  ["x300a0120", "BeamLimitingDeviceAngle", 1],
  ["x300a0122", "PatientSupportAngle", 1],
  ["x300a012c", "IsocenterPosition", 3],
];

function checkNumbers(set: DataSet, name: string): void {
  const { numbers, text: written } = frameHeader(set, 0);
  for (const [tag, keyword, count] of NUMBERS)
    if (numbers(tag, count)?.every(Number.isFinite) === false)
      throw fault("CORRUPT_FILE", `${name}: ${keyword} is not ${counted(count, "finite number")}: '${written(tag)}'`, {
        defect: "non-finite-affine",
        file: name,
        tag: `(${tag.slice(1, 5)},${tag.slice(5)})`.toUpperCase(),
      });
}

/**
 * What a radiograph says about itself, and what is doubtful in it.
 * @throws CORRUPT_FILE (`non-finite-affine`) for lengths and angles that are there, but no numbers
 */
export function radiographFacts(
  set: DataSet,
  name: string,
  image: { readonly rows: number; readonly columns: number; readonly frames: number; readonly photometric: string },
): { facts: RadiographFacts; warnings: Warning[] } {
  checkNumbers(set, name);
  const number = (tag: string) => positiveOrUndefined(frameHeader(set, 0).numbers(tag, 1)?.[0]);
  const words = (tag: string) => text(set, tag)?.split("\\");
  const warnings: Warning[] = [];
  const modality = text(set, "x00080060") ?? "";
  const rtImage = modality === "RTIMAGE" ? rtImageFacts(set) : undefined;
  const { rows, columns, frames, photometric } = image;
  const sop = text(set, "x00080016") ?? "";
  const facts: RadiographFacts = {
    modality,
    rows,
    columns,
    frames,
    ...pixelSizes(set, name, warnings),
    sdd: rtImage ? number("x30020026") : number("x00181110"),
    sid: rtImage ? number("x30020022") : number("x00181111"),
    magnification: number("x00181114"),
    anglesDeg: positionerAngles(set, frames),
    viewPosition: text(set, "x00185101"),
    patientOrientation: words("x00200020"),
    patientPosition: text(set, "x00185100"),
    rtImage,
    intensityRelationship: text(set, "x00281040"),
    intensitySign: set.elements.x00281041 && set.int16("x00281041"),
    whiteIsZero: photometric === "MONOCHROME1",
    forPresentation: PRESENTATION.test(sop),
    frameOfReference: text(set, "x00200052"),
    apertures: aperturesOf(set, name, warnings),
  };
  return { facts: withoutUndefined(facts), warnings };
}

const positiveOrUndefined = (value: number | undefined) => (value !== undefined && value > 0 ? value : undefined);

const withoutUndefined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** DICOM has the distance between rows first. */
function spacingOf(set: DataSet, tag: string): readonly [number, number] | undefined {
  const [betweenRows, betweenColumns] = frameHeader(set, 0).numbers(tag, 2) ?? [];
  return betweenRows > 0 && betweenColumns > 0 ? [betweenColumns, betweenRows] : undefined;
}

type PixelSizes = Pick<
  RadiographFacts,
  "pixelSize" | "pixelSizeFrom" | "pixelSizeAt" | "calibratedPixelSize" | "calibration"
>;

/** Which of the spacings holds on the receptor. Source: DICOM PS3.3, 10.7.1.1 and 10.7.1.3. */
function pixelSizes(set: DataSet, name: string, warnings: Warning[]): PixelSizes {
  const imager = spacingOf(set, "x00181164");
  const spacing = spacingOf(set, "x00280030");
  const plane = spacingOf(set, "x30020011");
  const calibration = text(set, "x00280a02");
  if (plane) return { pixelSize: plane, pixelSizeFrom: "ImagePlanePixelSpacing", pixelSizeAt: "detector" };
  if (spacing && isScout(set)) return { pixelSize: spacing, pixelSizeFrom: "PixelSpacing", pixelSizeAt: "isocenter" };
  if (imager) {
    const differs = spacing?.some((mm, i) => Math.abs(mm - imager[i]) > 1e-4 * mm);
    if (differs)
      warnings.push({
        defect: "calibrated-spacing",
        message: `${name}: PixelSpacing ${spacing!.join(" x ")} mm is corrected for magnification; on the detector it is ImagerPixelSpacing, ${imager.join(" x ")} mm`,
      });
    return {
      pixelSize: imager,
      pixelSizeFrom: "ImagerPixelSpacing",
      pixelSizeAt: "detector",
      ...(differs && { calibratedPixelSize: spacing, calibration }),
    };
  }
  if (!spacing) {
    warnings.push({
      defect: "no-spacing",
      message: `${name} has no pixel spacing: neither ImagerPixelSpacing nor PixelSpacing`,
    });
    return {};
  }
  if (calibration) return { pixelSize: spacing, pixelSizeFrom: "PixelSpacing", pixelSizeAt: "object", calibration };
  warnings.push({
    defect: "assumed-spacing",
    message: `${name}: PixelSpacing ${spacing.join(" x ")} mm is taken for that on the detector; the file does not say where it holds`,
  });
  return { pixelSize: spacing, pixelSizeFrom: "PixelSpacing", pixelSizeAt: "detector" };
}

/** Increments count from the angles of the first frame. Source: DICOM PS3.3 C.8.7.5; in groups of frames: C.8.19.6. */
function positionerAngles(set: DataSet, frames: number): readonly (readonly [number, number])[] | undefined {
  const steps = (tag: string) => {
    const values = decimals(set, tag);
    return values.length === frames && values.every(Number.isFinite) ? values : undefined;
  };
  const [along, across] = [steps("x00181520"), steps("x00181521")];
  const angles = Array.from({ length: frames }, (_, frame): [number, number] => {
    const { numbers } = frameHeader(set, frame);
    const angle = (tag: string) => numbers(tag, 1)?.[0] ?? Number.NaN;
    return [angle("x00181510") + (along?.[frame] ?? 0), angle("x00181511") + (across?.[frame] ?? 0)];
  });
  return angles.every((pair) => pair.every(Number.isFinite)) ? angles : undefined;
}

function rtImageFacts(set: DataSet): RtImageFacts {
  const numbers = (tag: string, count: number) => {
    const found = decimals(set, tag);
    return found.length === count && found.every(Number.isFinite) ? found : undefined;
  };
  const number = (tag: string) => numbers(tag, 1)?.[0];
  const place = (tag: string) => numbers(tag, 3) as Vec3 | undefined;
  const isocenter = place("x300a012c");
  const otherTurns = ["x300a0140", "x300a0144", "x300a014a"].map((tag) =>
    set.elements[tag] ? (set.elements[tag].length === 4 ? set.float(tag) : set.double(tag)) : 0,
  );
  return withoutUndefined<RtImageFacts>({
    gantryDeg: number("x300a011e"),
    collimatorDeg: number("x300a0120"),
    patientSupportDeg: number("x300a0122"),
    receptorDeg: number("x3002000e"),
    position: numbers("x30020012", 2) as [number, number] | undefined,
    orientation: numbers("x30020010", 6),
    translation: place("x3002000d"),
    plane: text(set, "x3002000c"),
    isocenter: isocenter && [-isocenter[0] || 0, -isocenter[1] || 0, isocenter[2]],
    otherTurnsDeg: otherTurns.some((turn) => turn) ? otherTurns.map((turn) => turn ?? 0) : undefined,
  });
}

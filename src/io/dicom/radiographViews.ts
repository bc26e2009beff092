import { fault, type TomogradError } from "../../core/errors.js";
import { add, cross, scale, type Vec3 } from "../../core/linear.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { counted } from "../../core/words.js";
import { freeTrajectory, positionerTrajectory } from "../../geometry/freeTrajectory.js";
import type { ConeView, Detector, Trajectory } from "../../geometry/view.js";
import { gantryToPatient } from "./iecFrames.js";
import type { RadiographFacts, RtImageFacts } from "./radiographFacts.js";

/** What a radiograph does not say, or says wrongly: each replaces what the file says. */
export interface RadiographTrajectoryOptions {
  /** mm, RAS: the point that the machine turns about. @default an RT image's isocenter, else [0, 0, 0] */
  readonly isocenter?: Vec3;
  /** mm, source to detector. */
  readonly sdd?: number;
  /** mm, source to isocenter. */
  readonly sid?: number;
  /** mm on the detector: [along a row, along a column]. */
  readonly pixelSize?: readonly [number, number];
  /** Degrees: [primary, secondary] positioner angle of each frame; replaces ViewPosition too. */
  readonly anglesDeg?: readonly (readonly [number, number])[];
}

const OPTIONS = ["isocenter", "sdd", "sid", "pixelSize", "anglesDeg"];

/**
 * Where source and detector were, one view for each frame, as far as the file says: the start of a registration. XA and
 * RF: positioner angles about the isocenter (`positionerView`); RT images: the machine's angles (IEC 61217) and the place
 * of the image in its plane; DX and CR: positioner angles, else ViewPosition and PatientOrientation.
 *
 * Of the rest of the patient's place in the room a radiograph says nothing: give `isocenter`, e.g. `gridCenter(ct.grid)`.
 * @throws INVALID_GEOMETRY (`missing-tag`, `detail.tag`, naming the option that replaces it), UNSUPPORTED_FORMAT
 * (`unsupported-geometry`) for localizers, patients on the side, couches with pitch or roll
 */
export function radiographTrajectory(facts: RadiographFacts, options: RadiographTrajectoryOptions = {}): Trajectory {
  refuseUnknownOptions("radiographTrajectory", options, OPTIONS);
  const { modality, rows, columns, frames, magnification, rtImage } = facts;
  if (facts.pixelSizeAt === "isocenter")
    throw unsupported("a localizer is scanned line by line along the table: no view of a cone beam describes it");
  const ofRatio = (length: number | undefined, factor: number | undefined) =>
    length !== undefined && factor !== undefined ? length * factor : undefined;
  const [spoken, told] = [
    facts.sdd ?? ofRatio(facts.sid, magnification),
    facts.sid ?? ofRatio(facts.sdd, magnification && 1 / magnification),
  ];
  const sdd = options.sdd ?? spoken;
  const sid = options.sid ?? told;
  if (sdd === undefined)
    throw missing("the distance from source to detector", rtImage ? "(3002,0026)" : "(0018,1110)", "sdd");
  if (sid === undefined)
    throw missing("the distance from source to patient", rtImage ? "(3002,0022)" : "(0018,1111)", "sid");
  const pixelSize = options.pixelSize ?? pixelSizeOnDetector(facts, sdd / sid);
  if (!pixelSize) throw missing("the pixel spacing", "(0018,1164)", "pixelSize");
  const detector: Detector = { rows, columns, pixelSize };
  const isocenter = options.isocenter ?? rtImage?.isocenter ?? [0, 0, 0];
  const machine: Machine = { detector, sdd, sid, isocenter };
  const anglesDeg = options.anglesDeg ?? facts.anglesDeg;
  if (anglesDeg && (options.anglesDeg || !rtImage)) {
    if (anglesDeg.length !== frames)
      throw fault("SHAPE_MISMATCH", `${anglesDeg.length} pairs of angles for ${counted(frames, "frame")}`, {
        defect: "inconsistent-geometry",
      });
    return {
      ...positionerTrajectory({ ...machine, anglesDeg }),
      about: `${modality}, ${counted(frames, "frame")} at positioner angles`,
    };
  }
  const { view, about } = rtImage ? rtImageView(machine, rtImage, facts) : facedView(machine, facts);
  return freeTrajectory({
    detector,
    views: Array.from({ length: frames }, () => view),
    about: `${modality}, ${about}`,
  });
}

interface Machine {
  readonly detector: Detector;
  readonly sdd: number;
  readonly sid: number;
  readonly isocenter: Vec3;
}

const missing = (what: string, tag: string, option: string): TomogradError =>
  fault("INVALID_GEOMETRY", `the radiograph does not say ${what} ${tag}: give the option '${option}'`, {
    defect: "missing-tag",
    tag,
  });

const unsupported = (message: string) =>
  fault("UNSUPPORTED_FORMAT", message, { defect: "unsupported-geometry", hint: "give views of your own" });

/** A spacing that is corrected for magnification holds at the object; on the detector it is larger by sdd / sid. */
function pixelSizeOnDetector({ pixelSize, pixelSizeAt }: RadiographFacts, magnification: number) {
  if (!pixelSize || pixelSizeAt === "detector") return pixelSize;
  return [pixelSize[0] * magnification, pixelSize[1] * magnification] as const;
}

/**
 * The image's plane lies at right angles to the beam's axis, sdd from the source; its first pixel, rows and columns are
 * given in the receptor's frame, which is the gantry's turned by the receptor's angle. Source: DICOM PS3.3 C.8.8.2.
 */
function rtImageView(machine: Machine, image: RtImageFacts, facts: RadiographFacts): { view: ConeView; about: string } {
  const { detector, sdd, sid, isocenter } = machine;
  if (image.gantryDeg === undefined) throw missing("the gantry's angle", "(300A,011E)", "anglesDeg");
  if (image.otherTurnsDeg)
    throw unsupported(
      `couch pitch, couch roll and gantry pitch of ${image.otherTurnsDeg.join(", ")} degrees are not read`,
    );
  const { rows, columns, pixelSize } = detector;
  const position = image.position ?? [(-(columns - 1) / 2) * pixelSize[0], ((rows - 1) / 2) * pixelSize[1]];
  const [rx, ry, rz, cx, cy, cz] = image.orientation ?? [1, 0, 0, 0, -1, 0];
  const angles = { gantryDeg: image.gantryDeg, patientSupportDeg: image.patientSupportDeg ?? 0 };
  const toPatient = gantryToPatient(angles, facts.patientPosition ?? "HFS");
  const turn = ((image.receptorDeg ?? 0) * Math.PI) / 180;
  const ofReceptor = ([x, y, z]: Vec3): Vec3 => [
    Math.cos(turn) * x - Math.sin(turn) * y,
    Math.sin(turn) * x + Math.cos(turn) * y,
    z,
  ];
  const [tx, ty] = image.translation ?? [0, 0];
  const first = add(ofReceptor([position[0], position[1], 0]), [tx, ty, sid - sdd]);
  const view: ConeView = {
    beam: "cone",
    source: add(isocenter, toPatient([0, 0, sid])),
    firstPixel: add(isocenter, toPatient(first)),
    columnStep: scale(toPatient(ofReceptor([rx, ry, rz])), pixelSize[0]),
    rowStep: scale(toPatient(ofReceptor([cx, cy, cz])), pixelSize[1]),
  };
  const lying = facts.patientPosition ? "" : ", patient taken as HFS";
  return { view, about: `gantry ${angles.gantryDeg}, couch ${angles.patientSupportDeg} degrees${lying}` };
}

/** RAS: from the source to the detector. */
const beamOf: Readonly<Record<string, Vec3>> = { AP: [0, -1, 0], PA: [0, 1, 0], LL: [-1, 0, 0], RL: [1, 0, 0] };
const towards: Readonly<Record<string, Vec3>> = {
  R: [1, 0, 0],
  L: [-1, 0, 0],
  A: [0, 1, 0],
  P: [0, -1, 0],
  H: [0, 0, 1],
  F: [0, 0, -1],
};

/** A detector that faces the patient as ViewPosition says, its rows and columns as PatientOrientation says. */
function facedView(
  { detector, sdd, sid, isocenter }: Machine,
  facts: RadiographFacts,
): { view: ConeView; about: string } {
  const { viewPosition = "", patientOrientation } = facts;
  const beam = beamOf[viewPosition];
  if (!beam)
    throw missing(
      `from where it looks (ViewPosition '${viewPosition}', no positioner angles)`,
      "(0018,1510)",
      "anglesDeg",
    );
  const frontal = beam[1] !== 0;
  const letters = patientOrientation ?? (frontal ? ["L", "F"] : undefined);
  const [row, column] = (letters ?? []).map((word) => towards[word[0]]);
  if (!row || !column) throw missing("where its rows and columns run (PatientOrientation)", "(0020,0020)", "anglesDeg");
  if (Math.abs(cross(row, column)[frontal ? 1 : 0]) !== 1)
    throw fault(
      "INVALID_GEOMETRY",
      `PatientOrientation ${letters!.join("\\")} does not lie in the detector of ViewPosition ${viewPosition}`,
      { defect: "inconsistent-geometry" },
    );
  const { rows, columns, pixelSize } = detector;
  const [columnStep, rowStep] = [scale(row, pixelSize[0]), scale(column, pixelSize[1])];
  const middle = add(scale(columnStep, (columns - 1) / 2), scale(rowStep, (rows - 1) / 2));
  const view: ConeView = {
    beam: "cone",
    source: add(isocenter, scale(beam, -sid)),
    firstPixel: add(add(isocenter, scale(beam, sdd - sid)), scale(middle, -1)),
    columnStep,
    rowStep,
  };
  const taken = patientOrientation ? "" : " (taken, the file does not say)";
  return { view, about: `${viewPosition}, rows towards ${letters![0]}, columns towards ${letters![1]}${taken}` };
}

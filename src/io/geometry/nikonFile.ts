/** Nikon's .xtekct: lines `Key=value`, of which those about source, stage and detector are used. */
import type { Warning } from "../../core/errors.js";
import { nikonToTrajectory, trajectoryToNikon } from "../../geometry/nikon.js";
import { notRepresentable } from "../../geometry/sameView.js";
import type { Trajectory } from "../../geometry/view.js";
import { badGeometry, type ReadGeometryOptions, type WriteGeometryOptions } from "./types.js";

export const looksLikeNikon = (text: string): boolean => /^[ \t]*(\[XTekCT\]|SrcToObject[ \t]*=)/im.test(text);

/**
 * @param angles the text of a file of measured angles
 * @throws INVALID_GEOMETRY (`bad-geometry`: a field is missing or no number, angles that are not one a projection)
 */
export function parseNikon(
  text: string,
  name: string,
  options: ReadGeometryOptions,
  angles: string | undefined,
): Trajectory {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) fields.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  const optional = (key: string): number | undefined => {
    const value = fields.get(key.toLowerCase());
    if (value === undefined) return undefined;
    const number = value === "" ? Number.NaN : Number(value);
    if (!Number.isFinite(number)) throw badGeometry(name, `${key} is no number: '${value}'`);
    return number;
  };
  const needed = (key: string): number => {
    const value = optional(key);
    if (value === undefined) throw badGeometry(name, `the field ${key} is missing`);
    return value;
  };
  const [sid, sdd] = [needed("SrcToObject"), needed("SrcToDetector")];
  const [columns, rows] = [needed("DetectorPixelsX"), needed("DetectorPixelsY")];
  const detector = { rows, columns, pixelSize: [needed("DetectorPixelSizeX"), needed("DetectorPixelSizeY")] } as const;
  const views = needed("Projections");
  if (!(Number.isInteger(views) && views > 0 && views <= MOST_VIEWS))
    throw badGeometry(name, `Projections is ${views}, a whole number from 1 to ${MOST_VIEWS} is possible`);
  const anglesDeg =
    angles === undefined
      ? stepped(views, needed("InitialAngle"), needed("AngularStep"))
      : measured(angles, views, name);
  const [top, bottom] = [optional("CentreOfRotationTop") ?? 0, optional("CentreOfRotationBottom") ?? 0];
  const objectOffsetX = optional("ObjectOffsetX") ?? (((top + bottom) / 2) * sid) / sdd;
  const leaning = (-Math.atan2(top - bottom, rows * detector.pixelSize[1]) * 180) / Math.PI;
  const objectRollDeg = optional("ObjectRoll") ?? leaning;
  const objectTiltDeg = optional("ObjectTilt") ?? 0;
  for (const warning of unused(optional)) options.onWarning?.(warning);
  const scan = { sid, sdd, anglesDeg, objectOffsetX, objectRollDeg, objectTiltDeg };
  return nikonToTrajectory(scan, detector, options.isocenter ? { isocenter: options.isocenter } : {});
}

/** More views than any scan has. */
const MOST_VIEWS = 1 << 20;

const stepped = (views: number, initial: number, step: number) =>
  Array.from({ length: views }, (_, k) => initial + k * step);

/** Degrees out of the lines of `_ctdata.txt` (number, angle, time) or `.ang` (name: angle). */
function measured(text: string, views: number, name: string): number[] {
  const found: number[] = [];
  for (const line of text.split(/\r?\n/)) {
    const words = line.split(/[\s:]+/).filter(Boolean);
    const angle = Number(words[1]);
    if ((words.length === 2 || words.length === 3) && Number.isFinite(angle)) found.push(angle);
  }
  // _ctdata.txt has a line of three numbers about the exposure before its table
  const extra = found.length - views;
  if (extra === 1 && /^\s*projections?\b/im.test(text)) found.shift();
  if (found.length !== views)
    throw badGeometry(name, `the file of angles has ${found.length} of them, Projections is ${views}`);
  return found;
}

/** Fields that would move the detector, on whose meaning programs disagree. */
function unused(optional: (key: string) => number | undefined): Warning[] {
  const moved = ["DetectorOffsetX", "DetectorOffsetY"].filter((key) => (optional(key) ?? 0) !== 0);
  if (moved.length === 0) return [];
  return [
    {
      defect: "unused-field",
      message: `${moved.map((key) => `${key} (${optional(key)} mm)`).join(" and ")} not used, as in CIL: programs disagree on the sign; check the center of rotation`,
    },
  ];
}

/** The fields of a circular scan. @throws as `trajectoryToNikon`; INVALID_GEOMETRY (`not-representable`) for uneven angles */
export function formatNikon(trajectory: Trajectory, { isocenter }: WriteGeometryOptions): string {
  const { detector } = trajectory;
  const scan = trajectoryToNikon(trajectory, isocenter ? { isocenter } : {});
  const { anglesDeg } = scan;
  const step = anglesDeg.length > 1 ? (anglesDeg[anglesDeg.length - 1] - anglesDeg[0]) / (anglesDeg.length - 1) : 0;
  const uneven = anglesDeg.findIndex((angle, k) => Math.abs(angle - anglesDeg[0] - k * step) > 1e-6);
  if (uneven >= 0) throw notRepresentable("Nikon's file", `view ${uneven} is off the even steps of ${step} degrees`);
  const lines = {
    SrcToObject: scan.sid,
    SrcToDetector: scan.sdd,
    DetectorPixelsX: detector.columns,
    DetectorPixelSizeX: detector.pixelSize[0],
    DetectorPixelsY: detector.rows,
    DetectorPixelSizeY: detector.pixelSize[1],
    Projections: anglesDeg.length,
    InitialAngle: anglesDeg[0],
    AngularStep: step,
    ObjectOffsetX: scan.objectOffsetX,
    ObjectRoll: scan.objectRollDeg,
    ObjectTilt: scan.objectTiltDeg,
  };
  return `[XTekCT]\n${Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("")}`;
}

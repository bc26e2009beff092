/** RTK's `RTKThreeDCircularGeometry` XML, versions 2 and 3. Source of the format: RTK documentation, "XML File". */
import { fault } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import { type RtkProjection, rtkMatrix, rtkToView, viewToRtk } from "../../geometry/rtk.js";
import type { Trajectory } from "../../geometry/view.js";
import { badGeometry, neededDetector, type ReadGeometryOptions, type WriteGeometryOptions } from "./types.js";

export const looksLikeRtk = (text: string): boolean => /<RTKThreeDCircularGeometry[\s>]/.test(text);

/** RTK's names and where their numbers go. */
const FIELDS = [
  "GantryAngle",
  "OutOfPlaneAngle",
  "InPlaneAngle",
  "SourceToIsocenterDistance",
  "SourceToDetectorDistance",
  "SourceOffsetX",
  "SourceOffsetY",
  "ProjectionOffsetX",
  "ProjectionOffsetY",
] as const;
type Field = (typeof FIELDS)[number];
/** How far a matrix may be from that of its parameters: RTK's own tolerance. */
const MATRIX = 1e-3;

/**
 * A parameter stands once for all projections, or in each; one that stands nowhere is 0.
 * @throws INVALID_GEOMETRY (`bad-geometry`, `inconsistent-geometry`: a matrix that is not that of its parameters),
 *   UNSUPPORTED_FORMAT (`unsupported-version`, `curved-detector`), INVALID_ARGUMENT (`missing-detector`)
 */
export function parseRtk(text: string, name: string, options: ReadGeometryOptions): Trajectory {
  const body = withoutComments(text).trimEnd();
  const version = /<RTKThreeDCircularGeometry[^>]*\bversion="(\d+)"/.exec(body)?.[1];
  if (version !== "2" && version !== "3")
    throw fault(
      "UNSUPPORTED_FORMAT",
      `${name}: RTK geometries of version 2 and 3 are read, this is ${version ?? "of none"}`,
      {
        defect: "unsupported-version",
        hint: "read and write it once with a newer RTK",
      },
    );
  if (!body.endsWith("</RTKThreeDCircularGeometry>")) throw badGeometry(name, "the file ends before its last element");
  const detector = neededDetector(options.detector, `${name} (RTK)`);
  const current = new Map<string, number>();
  let matrix: number[] | undefined;
  const projections: RtkProjection[] = [];
  for (const [, tag, content, end] of body.matchAll(/<(\w+)>([^<]*)<\/\1>|(<\/Projection>)/g)) {
    if (end) {
      const projection = projectionOf(current);
      if (matrix) refuseOtherMatrix(matrix, projection, projections.length, name);
      projections.push(projection);
      matrix = undefined;
    } else if (tag === "Matrix") {
      matrix = content.trim().split(/\s+/).map(Number);
      if (matrix.length !== 12 || !matrix.every(Number.isFinite))
        throw badGeometry(name, `the matrix of projection ${projections.length} is not 12 numbers`);
    } else {
      const field = tag === "Angle" ? "GantryAngle" : tag;
      const value = content.trim() === "" ? Number.NaN : Number(content);
      if (!Number.isFinite(value)) throw badGeometry(name, `${tag} is no number: '${content.trim()}'`);
      if (field === "RadiusCylindricalDetector" && value !== 0)
        throw fault("UNSUPPORTED_FORMAT", `${name}: a cylindrical detector (radius ${value} mm) is not flat`, {
          defect: "curved-detector",
          hint: "rebin its projections to a flat one",
        });
      current.set(field, value);
    }
  }
  if (projections.length === 0) throw badGeometry(name, "it has no projection");
  const { frame, isocenter, detectorOrigin: origin } = options;
  const place = { ...(frame && { frame }), ...(isocenter && { isocenter }), ...(origin && { origin }) };
  const views = projections.map((projection) => rtkToView(projection, detector, place));
  return { detector, views, about: `${counted(views.length, "view")} from RTK` };
}

/** The text without `<!-- -->`; one that does not end takes the rest. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  for (let start = 0; start >= 0; ) {
    const open = text.indexOf("<!--", start);
    parts.push(open < 0 ? text.slice(start) : text.slice(start, open));
    const close = open < 0 ? -1 : text.indexOf("-->", open + 4);
    start = close < 0 ? -1 : close + 3;
  }
  return parts.join("");
}

function projectionOf(current: ReadonlyMap<string, number>): RtkProjection {
  const [gantryAngle, outOfPlaneAngle, inPlaneAngle, sid, sdd, sx, sy, px, py] = FIELDS.map(
    (field) => current.get(field) ?? 0,
  );
  const angles = { gantryAngle, outOfPlaneAngle, inPlaneAngle };
  return { ...angles, sid, sdd, sourceOffset: [sx, sy], projectionOffset: [px, py] };
}

function refuseOtherMatrix(matrix: readonly number[], projection: RtkProjection, index: number, name: string): void {
  const own = rtkMatrix(projection);
  const entry = own.findIndex(
    (value, i) => !(Math.abs(value - matrix[i]) <= MATRIX * Math.max(1, 1e-6 * Math.abs(value))),
  );
  if (entry >= 0)
    throw fault(
      "INVALID_GEOMETRY",
      `${name}: entry ${entry} of the matrix of projection ${index} is ${matrix[entry]}, its parameters say ${own[entry]}`,
      { defect: "inconsistent-geometry", view: index },
    );
}

/** The XML of views that RTK can describe; parameters that are the same in all views stand once. @throws as `viewToRtk` */
export function formatRtk({ detector, views }: Trajectory, { frame, isocenter }: WriteGeometryOptions): string {
  const place = { ...(frame && { frame }), ...(isocenter && { isocenter }) };
  const projections = views.map((view) => viewToRtk(view, detector, place));
  const fieldsOf = (p: Required<RtkProjection>): Record<Field, number> => ({
    GantryAngle: p.gantryAngle,
    OutOfPlaneAngle: p.outOfPlaneAngle,
    InPlaneAngle: p.inPlaneAngle,
    SourceToIsocenterDistance: p.sid,
    SourceToDetectorDistance: p.sdd,
    SourceOffsetX: p.sourceOffset[0],
    SourceOffsetY: p.sourceOffset[1],
    ProjectionOffsetX: p.projectionOffset[0],
    ProjectionOffsetY: p.projectionOffset[1],
  });
  const values = projections.map(fieldsOf);
  const shared = FIELDS.filter((field) => values.every((value) => value[field] === values[0][field]));
  const lines = (indent: string, value: Record<Field, number>, fields: readonly Field[]) =>
    fields.map((field) => `${indent}<${field}>${value[field]}</${field}>\n`).join("");
  const blocks = projections.map((projection, k) => {
    const m = rtkMatrix(projection);
    const rows = [0, 4, 8].map((at) => `      ${m.slice(at, at + 4).join(" ")}\n`).join("");
    const own = lines(
      "    ",
      values[k],
      FIELDS.filter((field) => !shared.includes(field)),
    );
    return `  <Projection>\n${own}    <Matrix>\n${rows}    </Matrix>\n  </Projection>\n`;
  });
  const head = lines("  ", values[0], shared);
  return `<?xml version="1.0"?>\n<!DOCTYPE RTKGEOMETRY>\n<RTKThreeDCircularGeometry version="3">\n${head}${blocks.join("")}</RTKThreeDCircularGeometry>\n`;
}

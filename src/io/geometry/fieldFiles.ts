/** JSON files that hold the fields of another program: TIGRE's and ASTRA's geometries, OpenCV's cameras. */
import { z } from "zod";
import { norm, type Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { astraToView, viewToAstra, viewToAstraFan } from "../../geometry/astra.js";
import { freeTrajectory } from "../../geometry/freeTrajectory.js";
import { opencvToView, viewToOpencv } from "../../geometry/opencv.js";
import { type TigreGeometry, tigreToTrajectory, trajectoryToTigre } from "../../geometry/tigre.js";
import type { Trajectory, View } from "../../geometry/view.js";
import { viewGeometry } from "../../geometry/viewGeometry.js";
import { schemaFault } from "../geometrySchema.js";
import { missingDetector, neededSize, type ReadGeometryOptions, type WriteGeometryOptions } from "./types.js";

/** Whose fields they are; undefined for none of them. */
export function fieldFormat(content: unknown): "tigre" | "astra" | "opencv" | undefined {
  if (typeof content !== "object" || content === null || Array.isArray(content)) return undefined;
  if ("DSD" in content && "DSO" in content) return "tigre";
  if ("Vectors" in content && "type" in content) return "astra";
  return "cameras" in content ? "opencv" : undefined;
}

/** The views of another program's fields. @throws INVALID_GEOMETRY, SHAPE_MISMATCH, INVALID_ARGUMENT (`missing-detector`) */
export function parseFields(
  format: "tigre" | "astra" | "opencv",
  content: unknown,
  name: string,
  options: ReadGeometryOptions,
): Trajectory {
  if (format === "tigre") return parseTigre(content, name, options);
  return format === "astra" ? parseAstra(content, name, options) : parseOpencv(content, name, options);
}

const numbers = z.array(z.number());
const perView = z.union([numbers, z.array(numbers)]);
const onePerView = z.union([z.number(), numbers]);
const pair = z.tuple([z.number(), z.number()]);
const tigreSchema = z.strictObject({
  mode: z.enum(["cone", "parallel"]).optional(),
  DSD: onePerView,
  DSO: onePerView,
  nDetector: z.tuple([z.int().min(1), z.int().min(1)]),
  dDetector: pair,
  offOrigin: perView.optional(),
  offDetector: perView.optional(),
  rotDetector: perView.optional(),
  COR: onePerView.optional(),
  angles: z.union([numbers.min(1), z.array(numbers.min(1).max(3)).min(1)]),
  nVoxel: numbers.optional(),
  sVoxel: numbers.optional(),
  dVoxel: numbers.optional(),
  sDetector: numbers.optional(),
  accuracy: z.number().optional(),
  n_proj: z.number().nullish(),
  filter: z.string().nullish(),
});
const astraSchema = z.strictObject({
  type: z.enum(["cone_vec", "parallel3d_vec", "fanflat_vec", "parallel_vec"]),
  DetectorRowCount: z.int().min(1).optional(),
  DetectorColCount: z.int().min(1).optional(),
  DetectorCount: z.int().min(1).optional(),
  Vectors: z.array(numbers).min(1),
});
const rows3 = z.array(z.tuple([z.number(), z.number(), z.number()])).length(3);
const opencvSchema = z.strictObject({
  imageSize: z.tuple([z.int().min(1), z.int().min(1)]).optional(),
  sdd: z.number().positive().optional(),
  pixelSize: pair.optional(),
  cameras: z.array(z.strictObject({ K: rows3, R: rows3, t: z.tuple([z.number(), z.number(), z.number()]) })).min(1),
});

function checked<S extends z.ZodType>(schema: S, content: unknown, name: string): z.output<S> {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw schemaFault(parsed.error.issues[0], name, Object.keys((schema as unknown as z.ZodObject).shape));
}

/** TIGRE's fields. @throws INVALID_GEOMETRY, SHAPE_MISMATCH */
function parseTigre(content: unknown, name: string, { isocenter }: ReadGeometryOptions): Trajectory {
  const fields = checked(tigreSchema, content, name);
  return freeTrajectory(tigreToTrajectory(fields as TigreGeometry, isocenter ? { isocenter } : {}));
}

/** One field a line. */
const lines = (content: object) =>
  `{\n${Object.entries(content)
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(",\n")}\n}\n`;

/** @throws as `trajectoryToTigre` */
export const formatTigre = (trajectory: Trajectory, { isocenter }: WriteGeometryOptions): string =>
  lines(trajectoryToTigre(trajectory, isocenter ? { isocenter } : {}));

/** ASTRA's projection geometry as `astra.create_proj_geom` returns it, vectors as a list. @throws INVALID_GEOMETRY, SHAPE_MISMATCH */
function parseAstra(content: unknown, name: string, options: ReadGeometryOptions): Trajectory {
  const { type, Vectors, DetectorRowCount, DetectorColCount, DetectorCount } = checked(astraSchema, content, name);
  const flat = type === "fanflat_vec" || type === "parallel_vec";
  const beam = type === "cone_vec" || type === "fanflat_vec" ? "cone" : "parallel";
  const detector = {
    ...options.detector,
    ...(flat ? { rows: 1, columns: DetectorCount } : { rows: DetectorRowCount, columns: DetectorColCount }),
  };
  return astraVectors(Vectors, beam, `${name} (ASTRA)`, { ...options, detector });
}

/** The views of ASTRA's numbers, 12 or 6 a view. @throws INVALID_GEOMETRY, SHAPE_MISMATCH, INVALID_ARGUMENT */
export function astraVectors(
  vectors: readonly (readonly number[])[],
  beam: View["beam"],
  what: string,
  { detector: known, isocenter = [0, 0, 0] }: ReadGeometryOptions,
): Trajectory {
  const flat = vectors[0].length === 6;
  const size = neededSize(flat ? { ...known, rows: 1 } : known, what);
  const [u, v] = flat ? [[...vectors[0].slice(4, 6), 0], undefined] : [vectors[0].slice(6, 9), vectors[0].slice(9, 12)];
  const width = norm(u as unknown as Vec3);
  const height = v ? norm(v as unknown as Vec3) : (known?.pixelSize?.[1] ?? width);
  const detector = { ...size, pixelSize: [width, height] as const };
  const views = vectors.map((numbers) => moved(astraToView(beam, numbers, detector), isocenter));
  return freeTrajectory({ detector, views, about: `${counted(views.length, "view")} of a ${beam} beam from ASTRA` });
}

function moved(view: View, by: Vec3): View {
  const shift = (p: Vec3): Vec3 => [p[0] + by[0], p[1] + by[1], p[2] + by[2]];
  if (view.beam === "cone") return { ...view, source: shift(view.source), firstPixel: shift(view.firstPixel) };
  return { ...view, firstPixel: shift(view.firstPixel) };
}

/** 12 numbers a view, or 6 for one row of pixels in the plane z = 0. */
export function formatAstra({ detector, views }: Trajectory, { isocenter = [0, 0, 0] }: WriteGeometryOptions): string {
  const back: Vec3 = [-isocenter[0], -isocenter[1], -isocenter[2]];
  const beam = views[0]?.beam ?? "cone";
  const there = views.map((view) => moved(view, back));
  const inPlane = detector.rows === 1 && there.every((view) => planar(view));
  const type = inPlane
    ? beam === "cone"
      ? "fanflat_vec"
      : "parallel_vec"
    : beam === "cone"
      ? "cone_vec"
      : "parallel3d_vec";
  const size = inPlane
    ? { DetectorCount: detector.columns }
    : { DetectorRowCount: detector.rows, DetectorColCount: detector.columns };
  const vectors = there.map((view) => (inPlane ? viewToAstraFan : viewToAstra)(view, detector));
  return `{\n  "type": "${type}",\n${Object.entries(size)
    .map(([key, value]) => `  "${key}": ${value},\n`)
    .join("")}  "Vectors": [\n${vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(",\n")}\n  ]\n}\n`;
}

const planar = (view: View) =>
  [view.beam === "cone" ? view.source : view.direction, view.firstPixel, view.columnStep].every(
    (v) => Math.abs(v[2]) < 1e-12 * norm(v),
  ) &&
  view.rowStep[0] === 0 &&
  view.rowStep[1] === 0 &&
  view.rowStep[2] > 0;

/** OpenCV's cameras: K, R, t as rows, one a view. @throws INVALID_GEOMETRY, INVALID_ARGUMENT (`missing-detector`) */
function parseOpencv(content: unknown, name: string, options: ReadGeometryOptions): Trajectory {
  const { imageSize, cameras, ...own } = checked(opencvSchema, content, name);
  const size = imageSize
    ? { rows: imageSize[1], columns: imageSize[0] }
    : neededSize(options.detector, `${name} (OpenCV)`);
  const sdd = own.sdd ?? options.sdd;
  const pixelSize = own.pixelSize ?? options.detector?.pixelSize;
  if (sdd === undefined && pixelSize === undefined)
    throw missingDetector(`${name} (OpenCV)`, "how far the detector is (sdd, or the size of its pixels)");
  const views = cameras.map(({ K, R, t }) =>
    opencvToView(
      { cameraMatrix: K.flat(), rotation: R.flat(), translation: t },
      sdd !== undefined ? { sdd } : { pixelSize: pixelSize! },
    ),
  );
  const detector = { ...size, pixelSize: pixelSize ?? viewGeometry(views[0]).pixelSize };
  return freeTrajectory({ detector, views, about: `${counted(views.length, "view")} from OpenCV` });
}

/** @throws as `viewToOpencv` */
export function formatOpencv({ detector, views }: Trajectory): string {
  const rows = (m: readonly number[]) => [m.slice(0, 3), m.slice(3, 6), m.slice(6, 9)];
  const cameras = views.map((view) => {
    const { cameraMatrix, rotation, translation } = viewToOpencv(view);
    return { K: rows(cameraMatrix), R: rows(rotation), t: translation };
  });
  const head = { imageSize: [detector.columns, detector.rows], pixelSize: detector.pixelSize };
  return `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "cameras": [\n${cameras
    .map((camera) => `    ${JSON.stringify(camera)}`)
    .join(",\n")}\n  ]\n}\n`;
}

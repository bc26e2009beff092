import { writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { notRepresentable, reverseColumns, reverseRows } from "../geometry/sameView.js";
import type { Trajectory } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";
import type { GeometryTable } from "./geometry/tableFile.js";
import {
  GEOMETRY_FORMATS,
  type GeometryFormat,
  type ReadGeometryOptions,
  readGeometryOptionNames,
  refuseOtherDetector,
  refuseUnused,
  refuseUnusedInWriting,
  type WriteGeometryOptions,
} from "./geometry/types.js";
import type { GeometryFile } from "./geometrySchema.js";
import { type Input, readWhole, type Source, toSource } from "./source.js";

export type { GeometryFile } from "./geometrySchema.js";
export { GEOMETRY_FORMATS, type GeometryFormat, type ReadGeometryOptions, type WriteGeometryOptions };

/** A text longer than this is not a geometry, bytes. */
const LONGEST = 64 * 2 ** 20;
/** The schema library is loaded at the first use. */
const schema = () => import("./geometrySchema.js");

/**
 * Checks the content of a geometry file (`schema/geometry.json`) and turns it into a trajectory.
 * @throws INVALID_GEOMETRY: `unknown-key` (naming it and the nearest known one), `bad-geometry` (naming the place),
 *   `inconsistent-geometry` (steps that are not the pixel size, a source in the detector plane)
 */
export const parseGeometry = async (content: unknown): Promise<Trajectory> => (await schema()).checkedGeometry(content);

/** The content of a geometry file. @throws as `parseGeometry`, and INVALID_GEOMETRY (`mixed-beams`) */
export const geometryContent = async (trajectory: Trajectory): Promise<GeometryFile> =>
  (await schema()).checkedContent(trajectory);

/**
 * Reads a geometry file, recognizing the program by the content: our JSON, RTK's XML, fields of TIGRE, ASTRA or OpenCV
 * as JSON, Nikon's .xtekct, tables of 3x4 matrices or ASTRA's vectors (text, CSV, JSON, .npy). See docs/geometry-files.md.
 * @throws CORRUPT_FILE (`bad-json`), UNSUPPORTED_FORMAT (`bad-magic`), TOO_LARGE, NOT_FOUND, INVALID_ARGUMENT
 *   (`missing-detector`, `ambiguous-geometry`), and as `parseGeometry`
 */
export async function readGeometry(input: Input, options: ReadGeometryOptions = {}): Promise<Trajectory> {
  refuseUnknownOptions("readGeometry", options, readGeometryOptionNames);
  const trajectory = await readGeometryOfStack(input, options, undefined);
  refuseOtherDetector(options.detector, trajectory);
  return trajectory;
}

/** `readGeometry` beside a stack of projections; `origin`: its `detectorOrigin`, used where it means something. */
export async function readGeometryOfStack(
  input: Input,
  options: ReadGeometryOptions,
  origin: readonly [number, number] | undefined,
): Promise<Trajectory> {
  if (options.format !== undefined) checkFormat(options.format);
  const source = await toSource(input);
  const name = source.name ?? "the geometry file";
  if (source.size > LONGEST)
    throw fault("TOO_LARGE", `${name} has ${source.size} bytes; a geometry file has at most ${LONGEST}`, {
      defect: "too-large",
    });
  const { format, parse } = await recognized(source, name, options);
  refuseUnused(format, options, name);
  return parse(format === "rtk" && origin ? { detectorOrigin: origin, ...options } : options);
}

const textOf = async (source: Source) => new TextDecoder().decode(await readWhole(source));

/** Whose file it is, and how it is read. */
interface Recognized {
  readonly format: GeometryFormat;
  parse(options: ReadGeometryOptions): Trajectory | Promise<Trajectory>;
}

async function recognized(source: Source, name: string, options: ReadGeometryOptions): Promise<Recognized> {
  const { looksLikeNpy, readNpy } = await import("./npy.js");
  const tables = await import("./geometry/tableFile.js");
  const ofTable = (table: GeometryTable): Recognized => ({
    format: tables.tableFormat(table, name, options),
    parse: (chosen) => tables.tableTrajectory(table, name, chosen),
  });
  if (looksLikeNpy(await source.read(0, 6))) {
    const { values, shape } = await readNpy(source);
    return ofTable(tables.shapedTable(values, shape, name));
  }
  const text = await textOf(source);
  const { looksLikeRtk, parseRtk } = await import("./geometry/rtkFile.js");
  if (looksLikeRtk(text)) return { format: "rtk", parse: (chosen) => parseRtk(text, name, chosen) };
  const { looksLikeNikon, parseNikon } = await import("./geometry/nikonFile.js");
  if (looksLikeNikon(text)) {
    const angles = async () => options.angles && textOf(await toSource(options.angles));
    return { format: "nikon", parse: async (chosen) => parseNikon(text, name, chosen, await angles()) };
  }
  if (/^\s*[{[]/.test(text)) {
    const content = parseJson(text, name);
    if (Array.isArray(content)) return ofTable(tables.listTable(content, name));
    const fields = await import("./geometry/fieldFiles.js");
    const format = fields.fieldFormat(content);
    if (format) return { format, parse: (chosen) => fields.parseFields(format, content, name, chosen) };
    return { format: "tomograd", parse: () => parseGeometry(content) };
  }
  if (tables.looksLikeTable(text)) return ofTable(tables.parseTable(text, name));
  throw fault(
    "UNSUPPORTED_FORMAT",
    `${name} is none of the geometries that are read: tomograd's JSON, RTK, TIGRE, ASTRA, Nikon, OpenCV, 3x4 matrices`,
    { defect: "bad-magic" },
  );
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fault("CORRUPT_FILE", `${name} is not JSON: ${(error as Error).message}`, { defect: "bad-json" }, error);
  }
}

function checkFormat(format: GeometryFormat): void {
  if (!GEOMETRY_FORMATS.includes(format))
    throw fault("INVALID_ARGUMENT", `format is one of ${GEOMETRY_FORMATS.join(", ")}, got '${format}'`, {
      defect: "bad-option",
      field: "format",
    });
}

/** What an ending asks for. */
const ENDINGS: Readonly<Record<string, GeometryFormat>> = {
  xml: "rtk",
  xtekct: "nikon",
  npy: "matrices",
  csv: "matrices",
  txt: "matrices",
};

/**
 * Writes a geometry file whole or not at all. Where the other program sees the detector from its other side, the views
 * are written for images with their rows (Nikon: columns) in reverse order, with the warning `images-reversed`.
 * @throws WRITE_FAILED, INVALID_GEOMETRY (`not-representable`), and as `geometryContent`
 */
export async function writeGeometry(
  path: string,
  trajectory: Trajectory,
  options: WriteGeometryOptions = {},
): Promise<void> {
  refuseUnknownOptions("writeGeometry", options, ["format", "frame", "isocenter", "pixelCenter", "onWarning"]);
  const format = options.format ?? ENDINGS[/\.(\w+)$/.exec(path)?.[1].toLowerCase() ?? ""] ?? "tomograd";
  checkFormat(format);
  refuseUnusedInWriting(format, options);
  if (trajectory.detector.shape === "arc" && format !== "tomograd")
    throw notRepresentable(format, "its detector stands on an arc");
  const turned = turnedFor(format, trajectory, options);
  await writeFileAtomically(path, await geometryBytes(path, format, turned, options));
}

/** Which way other programs see a detector (`handedness` of `ViewGeometry`), and what is reversed to come there. */
const SIDES: Partial<Record<GeometryFormat, { side: 1 | -1; reverse: "rows" | "columns" }>> = {
  rtk: { side: -1, reverse: "rows" },
  tigre: { side: -1, reverse: "rows" },
  nikon: { side: -1, reverse: "columns" },
  opencv: { side: 1, reverse: "rows" },
};

function turnedFor(format: GeometryFormat, trajectory: Trajectory, { onWarning }: WriteGeometryOptions): Trajectory {
  const wanted = SIDES[format];
  const { views, detector } = trajectory;
  if (!wanted || views.length === 0 || views.every((view) => viewGeometry(view).handedness === wanted.side))
    return trajectory;
  const reverse = wanted.reverse === "rows" ? reverseRows : reverseColumns;
  onWarning?.({
    defect: "images-reversed",
    message: `${format} sees the detector from its other side: the views are written for images with their ${wanted.reverse} in reverse order`,
  });
  return { ...trajectory, views: views.map((view) => reverse(view, detector)) };
}

async function geometryBytes(
  path: string,
  format: GeometryFormat,
  trajectory: Trajectory,
  options: WriteGeometryOptions,
): Promise<Uint8Array | Uint8Array[]> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const fields = () => import("./geometry/fieldFiles.js");
  switch (format) {
    case "tomograd":
      return bytes(await geometryText(trajectory));
    case "rtk":
      return bytes((await import("./geometry/rtkFile.js")).formatRtk(trajectory, options));
    case "nikon":
      return bytes((await import("./geometry/nikonFile.js")).formatNikon(trajectory, options));
    case "tigre":
      return bytes((await fields()).formatTigre(trajectory, options));
    case "astra":
      return bytes((await fields()).formatAstra(trajectory, options));
    case "opencv":
      return bytes((await fields()).formatOpencv(trajectory));
    case "matrices": {
      const { formatMatrices, matricesOf } = await import("./geometry/tableFile.js");
      if (!/\.npy$/i.test(path)) return bytes(formatMatrices(trajectory, options, /\.csv$/i.test(path) ? "," : " "));
      const { npyPieces } = await import("./npy.js");
      const values = Float64Array.from(matricesOf(trajectory, options).flat());
      return npyPieces(values, [trajectory.views.length, 3, 4]);
    }
  }
}

/** The text of tomograd's own geometry file, JSON with one view a line. @throws as `geometryContent` */
export async function geometryText(trajectory: Trajectory): Promise<string> {
  const { views, ...head } = await geometryContent(trajectory);
  const lines = views.map((view) => `    ${JSON.stringify(view)}`).join(",\n");
  return `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "views": [\n${lines}\n  ]\n}\n`;
}

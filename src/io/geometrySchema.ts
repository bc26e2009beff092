import { z } from "zod";
import { fault } from "../core/errors.js";
import { cross, dot, norm, subtract, type Vec3 } from "../core/linear.js";
import { nearestWord } from "../core/options.js";
import { counted } from "../core/words.js";
import type { Trajectory, View } from "../geometry/view.js";

const vector = z.tuple([z.number(), z.number(), z.number()]);
const steps = {
  firstPixel: vector.describe("mm: center of pixel (row 0, column 0)"),
  columnStep: vector.describe("mm: from the center of column c to that of column c + 1"),
  rowStep: vector.describe("mm: from the center of row r to that of row r + 1"),
};
const common = {
  format: z.literal("tomograd-geometry/1"),
  about: z.string().optional().describe("one line for people"),
  detector: z
    .strictObject({
      rows: z.int().min(1).describe("pixels along a column"),
      columns: z.int().min(1).describe("pixels along a row"),
      pixelSize: z.tuple([z.number().positive(), z.number().positive()]).describe("mm: [along a row, along a column]"),
      shape: z
        .enum(["flat", "arc"])
        .optional()
        .describe("arc: columns at equal angles about the source, on the arc that touches the plane of the views"),
    })
    .describe("a detector, the same in every view; flat unless its shape says otherwise"),
};
const coneView = z.strictObject({ source: vector.describe("mm: the point source"), ...steps });
const parallelView = z.strictObject({ direction: vector.describe("from source to detector, any length"), ...steps });

/** The geometry file: exposures in RAS+ mm. `schema/geometry.json` is made from this. */
export const geometrySchema = z
  .discriminatedUnion("beam", [
    z.strictObject({ ...common, beam: z.literal("cone"), views: z.array(coneView).min(1) }),
    z.strictObject({ ...common, beam: z.literal("parallel"), views: z.array(parallelView).min(1) }),
  ])
  .describe("Exposures of one flat detector in the order of the projections; all lengths mm, world RAS+");

/** What a geometry file holds. */
export type GeometryFile = z.infer<typeof geometrySchema>;

/** The JSON schema (2020-12) that the package publishes. */
export const geometryJsonSchema = (): object => ({
  title: "tomograd geometry",
  ...z.toJSONSchema(geometrySchema),
});

/** How far a step's length may be from the pixel size, as a part of it: numbers rounded to four digits pass. */
const PIXEL_TOLERANCE = 1e-3;

/**
 * Checks the content of a geometry file and turns it into a trajectory.
 * @throws INVALID_GEOMETRY: `unknown-key` (naming it and the nearest known one), `bad-geometry` (naming the place),
 *   `inconsistent-geometry` (steps that are not the pixel size, a source in the detector plane)
 */
export function checkedGeometry(content: unknown): Trajectory {
  const parsed = geometrySchema.safeParse(content);
  if (!parsed.success) throw schemaFault(parsed.error.issues[0]);
  const { beam, about } = parsed.data;
  const { shape, ...flat } = parsed.data.detector;
  const detector = shape === "arc" ? { ...flat, shape } : flat;
  const views: View[] =
    parsed.data.beam === "cone"
      ? parsed.data.views.map((view) => ({ beam: "cone", ...view }))
      : parsed.data.views.map((view) => ({ beam: "parallel", ...view }));
  const trajectory = { detector, views, about: about ?? counted(views.length, `${beam} view`) };
  views.forEach((view, index) => void checkView(view, index, trajectory));
  return trajectory;
}

/** The content of a geometry file. @throws as `checkedGeometry`, and INVALID_GEOMETRY (`mixed-beams`) */
export function checkedContent({ detector, views, about }: Trajectory): GeometryFile {
  const beam = views[0]?.beam ?? "cone";
  if (views.some((view) => view.beam !== beam))
    throw fault("INVALID_GEOMETRY", "a geometry file holds cone or parallel views, not both", {
      defect: "mixed-beams",
    });
  const { rows, columns, pixelSize, shape } = detector;
  const content = {
    format: "tomograd-geometry/1",
    about,
    beam,
    detector: { rows, columns, pixelSize, ...(shape === "arc" && { shape }) },
    views: views.map((view) => {
      const { firstPixel, columnStep, rowStep } = view;
      const place = { firstPixel, columnStep, rowStep };
      return view.beam === "cone" ? { source: view.source, ...place } : { direction: view.direction, ...place };
    }),
  };
  checkedGeometry(content);
  return content as unknown as GeometryFile;
}

/** The refusal of a file that a schema does not accept; `known`: keys to compare a misspelled one with. */
export function schemaFault(issue: z.core.$ZodIssue, name = "geometry file", known: readonly string[] = knownKeys) {
  const place = issue.path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}${text && "."}${String(key)}`),
    "",
  );
  if (issue.code !== "unrecognized_keys")
    return fault("INVALID_GEOMETRY", `${name}, at ${place || "the top"}: ${inWords(issue.message)}`, {
      defect: "bad-geometry",
      place,
    });
  const key = issue.keys[0];
  const near = nearestWord(key, known);
  const where = place ? ` in ${place}` : "";
  return fault("INVALID_GEOMETRY", `${name}: unknown key '${key}'${where}${near ? `; did you mean '${near}'?` : ""}`, {
    defect: "unknown-key",
    key,
    place,
  });
}

/** What the schema says about a value that is not there, for readers of files. */
const inWords = (message: string) =>
  message.replace(/^.*expected (\w+), received undefined$/, "$1 expected, nothing found");

const knownKeys = [
  ...["format", "about", "beam", "detector", "views", "rows", "columns", "pixelSize", "shape"],
  ...["source", "direction", "firstPixel", "columnStep", "rowStep"],
];

function checkView(view: View, index: number, { detector }: Trajectory): void {
  const bad = (why: string) =>
    fault("INVALID_GEOMETRY", `geometry file, views[${index}]: ${why}`, {
      defect: "inconsistent-geometry",
      view: index,
    });
  const { columnStep, rowStep, firstPixel } = view;
  const [width, height] = detector.pixelSize;
  for (const [step, name, size] of [
    [columnStep, "columnStep", width],
    [rowStep, "rowStep", height],
  ] as const)
    if (Math.abs(norm(step) - size) > PIXEL_TOLERANCE * size)
      throw bad(`${name} is ${norm(step)} mm long, the detector's pixelSize says ${size} mm`);
  const normal = cross(columnStep, rowStep);
  if (norm(normal) < 1e-6 * width * height) throw bad("columnStep and rowStep are parallel");
  const along: Vec3 = view.beam === "cone" ? subtract(firstPixel, view.source) : view.direction;
  if (!(Math.abs(dot(along, normal)) > 1e-9 * norm(normal) * norm(along)))
    throw bad(view.beam === "cone" ? "the source lies in the detector's plane" : "the beam runs along the detector");
}

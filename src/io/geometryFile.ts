import { writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import type { Trajectory } from "../geometry/view.js";
import type { GeometryFile } from "./geometrySchema.js";
import { type Input, readWhole, toSource } from "./source.js";

export type { GeometryFile } from "./geometrySchema.js";

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

/** Reads a geometry file. @throws CORRUPT_FILE (`bad-json`), TOO_LARGE, NOT_FOUND, and as `parseGeometry` */
export async function readGeometry(input: Input): Promise<Trajectory> {
  const source = await toSource(input);
  const name = source.name ?? "the geometry file";
  if (source.size > LONGEST)
    throw fault("TOO_LARGE", `${name} has ${source.size} bytes; a geometry file has at most ${LONGEST}`, {
      defect: "too-large",
    });
  const text = new TextDecoder().decode(await readWhole(source));
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw fault("CORRUPT_FILE", `${name} is not JSON: ${(error as Error).message}`, { defect: "bad-json" }, error);
  }
  return parseGeometry(content);
}

/** Writes a geometry file whole or not at all, one view a line. @throws WRITE_FAILED, and as `geometryContent` */
export async function writeGeometry(path: string, trajectory: Trajectory): Promise<void> {
  const { views, ...head } = await geometryContent(trajectory);
  const lines = views.map((view) => `    ${JSON.stringify(view)}`).join(",\n");
  const text = `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "views": [\n${lines}\n  ]\n}\n`;
  await writeFileAtomically(path, new TextEncoder().encode(text));
}

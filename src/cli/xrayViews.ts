/** Where X-rays were taken from, as far as files and options say: what `register` starts from. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { fault, isTomogradError } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { cArmView, type Detector, type View } from "../geometry/index.js";
import { geometryPath, radiographTrajectory } from "../io/index.js";
import { type Grid, gridCenter } from "../volume/index.js";
import { eachXRay } from "./eachXRay.js";
import { readViews } from "./geometryInput.js";
import * as parse from "./parse.js";
import type { Session } from "./session.js";
import { DEFAULT_SDD, DEFAULT_SID } from "./viewInput.js";
import type { XRayImage } from "./xrayImage.js";

/** Options that place X-rays. */
export interface XRayViewChoice {
  readonly geometry?: string;
  readonly start?: readonly (readonly number[])[];
  readonly orientation?: "AP" | "PA" | "none";
  /** Each once for all X-rays, or of each in turn. */
  readonly sdd?: readonly number[];
  readonly sid?: readonly number[];
  readonly pixel?: readonly (readonly [number, number])[];
  readonly offset?: readonly [number, number];
  readonly isocenter?: Vec3;
}

/** What is chosen for one X-ray. */
interface OwnChoice extends Pick<XRayViewChoice, "orientation" | "offset" | "isocenter"> {
  readonly start?: readonly number[] | undefined;
  readonly sdd?: number | undefined;
  readonly sid?: number | undefined;
  readonly pixel?: readonly [number, number] | undefined;
}

/** An X-ray and the view that it is taken to have. */
export interface PlacedXRay {
  readonly image: XRayImage;
  readonly detector: Detector;
  readonly view: View;
  /** Where the view comes from, for people. */
  readonly about: string;
}

const TURNS = "; once for all X-rays or of each in turn";

export function addXRayViewOptions(command: Command): Command {
  return command
    .option(
      "--start <a,b,c,x,y,z>",
      `of each X-ray in turn: Euler angles ZXY (degrees) and translation (mm) of its C-arm about the isocenter, as render's --rotation and --translation; three numbers: the source ${DEFAULT_SID} mm away (default: what the X-ray's file says, else 0,0,0)`,
      parse.repeat(startNumbers),
    )
    .option(
      "--orientation <name>",
      "with --start: AP (source in front), PA (source behind) or none (default: AP)",
      parse.oneOf("AP", "PA", "none"),
    )
    .option("--geometry <file>", "the X-rays' views from a geometry file of any program instead")
    .option(
      "--sdd <mm>",
      `source to detector${TURNS} (default: what the file says, else ${DEFAULT_SDD})`,
      parse.repeat(parse.positive),
    )
    .option(
      "--sid <mm>",
      `source to isocenter${TURNS} (default: what the file says, else ${DEFAULT_SID})`,
      parse.repeat(parse.positive),
    )
    .option(
      "--pixel <dx,dy>",
      `mm on the detector from pixel to pixel along a row and along a column${TURNS} (default: what the file says)`,
      parse.repeat(parse.numbers(2, "two positive numbers such as 0.4,0.4", ([dx, dy]) => dx > 0 && dy > 0)),
    )
    .option("--offset <x0,y0>", "mm shift of the detector, with --start", parse.numbers(2, "two numbers such as 5,-3"))
    .option(
      "--isocenter <x,y,z>",
      "RAS mm that poses turn about (default: the center of the CT)",
      parse.numbers(3, "three numbers such as 0,-20,150"),
    );
}

function startNumbers(text: string): number[] {
  const count = text.split(",").length === 6 ? 6 : 3;
  return parse.numbers(count, "three angles, or three angles and three lengths such as 30,0,0,0,850,0")(text);
}

/**
 * The view of each X-ray: from the geometry file, else from --start, else from the geometry file beside it, else from its
 * DICOM header, else a C-arm in front.
 * @throws INVALID_ARGUMENT (`contradictory-options`, `missing-option`, `out-of-range`), SHAPE_MISMATCH (`inconsistent-geometry`),
 * INVALID_GEOMETRY (`inconsistent-pixel-size`), and what the readers of geometry throw
 */
export async function placeXRays(
  images: readonly XRayImage[],
  choice: XRayViewChoice,
  grid: Grid,
  session: Session,
): Promise<PlacedXRay[]> {
  checkChoice(images, choice);
  const own = ownChoices(images.length, choice);
  if (choice.geometry !== undefined) return ofGeometryFile(images, choice.geometry, own[0].pixel);
  const placed: PlacedXRay[] = [];
  for (const [i, image] of images.entries()) {
    const beside = geometryPath(image.path);
    if (choice.start) placed.push(ofCArm(image, own[i], grid, session));
    else if (existsSync(beside) && beside !== image.path) {
      const together = images.filter(({ path }) => path === image.path);
      placed.push((await ofGeometryFile(together, beside, own[i].pixel))[together.indexOf(image)]);
    } else if (image.radiograph) placed.push(ofRadiograph(image, own[i], grid));
    else placed.push(ofCArm(image, own[i], grid, session));
  }
  const unplaced = placed.filter(({ about }) => about === UNTOLD);
  if (images.length > 1 && unplaced.length > 0)
    throw fault(
      "INVALID_ARGUMENT",
      `found nothing that says from where ${unplaced[0].image.name} looks; expected it of each of several X-rays; give --start for each, or --geometry`,
      { defect: "missing-option" },
    );
  return placed;
}

const UNTOLD = "a C-arm in front, for want of better";

function ownChoices(count: number, { start, sdd = [], sid = [], pixel = [], ...common }: XRayViewChoice): OwnChoice[] {
  const sdds = eachXRay("sdd", sdd, count);
  const sids = eachXRay("sid", sid, count);
  const pixels = eachXRay("pixel", pixel, count);
  return sdds.map((own, i) => ({ ...common, start: start?.[i], sdd: own, sid: sids[i], pixel: pixels[i] }));
}

function checkChoice(images: readonly XRayImage[], choice: XRayViewChoice): void {
  const refuse = (message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect: "contradictory-options" });
  };
  const { start, geometry } = choice;
  if (geometry !== undefined)
    for (const name of ["start", "orientation", "sdd", "sid", "offset"] as const)
      if (choice[name] !== undefined) refuse(`--geometry holds the views: leave out --${name}`);
  if (geometry !== undefined && choice.pixel && choice.pixel.length > 1)
    refuse(`found ${choice.pixel.length} of --pixel; --geometry has one detector: give --pixel once`);
  if (start === undefined)
    for (const name of ["orientation", "offset"] as const)
      if (choice[name] !== undefined) refuse(`found --${name} without --start; expected both; give --start too`);
  if (start && start.length !== images.length)
    refuse(
      `found ${start.length} times --start for ${images.length} X-ray images; expected one for each, in their order`,
    );
}

async function ofGeometryFile(
  images: readonly XRayImage[],
  path: string,
  pixel: OwnChoice["pixel"],
): Promise<PlacedXRay[]> {
  const { detector, views } = await viewsFor(images[0], path, pixel);
  if (views.length !== images.length)
    throw fault(
      "SHAPE_MISMATCH",
      `found ${views.length} views in ${path} and ${images.length} X-ray images; expected one view for each image; leave some out`,
      { defect: "inconsistent-geometry" },
    );
  return images.map((image, i) => {
    if (image.rows !== detector.rows || image.columns !== detector.columns)
      throw fault(
        "SHAPE_MISMATCH",
        `${image.name}: found ${image.rows} x ${image.columns} pixels; expected ${detector.rows} x ${detector.columns} as ${path} says; is it cropped, binned or turned?`,
        { defect: "inconsistent-geometry" },
      );
    if (image.pixelSize && !alike(image.pixelSize, detector.pixelSize))
      throw fault(
        "INVALID_GEOMETRY",
        `${image.name}: found pixels of ${image.pixelSize.join(" x ")} mm; expected ${detector.pixelSize.join(" x ")} mm as ${path} says; correct one of them`,
        { defect: "inconsistent-pixel-size" },
      );
    return { image, detector, view: views[i], about: path };
  });
}

/** What a geometry file does not say of the detector, the image says. */
async function viewsFor({ rows, columns, pixelSize }: XRayImage, path: string, pixel: OwnChoice["pixel"]) {
  const asked = pixel && { pixel };
  try {
    return await readViews(path, { ...asked });
  } catch (error) {
    if (!isTomogradError(error) || error.detail.defect !== "missing-detector") throw error;
    return await readViews(path, { size: [rows, columns], ...(pixelSize && { pixel: pixelSize }), ...asked });
  }
}

/** How far two pixel sizes may be apart that are meant to be the same, as a share: what files round to. */
const SPACING_TOLERANCE = 0.01;

const alike = (a: readonly number[], b: readonly number[]) =>
  a.every((mm, axis) => Math.abs(mm - b[axis]) <= SPACING_TOLERANCE * b[axis]);

function ofRadiograph(image: XRayImage, choice: OwnChoice, grid: Grid): PlacedXRay {
  const radiograph = image.radiograph!;
  const isocenter = choice.isocenter ?? radiograph.rtImage?.isocenter ?? gridCenter(grid);
  const { detector, views, about } = radiographTrajectory(radiograph, {
    isocenter,
    ...(choice.sdd !== undefined && { sdd: choice.sdd }),
    ...(choice.sid !== undefined && { sid: choice.sid }),
    ...(choice.pixel && { pixelSize: choice.pixel }),
  });
  return { image, detector, view: views[image.frame], about: `${image.name}: ${about}` };
}

function ofCArm(image: XRayImage, choice: OwnChoice, grid: Grid, session: Session): PlacedXRay {
  const { rows, columns, name, radiograph } = image;
  const sdd = choice.sdd ?? radiograph?.sdd ?? DEFAULT_SDD;
  const sid = choice.sid ?? radiograph?.sid ?? DEFAULT_SID;
  if (choice.sdd === undefined && radiograph?.sdd === undefined)
    session.warn({
      defect: "assumed-distance",
      message: `${name} does not say how far its source was from the detector: taken as ${DEFAULT_SDD} mm (--sdd says otherwise)`,
    });
  if (choice.start?.length !== 6 && !(sdd > sid))
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: found ${sdd} mm from source to detector and ${sid} mm from source to isocenter; expected the detector behind the isocenter; correct --sdd or --sid, did you swap them?`,
      { defect: "out-of-range" },
    );
  const { pixelSize: told, pixelSizeAt } = radiograph ?? {};
  const atObject = told && pixelSizeAt === "object" && ([(told[0] * sdd) / sid, (told[1] * sdd) / sid] as const);
  const said = image.pixelSize ?? (atObject || undefined);
  if (choice.pixel && said && !alike(choice.pixel, said))
    session.warn({
      defect: "replaced-spacing",
      message: `${name} says that its pixels are ${said.join(" x ")} mm; --pixel replaces them by ${choice.pixel.join(" x ")} mm`,
    });
  const pixelSize = choice.pixel ?? said;
  if (!pixelSize)
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: found no pixel size in the file; expected mm on the detector; give --pixel dx,dy`,
      { defect: "missing-option" },
    );
  const orientation = choice.orientation === "none" ? null : (choice.orientation ?? "AP");
  const away: Vec3 = orientation === "AP" ? [0, sid, 0] : orientation === "PA" ? [0, -sid, 0] : [0, 0, -sid];
  const [a, b, c, x, y, z] = choice.start ?? [0, 0, 0];
  const detector = { rows, columns, pixelSize };
  const view = cArmView({
    ...{ detector, sdd, orientation, isocenter: choice.isocenter ?? gridCenter(grid), rotationDeg: [a, b, c] },
    translation: x === undefined ? away : [x, y, z],
    ...(choice.offset && { offset: choice.offset }),
  });
  return { image, detector, view, about: choice.start ? `--start ${choice.start.join(",")}` : UNTOLD };
}

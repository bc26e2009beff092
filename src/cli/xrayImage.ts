/** X-rays as `register` takes them: pictures, arrays and DICOM files, one image or several in each. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import { fault, type Warning } from "../core/errors.js";
import { counted } from "../core/words.js";
import { risingValues } from "../io/dicom/radiographProjections.js";
import { DICOM_HEAD, dicomKind } from "../io/dicom/sniff.js";
import { type Radiograph, readImage, readRadiograph } from "../io/index.js";
import { pictureFormat } from "../io/picture/readImage.js";
import { parseOrder, readStack } from "../io/projectionStack.js";
import { toLineIntegral } from "../physics/index.js";
import * as parse from "./parse.js";
import type { Session } from "./session.js";
import { addMaskOptions, imageMasks, type MaskChoice } from "./xrayMask.js";

/** What large values of an X-ray stand for. */
export type ImageMeaning = "attenuation" | "intensity" | "inverted";

/** How the values of X-rays are to be read, and which of them count. */
export interface ImageChoice extends MaskChoice {
  readonly image?: ImageMeaning;
  readonly air?: number;
}

/** One image, and what its file says about it. */
export interface XRayImage {
  /** The file's name, with the number of the image where it holds several. */
  readonly name: string;
  readonly path: string;
  readonly rows: number;
  readonly columns: number;
  /** [row][column], rising with attenuation. */
  readonly values: Float32Array | Float64Array;
  /** [row][column]: 1 where a pixel counts; absent: all do. */
  readonly mask?: Uint8Array;
  /** mm on the detector: [along a row, along a column]. */
  readonly pixelSize?: readonly [number, number];
  /** What a DICOM file says of its geometry, and which of its frames this is. */
  readonly radiograph?: Radiograph;
  readonly frame: number;
}

export function addImageOptions(command: Command): Command {
  return addMaskOptions(command)
    .option(
      "--image <meaning>",
      "what large values of the X-rays are: attenuation (bone bright), intensity (raw, of which the logarithm is taken), inverted (bone dark, turned over) (default: what DICOM says, else attenuation)",
      parse.oneOf("attenuation", "intensity", "inverted"),
    )
    .option(
      "--air <value>",
      "intensity without an object, with --image intensity (default: the largest)",
      parse.positive,
    );
}

/** Images of one file before their values are turned to rise with attenuation. */
interface Stored {
  readonly views: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
  readonly pixelSize?: readonly [number, number];
  readonly radiograph?: Radiograph;
  readonly warnings: readonly Warning[];
}

/**
 * Every image of some files, in order.
 * @throws NOT_FINITE (`non-finite-values`), INVALID_ARGUMENT (`constant-image`, `empty-mask`, `out-of-range`), and what
 * `imageMasks` and the readers throw
 */
export async function readXRayImages(
  paths: readonly string[],
  choice: ImageChoice,
  session: Session,
): Promise<XRayImage[]> {
  const images = await readAll(paths, session);
  const masks = imageMasks(images, choice, await readAll(choice.imageMask ?? [], session));
  return images.map(({ values: raw, ...image }, i) => {
    const mask = masks[i];
    if (image.radiograph?.apertures) session.say(shadeOf(image.name, mask));
    const least = checkPixels(image.name, raw, mask);
    // Where nothing counts, pictures still show something.
    raw.forEach((value, at) => {
      if (!Number.isFinite(value)) raw[at] = least;
    });
    return { ...image, values: rising({ ...image, values: raw, mask }, choice, session), ...(mask && { mask }) };
  });
}

/** What a collimator or shutter of a file leaves of its image, for people. */
function shadeOf(name: string, mask: Uint8Array | undefined): string {
  if (!mask) return `${name}: its collimator and shutter leave no pixel or shade none; all count`;
  const share = mask.reduce((sum, counts) => sum + counts, 0) / mask.length;
  return `${name}: ${Math.round(100 * share)} % of its pixels count, those in the opening of its collimator or shutter`;
}

/** The images of files as they are stored. */
async function readAll(paths: readonly string[], session: Session) {
  const images = [];
  for (const path of paths) {
    const stored = await readStored(path, session);
    const { views, rows, columns, pixelSize, radiograph } = stored;
    for (const warning of stored.warnings) if (!OF_VOLUMES.includes(warning.defect)) session.warn(warning);
    const count = rows * columns;
    for (let frame = 0; frame < views; frame++)
      images.push({
        ...{ name: views > 1 ? `${basename(path)} [${frame}]` : basename(path), path, rows, columns, frame },
        values: Float64Array.from({ length: count }, (_, i) => stored.values[frame * count + i]),
        ...(pixelSize && { pixelSize }),
        ...(radiograph && { radiograph }),
      });
  }
  return images;
}

/** Warnings that say nothing about images. */
const OF_VOLUMES = ["no-orientation", "no-spacing", "no-origin", "non-finite-values"];

async function readStored(path: string, session: Session): Promise<Stored> {
  const head = await headOf(path);
  if (head && dicomKind(head)) {
    const radiograph = await readRadiograph(path, { signal: session.signal });
    const { frames, pixelSize, pixelSizeAt, warnings } = radiograph;
    const onDetector = pixelSizeAt === "detector" && pixelSize;
    return { ...radiograph, views: frames, pixelSize: onDetector || undefined, radiograph, warnings };
  }
  const format = head && pictureFormat(head);
  if (format === "png" || format === "jpeg") return { ...(await readImage(path)), views: 1 };
  const stack = await readStack(path, parseOrder("view,row,column"), { signal: session.signal });
  const pixelSize = stack.pixelSize ?? (format && (await readImage(path)).pixelSize);
  return { ...stack, ...(pixelSize && { pixelSize }) };
}

/** The first bytes of a file; undefined for a folder. */
async function headOf(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, "r");
  try {
    if ((await file.stat()).isDirectory()) return undefined;
    const head = new Uint8Array(DICOM_HEAD);
    const { bytesRead } = await file.read(head, 0, DICOM_HEAD, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The least value of those that count. */
function checkPixels(name: string, values: Float64Array, mask: Uint8Array | undefined): number {
  let [low, high, bad] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  values.forEach((value, i) => {
    if (mask?.[i] === 0) return;
    if (!Number.isFinite(value)) bad++;
    else [low, high] = [Math.min(low, value), Math.max(high, value)];
  });
  if (bad > 0)
    throw fault(
      "NOT_FINITE",
      `${name}: found ${counted(bad, "pixel")} that are NaN or infinite; expected numbers; fill them first, or leave them out by --image-mask`,
      { defect: "non-finite-values", count: bad },
    );
  if (low > high)
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: found no pixel that counts; expected an image; do --crop and --image-mask belong to it?`,
      { defect: "empty-mask" },
    );
  if (low === high)
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: found ${low} in every pixel; expected an image; is it the right file, or the right frame of it?`,
      { defect: "constant-image" },
    );
  return low;
}

/** The values as they rise with attenuation. */
function rising(
  {
    name,
    values,
    mask,
    radiograph,
  }: Pick<XRayImage, "name" | "radiograph"> & {
    readonly values: Float64Array;
    readonly mask: Uint8Array | undefined;
  },
  { image, air }: ImageChoice,
  session: Session,
): Float32Array | Float64Array {
  if (image === undefined && radiograph) {
    const { values: told, warnings } = risingValues({ ...radiograph, values });
    for (const warning of warnings) session.warn(warning);
    return told;
  }
  if (image === undefined || image === "attenuation") return values;
  const counting = mask ? values.filter((_, i) => mask[i] !== 0) : values;
  const largest = counting.reduce((a, b) => Math.max(a, b));
  if (image === "inverted") return values.map((value) => largest - value);
  if (!(largest > 0))
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: found no value above 0; expected intensities; leave out --image intensity if these are line integrals`,
      { defect: "no-signal" },
    );
  // What is not above 0 counts as the smallest intensity that is.
  const smallest = counting.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), largest);
  return toLineIntegral(values, { photonsPerPixel: air ?? largest, floor: smallest });
}

/** @throws INVALID_ARGUMENT (`contradictory-options`) */
export function checkImageOptions({ image, air }: ImageChoice): void {
  if (air !== undefined && image !== "intensity")
    throw fault("INVALID_ARGUMENT", "found --air without --image intensity; expected both; leave --air out", {
      defect: "contradictory-options",
    });
}

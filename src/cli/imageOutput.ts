import { extname } from "node:path";
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import type { Detector, Trajectory } from "../geometry/view.js";
import { geometryPath, writeImage, writeProjections } from "../io/index.js";
import { type DisplayPreset, displayWindow, greyImage } from "../report/index.js";
import type { Projections } from "../volume/grid.js";

/** A picture or an RT image for each view, or numbers of all views in one file. */
export type ImageFormat = "png" | "dcm" | "stack";

const STACKS = [".npy", ".nii", ".nii.gz", ".mha", ".nrrd", ".tif"];
const asked = (endings: readonly string[]) => `${endings.slice(0, -1).join(", ")} or ${endings.at(-1)}`;

/** The format that a file's ending asks for. @throws INVALID_ARGUMENT */
export function imageFormat(path: string): ImageFormat {
  const ending = extname(path.replace(/\.gz$/i, "")).toLowerCase();
  if (ending === ".png") return "png";
  if (ending === ".dcm") return "dcm";
  if (STACKS.includes(ending) || ending === ".tiff") return "stack";
  throw fault("INVALID_ARGUMENT", `--out must end in ${asked([".png", ".dcm", ...STACKS])}, not '${path}'`, {
    defect: "unknown-ending",
  });
}

/** As `imageFormat`, without pictures: numbers are asked for. @throws INVALID_ARGUMENT */
export function stackFormat(path: string): "stack" {
  const format = imageFormat(path);
  if (format !== "stack")
    throw fault("INVALID_ARGUMENT", `numbers are asked for, not a picture: --out must end in ${asked(STACKS)}`, {
      defect: "unknown-ending",
    });
  return format;
}

/** As `imageFormat`, pictures only. @throws INVALID_ARGUMENT */
export function pictureFormat(path: string): "png" {
  if (extname(path).toLowerCase() === ".png") return "png";
  throw fault("INVALID_ARGUMENT", `the picture is a PNG: --out must end in .png, not '${path}'`, {
    defect: "unknown-ending",
  });
}

/** "drr.png", "label3" -> "drr-label3.png" */
function withSuffix(path: string, suffix: string): string {
  const [ending] = /(\.nii\.gz|\.[^.]+)$/i.exec(path) ?? [""];
  return suffix === "" ? path : `${path.slice(0, path.length - ending.length)}-${suffix}${ending}`;
}

export interface PictureOptions {
  readonly preset?: DisplayPreset;
  readonly window?: readonly [number, number];
  readonly bits?: number;
  /** Of RT images: the machine's isocenter, RAS mm. */
  readonly isocenter?: Vec3;
}

/** Writes images as pictures or RT images (one file a view) or numbers (one file); resolves to the paths. */
export async function writeImages(
  path: string,
  images: readonly { readonly name: string; readonly projections: Projections }[],
  { detector, views }: Trajectory,
  options: PictureOptions,
): Promise<string[]> {
  const written: string[] = [];
  const pixels = detector.rows * detector.columns;
  for (const { name, projections } of images) {
    const format = imageFormat(path);
    if (format === "stack") {
      const target = withSuffix(path, name);
      await writeProjections(target, projections);
      written.push(target, geometryPath(target));
      continue;
    }
    for (let view = 0; view < views.length; view++) {
      const number = views.length > 1 ? String(view).padStart(String(views.length - 1).length, "0") : "";
      const target = withSuffix(path, [name, number].filter((part) => part !== "").join("-"));
      if (format === "dcm") {
        await writeImage(target, projections, { view, isocenter: options.isocenter, window: options.window });
        written.push(target);
        continue;
      }
      const values = projections.values.subarray(view * pixels, (view + 1) * pixels);
      await writePicture(target, values, detector, options);
      written.push(target);
    }
  }
  return written;
}

/** A PNG of line integrals: 8 bits as the preset shows them; 16 bits proportional to the value within the window. */
async function writePicture(
  path: string,
  values: ArrayLike<number>,
  { rows, columns }: Detector,
  options: PictureOptions,
): Promise<void> {
  const deep = options.bits === 16;
  const preset = options.preset ?? (deep ? "line-integral" : "radiograph");
  const window = options.window ? { low: options.window[0], high: options.window[1] } : displayWindow(values, preset);
  if (deep) return writeImage(path, { rows, columns, values }, { bits: 16, window: [window.low, window.high] });
  return writeImage(path, { rows, columns, values: greyImage(values, { preset, window }) }, { window: [0, 255] });
}

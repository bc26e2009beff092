import { encode } from "fast-png";
import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import { mse, psnr, ssim2d, ssim3d } from "../../metric/index.js";
import { difference, largestMagnitude, signedImage, sliceThreePlanes } from "../../report/index.js";
import type { Volume } from "../../volume/grid.js";
import { sameGrid } from "../../volume/index.js";
import { refuseNonFinite } from "../attenuated.js";
import { pictureFormat } from "../imageOutput.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import type { Session } from "../session.js";
import { readStackOrVolume, type StackOrVolume } from "../stackInput.js";
import { type AttenuationName, addAttenuationOption, attenuationOf, quantityOf } from "../volumeInput.js";

interface CompareOptions {
  readonly a: string;
  readonly truth: string;
  readonly peak?: number;
  readonly out?: string;
  readonly attenuation?: AttenuationName;
}

export const compare: Operation<CompareOptions> = {
  name: "compare",
  summary: "two volumes or two stacks of images: metrics and a picture of the difference",
  positional: ["a", "truth"],
  inputs: ({ a, truth }) => [a, truth],
  outputs: ({ out }) => given(out),
  configure: (command) =>
    addAttenuationOption(command, "none: a volume in HU compares with one in HU only")
      .argument("<a>", "volume or stack: .nii, .nii.gz, .npy or a DICOM folder")
      .argument("<truth>", "what it is compared with: same shape")
      .option("--peak <value>", "of PSNR and range of SSIM (default: the largest value of the truth)", parse.positive)
      .option("--out <file.png>", "picture of a - truth: blue below zero, red above"),
  announce: ({ a, truth }) => `${a} against ${truth}; seconds`,
  async execute(options, session) {
    if (options.out) pictureFormat(options.out);
    const a = converted(options.a, await readStackOrVolume(options.a, session), options, session);
    const truth = converted(options.truth, await readStackOrVolume(options.truth, session), options, session);
    if (a.kind !== truth.kind || a.shape.some((n, i) => n !== truth.shape[i]))
      throw fault(
        "SHAPE_MISMATCH",
        `both must have one shape: ${options.a} is a ${a.kind} of ${a.shape.join(" x ")}, ${options.truth} a ${truth.kind} of ${truth.shape.join(" x ")}; resample or crop one of them`,
        { defect: "shape-mismatch" },
      );
    refuseOtherQuantity(a, truth, options);
    if (a.volume && truth.volume && !sameGrid(a.volume.grid, truth.volume.grid))
      session.warn({
        defect: "grid-mismatch",
        message: "the two volumes lie at different places in the world: voxels are compared by index",
      });
    const range = options.peak !== undefined ? { peak: options.peak } : {};
    const ssimRange = options.peak !== undefined ? { range: options.peak } : {};
    let worst = 0;
    for (let i = 0; i < a.values.length; i++) worst = Math.max(worst, Math.abs(a.values[i] - truth.values[i]));
    const error = mse(a.values, truth.values);
    const results = {
      kind: a.kind,
      shape: a.shape,
      mse: error,
      rmse: Math.sqrt(error),
      largestDifference: worst,
      equal: worst === 0,
      // JSON has no infinity: equal arrays have none
      psnr: worst === 0 ? null : psnr(a.values, truth.values, range),
      ssim:
        a.kind === "volume"
          ? ssim3d(a.values, truth.values, { size: a.shape as [number, number, number], ...ssimRange })
          : meanSsim(a, truth, ssimRange),
    };
    const outputs: string[] = [];
    if (options.out) {
      await writeFileAtomically(options.out, differencePicture(a, truth));
      outputs.push(options.out);
    }
    return {
      results,
      outputs,
      summary: [
        `${a.kind} of ${a.shape.join(" x ")}`,
        `RMSE ${results.rmse.toPrecision(4)}, largest difference ${worst.toPrecision(4)}`,
        `PSNR ${results.psnr === null ? "infinite (equal)" : `${results.psnr.toFixed(2)} dB`}, SSIM ${results.ssim.toFixed(4)}`,
      ],
    };
  },
};

/** As read, or HU converted where --attenuation asks for it. @throws NOT_FINITE, INVALID_ARGUMENT */
function converted(path: string, read: StackOrVolume, options: CompareOptions, session: Session): StackOrVolume {
  refuseNonFinite(path, read.values);
  if (options.attenuation === undefined || options.attenuation === "none" || !read.volume) return read;
  const volume = attenuationOf(read.volume, options.attenuation, session.warn);
  return { ...read, volume, values: volume.values };
}

/** @throws INVALID_ARGUMENT (defect `quantity-mismatch`) if the two volumes mean different things */
function refuseOtherQuantity(a: StackOrVolume, truth: StackOrVolume, options: CompareOptions): void {
  if (!a.volume || !truth.volume) return;
  const [mine, theirs] = [quantityOf(a.volume), quantityOf(truth.volume)];
  if (mine === theirs || mine === "unknown" || theirs === "unknown") return;
  const convert = mine === "hounsfield" || theirs === "hounsfield";
  throw fault(
    "INVALID_ARGUMENT",
    `${options.a} holds ${mine}, ${options.truth} ${theirs}: ${convert ? "--attenuation two-slope (or linear, density) converts HU" : "convert one of them first"}`,
    { defect: "quantity-mismatch", quantities: [mine, theirs] },
  );
}

/** Mean SSIM over the images of two stacks. */
function meanSsim(a: StackOrVolume, truth: StackOrVolume, range: { readonly range?: number }): number {
  const [views, rows, columns] = a.shape;
  let sum = 0;
  for (let view = 0; view < views; view++) {
    const part = [view * rows * columns, (view + 1) * rows * columns] as const;
    sum += ssim2d(a.values.subarray(...part), truth.values.subarray(...part), { rows, columns, ...range });
  }
  return sum / views;
}

/** RGB PNG: the middle slices of volumes, or up to nine images of stacks, side by side. */
function differencePicture(a: StackOrVolume, truth: StackOrVolume): Uint8Array {
  const images =
    a.volume && truth.volume
      ? sliceThreePlanes({
          ...a.volume,
          quantity: "unknown",
          values: Float32Array.from(difference(a.values, truth.values)),
        } as Volume)
      : stackImages(a, truth);
  const limit = Math.max(...images.map((image) => largestMagnitude(image.values)));
  const rows = Math.max(...images.map((image) => image.rows));
  const gap = 4;
  const columns = images.reduce((sum, image) => sum + image.columns + gap, -gap);
  const pixels = new Uint8Array(3 * rows * columns).fill(255);
  let left = 0;
  for (const image of images) {
    const colors = signedImage(image.values, limit);
    for (let row = 0; row < image.rows; row++)
      pixels.set(colors.subarray(3 * row * image.columns, 3 * (row + 1) * image.columns), 3 * (row * columns + left));
    left += image.columns + gap;
  }
  return encode({ width: columns, height: rows, data: pixels, depth: 8, channels: 3 });
}

function stackImages(a: StackOrVolume, truth: StackOrVolume) {
  const [views, rows, columns] = a.shape;
  const shown = Math.min(views, 9);
  return Array.from({ length: shown }, (_, i) => {
    const view = Math.floor((i * views) / shown);
    const part = [view * rows * columns, (view + 1) * rows * columns] as const;
    return { rows, columns, values: difference(a.values.subarray(...part), truth.values.subarray(...part)) };
  });
}

import { basename } from "node:path";
import { fault } from "../../core/errors.js";
import { type Image, writeImage } from "../../io/index.js";
import { greyImage, sliceThreePlanes } from "../../report/index.js";
import type { Grid, Volume } from "../../volume/grid.js";
import { orientation, spacing } from "../../volume/index.js";
import type { Operation } from "../operation.js";
import * as parse from "../parse.js";
import { addVolumeOptions, readInput, type VolumeChoice } from "../volumeInput.js";

interface InspectOptions extends VolumeChoice {
  readonly file: string;
  readonly at?: readonly (readonly [number, number, number])[];
  readonly out?: string;
  readonly picture?: boolean;
}

/** Smallest and largest value, and how many are not finite. */
function rangeOf(values: Volume["values"]): { range: [number, number]; notFinite: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let notFinite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) notFinite++;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { range: [low, high], notFinite };
}

function valueAt(volume: Volume, [i, j, k]: readonly [number, number, number]): number {
  const [nx, ny, nz] = volume.grid.size;
  if (![i, j, k].every((index, axis) => Number.isInteger(index) && index >= 0 && index < volume.grid.size[axis]))
    throw fault("INVALID_ARGUMENT", `--at must be a voxel of ${nx} x ${ny} x ${nz} (from 0), not ${i},${j},${k}`, {
      defect: "out-of-range",
    });
  return volume.values[i + nx * (j + ny * k)];
}

const affineRows = ({ indexToWorld: m }: Grid) => [m.slice(0, 4), m.slice(4, 8), m.slice(8, 12), m.slice(12, 16)];

/** Three slices side by side on black, 8-bit grey. */
function threeSlices(volume: Volume): Image {
  const slices = sliceThreePlanes(volume);
  const gap = 8;
  const rows = Math.max(...slices.map((slice) => slice.rows));
  const columns = slices.reduce((sum, slice) => sum + slice.columns + gap, -gap);
  const pixels = new Uint8Array(rows * columns);
  let left = 0;
  for (const slice of slices) {
    const grey = greyImage(slice.values);
    const top = Math.floor((rows - slice.rows) / 2);
    for (let row = 0; row < slice.rows; row++)
      pixels.set(grey.subarray(row * slice.columns, (row + 1) * slice.columns), (top + row) * columns + left);
    left += slice.columns + gap;
  }
  return { rows, columns, values: pixels };
}

export const inspect: Operation<InspectOptions> = {
  name: "inspect",
  summary: "show a volume's grid, orientation, values and warnings, and draw three slices",
  positional: ["file"],
  configure: (command) =>
    addVolumeOptions(
      command
        .argument("<file>", "NIfTI file, folder of DICOM slices, or .npy")
        .option(
          "--at <i,j,k>",
          "print the value of this voxel, from 0 (may be repeated)",
          parse.repeat(parse.numbers(3, "three voxel indices such as 10,20,5")),
        )
        .option("--out <file.png>", "where the slices go (default: NAME.slices.png here; with --json: nowhere)")
        .option("--no-picture", "draw nothing"),
    ),
  announce: ({ file }) => `grid, orientation and values of ${file}; seconds`,
  async execute(options, session) {
    const volume = await readInput(options.file, options, session);
    const { range, notFinite } = rangeOf(volume.values);
    const warnings = [...volume.warnings];
    if (notFinite > 0) {
      const warning = { defect: "non-finite-values", message: `${notFinite} voxels are NaN or infinite` };
      warnings.push(warning);
      session.warn(warning);
    }
    const { grid } = volume;
    const results = {
      shape: [...grid.size],
      affine: affineRows(grid),
      type: volume.type,
      quantity: volume.quantity,
      range,
      warnings,
      format: volume.format,
      spacing: [...spacing(grid)],
      orientation: orientation(grid),
      ...(options.at && { values: options.at.map((index) => valueAt(volume, index)) }),
    };
    const json = process.argv.includes("--json");
    const picture = options.out ?? (json ? undefined : `${basename(options.file.replace(/[/\\]+$/, ""))}.slices.png`);
    const outputs: string[] = [];
    if (picture !== undefined && options.picture !== false) {
      await writeImage(picture, threeSlices(volume), { window: [0, 255] });
      outputs.push(picture);
    }
    return {
      results,
      inputs: [options.file],
      outputs,
      summary: [
        `${volume.format}, ${volume.type}: ${grid.size.join(" x ")} voxels of ${results.spacing.map((s) => +s.toFixed(4)).join(" x ")} mm`,
        `axes run towards ${results.orientation} (R right, A anterior, S superior)`,
        `${volume.quantity}, values ${range[0]} to ${range[1]}`,
        ...(options.at ?? []).map((index, i) => `voxel ${index.join(",")}: ${results.values?.[i]}`),
        `affine (voxel index to RAS mm): ${JSON.stringify(results.affine)}`,
      ],
    };
  },
};

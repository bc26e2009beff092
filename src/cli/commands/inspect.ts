import { basename } from "node:path";
import { fault, isTomogradError, type Warning } from "../../core/errors.js";
import { type Image, readRadiograph, writeImage } from "../../io/index.js";
import { isUnoriented } from "../../io/orientation.js";
import type { VolumeFile } from "../../io/types.js";
import { greyImage, sliceThreePlanes } from "../../report/index.js";
import type { Grid, Volume } from "../../volume/grid.js";
import { orientation, spacing } from "../../volume/index.js";
import { isNoVolume, radiographLines, readStoredImage, type StoredImage } from "../dicomImage.js";
import { pictureFormat } from "../imageOutput.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import type { Session } from "../session.js";
import { factsOf, histogramLine, suspicions } from "../volumeFacts.js";
import { addVolumeOptions, readInput, type VolumeChoice } from "../volumeInput.js";

interface InspectOptions extends VolumeChoice {
  readonly file: string;
  readonly at?: readonly (readonly number[])[];
  readonly out?: string;
  readonly picture?: boolean;
}

/** A voxel, or one of the fourth axis. */
type VoxelIndex = readonly number[];

/**
 * The values at `--at`: a number for each voxel; of a file of several volumes, of which none was chosen, a list with one
 * for each volume, or a number where the voxel has a fourth index.
 */
async function valuesAt(
  indices: readonly VoxelIndex[],
  volume: VolumeFile,
  read: (frame: number) => Promise<VolumeFile>,
  several: boolean,
): Promise<(number | number[])[]> {
  const { size } = volume.grid;
  const shape = several ? [...size, volume.frames] : size;
  for (const index of indices)
    if (index.length > shape.length || !index.every((at, axis) => Number.isInteger(at) && at >= 0 && at < shape[axis]))
      throw fault("INVALID_ARGUMENT", `--at must be a voxel of ${shape.join(" x ")} (from 0), not ${index}`, {
        defect: "out-of-range",
      });
  const valueAt = ({ values }: Volume, [i, j, k]: VoxelIndex) => values[i + size[0] * (j + size[1] * k)];
  if (!several) return indices.map((index) => valueAt(volume, index));
  const lists: number[][] = indices.map(() => []);
  for (let frame = 0; frame < volume.frames; frame++) {
    const one = frame === 0 ? volume : await read(frame);
    indices.forEach((index, n) => void lists[n].push(valueAt(one, index)));
  }
  return lists.map((list, n) => (indices[n].length === 4 ? list[indices[n][3]] : list));
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

/** Draws pictures; a folder that takes none is warned of where nobody named it. Resolves to what was written. */
async function written(
  paths: readonly string[],
  draw: (path: string) => Promise<void>,
  unasked: boolean,
  session: Session,
): Promise<readonly string[]> {
  try {
    for (const path of paths) await draw(path);
    return paths;
  } catch (error) {
    if (!unasked || !isTomogradError(error, "WRITE_FAILED")) throw error;
    session.warn({ defect: "not-writable", message: `no picture: ${error.message} (--out names another place)` });
    return [];
  }
}

/** What is known of a DICOM image that makes no volume. */
function imageAlone({ facts, range, radiograph, warnings }: StoredImage, warning: Warning, outputs: readonly string[]) {
  const { frames, rows, columns, storedType } = facts;
  return {
    results: {
      shape: [columns, rows, frames],
      affine: null,
      type: storedType,
      quantity: "unknown",
      range,
      warnings: [warning, ...warnings],
      ...facts,
      ...(radiograph && { radiograph }),
    },
    outputs: [...outputs],
    summary: [
      `dicom, ${storedType}: ${frames} ${frames === 1 ? "frame" : "frames"} of ${columns} x ${rows} pixels, stored values ${range ? range.join(" to ") : "all NaN"}`,
      ...(radiograph ? radiographLines(radiograph) : []),
    ],
  };
}

/** Draws the first frame of a radiograph, bone bright where the file says so. */
async function drawRadiograph(file: string, path: string): Promise<void> {
  const { rows, columns, values } = await readRadiograph(file);
  await writeImage(path, { rows, columns, values: values.subarray(0, rows * columns) });
}

const defaultPicture = (file: string) => `${basename(file.replace(/[/\\]+$/, ""))}.slices.png`;

export const inspect: Operation<InspectOptions> = {
  name: "inspect",
  summary: "show a volume's grid, orientation, values and warnings, and draw three slices",
  positional: ["file"],
  inputs: ({ file }) => [file],
  outputs: ({ out }) => given(out),
  configure: (command) =>
    addVolumeOptions(
      command
        .argument("<file>", "a file or folder of any format that tomograd knows, recognized by its content")
        .option(
          "--at <i,j,k>",
          "print the value of this voxel, from 0 (may be repeated); of several volumes a list, or one with i,j,k,t",
          parse.repeat(parse.voxel),
        )
        .option("--out <file.png>", "where the slices go (default: NAME.slices.png here; with --json: nowhere)")
        .option("--no-picture", "draw nothing"),
    ),
  announce: ({ file }) => `grid, orientation and values of ${file}; seconds`,
  async execute(options, session) {
    if (options.out) pictureFormat(options.out);
    const stored = await readStoredImage(options.file, session.signal);
    const volume = await readInput(options.file, options, session).catch((error: unknown) => {
      if (!stored || options.at || !isNoVolume(error)) throw error;
      return { defect: "not-a-volume", message: error.message };
    });
    const picture = options.out ?? (session.json ? undefined : defaultPicture(options.file));
    const outputs = options.picture === false ? [] : given(picture);
    if ("defect" in volume) {
      for (const warning of [volume, ...stored!.warnings]) session.warn(warning);
      const draw = (path: string) => drawRadiograph(options.file, path);
      const drawn = await written(stored!.radiograph ? outputs : [], draw, !options.out, session);
      return imageAlone(stored!, volume, drawn);
    }
    const { grid, quantity, type } = volume;
    const mm = spacing(grid);
    const facts = factsOf(volume);
    const suspicious = suspicions(volume, facts, volume.warnings);
    for (const warning of suspicious) session.warn(warning);
    const several = volume.frames > 1 && options.frame === undefined;
    const read = (frame: number) => readInput(options.file, { ...options, frame }, { ...session, warn: () => {} });
    const values = options.at && (await valuesAt(options.at, volume, read, several));
    const draw = (path: string) => writeImage(path, threeSlices(volume), { window: [0, 255] });
    const drawn = await written(outputs, draw, !options.out, session);
    const affine = affineRows(grid);
    return {
      results: {
        shape: several ? [...grid.size, volume.frames] : [...grid.size],
        affine,
        spacing: [...mm],
        orientation: orientation(grid),
        type,
        quantity,
        range: facts.range,
        histogram: facts.histogram,
        warnings: [...volume.warnings, ...suspicious],
        ...(values && { values }),
        ...stored?.facts,
        ...(stored?.radiograph && { radiograph: stored.radiograph }),
      },
      outputs: drawn,
      summary: [
        `${volume.format}, ${type}: ${volume.frames > 1 ? `${volume.frames} volumes of ` : ""}${grid.size.join(" x ")} voxels of ${mm.map((s) => +s.toFixed(4)).join(" x ")} mm`,
        `axes ${isUnoriented(volume) ? "are not said to run anywhere; they are taken as" : "run towards"} ${orientation(grid)} (R right, A anterior, S superior)`,
        `${quantity}, values ${facts.range ? facts.range.join(" to ") : "all NaN or infinite"}`,
        ...(facts.histogram ? [histogramLine(facts.histogram)] : []),
        ...(options.at ?? []).map((index, i) => `voxel ${index.join(",")}: ${[values?.[i]].flat().join(", ")}`),
        ...(stored?.radiograph ? radiographLines(stored.radiograph) : []),
        "affine (voxel index to RAS mm):",
        ...affine.map((row) => `  ${row.map((m) => String(+m.toPrecision(8)).padStart(12)).join("")}`),
      ],
    };
  },
};

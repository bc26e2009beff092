import { basename } from "node:path";
import { fault, type Warning } from "../../core/errors.js";
import { type Image, readRadiograph, writeImage } from "../../io/index.js";
import { greyImage, sliceThreePlanes } from "../../report/index.js";
import type { Grid, Volume } from "../../volume/grid.js";
import { orientation, spacing } from "../../volume/index.js";
import { isNoVolume, radiographLines, readStoredImage, type StoredImage } from "../dicomImage.js";
import { pictureFormat } from "../imageOutput.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import { addVolumeOptions, readInput, type VolumeChoice } from "../volumeInput.js";

interface InspectOptions extends VolumeChoice {
  readonly file: string;
  readonly at?: readonly (readonly [number, number, number])[];
  readonly out?: string;
  readonly picture?: boolean;
}

/** What is looked for in the values. */
interface Facts {
  /** Smallest and largest finite value; null if there is none. */
  readonly range: readonly [number, number] | null;
  /** Voxels below the 12-bit floor of CT scanners. */
  readonly padding: number;
}

/** HU below which no scanner reconstructs. */
const CT_FLOOR = -1024;

function factsOf(values: Volume["values"]): Facts {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let padding = 0;
  // An iterator would take five times as long.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    if (value < CT_FLOOR) padding++;
  }
  return { range: low <= high ? [low, high] : null, padding };
}

/** Spacings whose ratio is larger make details along one axis coarse. */
const ANISOTROPY = 5;

/** What is legal, but often a mistake or in the way. */
function suspicions({ range }: Facts, mm: readonly number[]): Warning[] {
  const found: Warning[] = [];
  const ratio = Math.max(...mm) / Math.min(...mm);
  if (ratio > ANISOTROPY)
    found.push({
      defect: "anisotropic-voxels",
      message: `voxels are ${ratio.toPrecision(2)} times longer along one axis than along another`,
    });
  if (range && range[0] === range[1]) found.push({ defect: "constant-values", message: `all voxels are ${range[0]}` });
  return found;
}

function valueAt(volume: Volume, [i, j, k]: readonly [number, number, number]): number {
  const [nx, ny, nz] = volume.grid.size;
  if (![i, j, k].every((index, axis) => Number.isInteger(index) && index >= 0 && index < volume.grid.size[axis]))
    throw fault("INVALID_ARGUMENT", `--at must be a voxel of ${nx} x ${ny} x ${nz} (from 0), not ${i},${j},${k}`, {
      defect: "out-of-range",
    });
  return volume.values[i + nx * (j + ny * k)];
}

const percent = (part: number, all: number) => `${((100 * part) / all).toPrecision(2)} %`;

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
      const drawn = stored!.radiograph ? outputs : [];
      for (const path of drawn) await drawRadiograph(options.file, path);
      return imageAlone(stored!, volume, drawn);
    }
    const { grid, quantity, type } = volume;
    const mm = spacing(grid);
    const facts = factsOf(volume.values);
    const suspicious = suspicions(facts, mm);
    for (const warning of suspicious) session.warn(warning);
    const values = options.at?.map((index) => valueAt(volume, index));
    for (const path of outputs) await writeImage(path, threeSlices(volume), { window: [0, 255] });
    const affine = affineRows(grid);
    return {
      results: {
        shape: [...grid.size],
        affine,
        type,
        quantity,
        range: facts.range,
        warnings: [...volume.warnings, ...suspicious],
        ...(values && { values }),
        ...stored?.facts,
        ...(stored?.radiograph && { radiograph: stored.radiograph }),
      },
      outputs,
      summary: [
        `${volume.format}, ${type}: ${grid.size.join(" x ")} voxels of ${mm.map((s) => +s.toFixed(4)).join(" x ")} mm`,
        `axes run towards ${orientation(grid)} (R right, A anterior, S superior)`,
        `${quantity}, values ${facts.range ? facts.range.join(" to ") : "all NaN or infinite"}`,
        ...(quantity === "hounsfield" && facts.padding > 0
          ? [
              `${percent(facts.padding, volume.values.length)} of the voxels are padding (below ${CT_FLOOR} HU); rendering takes them for air`,
            ]
          : []),
        ...(options.at ?? []).map((index, i) => `voxel ${index.join(",")}: ${values?.[i]}`),
        ...(stored?.radiograph ? radiographLines(stored.radiograph) : []),
        "affine (voxel index to RAS mm):",
        ...affine.map((row) => `  ${row.map((m) => String(+m.toPrecision(8)).padStart(12)).join("")}`),
      ],
    };
  },
};

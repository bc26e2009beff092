/** What voxels mean, and what rays make of them. */
import type { Volume } from "tomograd";
import { clampPadding, hounsfieldToAttenuation } from "tomograd/physics";
import type { Quantity } from "tomograd/volume";
import type { Note } from "./protocol";

/** HU: a volume of unknown meaning that goes below holds air; nothing but HU goes there. */
const AIR_LIKE = -500;

/** Smallest and largest value, and how many are neither (NaN, infinite). */
export function extent(values: ArrayLike<number>): { low: number; high: number; bad: number } {
  let [low, high, bad] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) bad++;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low, high, bad };
}

/** The quantity that a file says or, where it is silent, the air in it; with a note where it was guessed. */
export function meaningOf(quantity: Quantity, low: number): { readonly quantity: Quantity; readonly notes: Note[] } {
  if (quantity !== "unknown") return { quantity, notes: [] };
  if (low <= AIR_LIKE)
    return {
      quantity: "hounsfield",
      notes: [
        {
          defect: "assumed-hounsfield",
          message: `The file does not say what its voxels mean. With a smallest value of ${low} they are taken for HU.`,
        },
      ],
    };
  return {
    quantity,
    notes: [
      {
        defect: "unknown-quantity",
        message:
          "The file does not say what its voxels mean, and holds no air: they are summed as they are. Say under “Values are” if they are HU or 1/mm.",
      },
    ],
  };
}

const LABELS: Note = {
  defect: "labels-for-values",
  message: "These are labels: rays sum their numbers. To see them over a scan, open that, and this file as its labels.",
};

/** What rays integrate: HU become 1/mm (two slopes: water, bone), all else is taken as it is. */
export function attenuationOf(volume: Volume): { readonly volume: Volume; readonly notes: readonly Note[] } {
  if (volume.quantity === "label") return { volume: { ...volume, quantity: "unknown" }, notes: [LABELS] };
  if (volume.quantity !== "hounsfield") return { volume, notes: [] };
  const clamped = clampPadding(volume);
  return { volume: hounsfieldToAttenuation(clamped.volume), notes: clamped.warnings };
}

import { fault, type Warning } from "../core/errors.js";
import { counted } from "../core/words.js";
import type { Volume } from "../volume/grid.js";
import { type AttenuationName, attenuationOf } from "./volumeInput.js";

/** Refuses numbers that no ray can sum. @throws NOT_FINITE (defect `non-finite-values`) */
export function refuseNonFinite(path: string, values: ArrayLike<number>): void {
  let bad = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) bad++;
  if (bad === 0) return;
  throw fault(
    "NOT_FINITE",
    `${path} holds ${counted(bad, "value")} of ${values.length} that cannot be summed (NaN or infinite): replace them first`,
    { defect: "non-finite-values", count: bad },
  );
}

/**
 * A volume as the rays integrate it. `model`: --attenuation as it was given, if it was.
 * @throws NOT_FINITE (defect `non-finite-values`), INVALID_ARGUMENT if a model is asked for where there are no HU
 */
export function attenuated(
  path: string,
  volume: Volume,
  model: AttenuationName | undefined,
  warn: (warning: Warning) => void,
): Volume {
  refuseNonFinite(path, volume.values);
  const result = attenuationOf(volume, model ?? "two-slope", warn);
  if (model !== undefined && model !== "none" && result === volume)
    throw fault(
      "INVALID_ARGUMENT",
      `--attenuation ${model} converts HU, but ${path} holds ${volume.quantity === "unknown" ? "numbers of unknown meaning: --quantity hounsfield says that they are HU" : `${volume.quantity}: leave it out`}`,
      { defect: "contradictory-options" },
    );
  return result;
}

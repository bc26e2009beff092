/** What is said where memory is short or the GPU is gone. */
import { isTomogradError } from "tomograd";
import type { FallbackEvent } from "tomograd/reconstruction";
import type { CallKind, Failure } from "./protocol";

const SMALLER_SCAN = "Open a smaller one: “npx tomograd convert” with --spacing makes its voxels larger.";
/** What takes less memory. */
const LESS: Partial<Record<CallKind, string>> = {
  open: SMALLER_SCAN,
  openLabels: SMALLER_SCAN,
  labelShadow: SMALLER_SCAN,
  start: SMALLER_SCAN,
  render: "Take fewer pixels of the detector, under Look.",
  simulate: "Take fewer views or pixels.",
  reconstruct: "Take fewer voxels per side, or a method that holds less: FDK, OS-SQS.",
  register: "Take an X-ray of fewer pixels.",
};

/** The failure of a call for want of memory, with what to do; undefined where it failed of something else. */
export function noMemory(error: unknown, kind: CallKind): Failure | undefined {
  const told = isTomogradError(error, "OUT_OF_MEMORY") || isTomogradError(error, "TOO_LARGE");
  const refused = error instanceof RangeError && /allocation|array length|out of memory/i.test(error.message);
  if (!told && !refused) return undefined;
  const advice = LESS[kind] ?? "Take less at once.";
  const detail = error.message.replace(/[;:] (dispose of|raise) .*$/, "");
  return { code: "OUT_OF_MEMORY", message: `There is not enough memory: ${detail}. ${advice} Or close other pages.` };
}

/** The notice that the processor goes on where the GPU has failed. */
export function takeoverWords({ error, backend, iteration }: FallbackEvent): Failure {
  const why = error.code === "OUT_OF_MEMORY" ? "The GPU has no memory left for this" : "The GPU was lost";
  const from = iteration > 0 ? `, from iteration ${iteration}` : "";
  const goesOn = backend.name === "wasm" ? "the processor goes on" : "float64 goes on, slowly";
  return { code: error.code, message: `${why}: ${goesOn}${from}. Nothing that is open was lost.` };
}

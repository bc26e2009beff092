import { placeInWords } from "./planes";
import { drr, drrIsExact } from "./state/drr";
import { crosshair, patient } from "./state/patient";
import { beam } from "./state/pose";
import { backend, backendAsked, startBackend, task } from "./state/status";
import type { BackendChoice } from "./worker/protocol";

const CHOICES: readonly (readonly [BackendChoice["prefer"], string])[] = [
  ["auto", "automatic"],
  ["webgpu", "GPU (WebGPU)"],
  ["wasm", "CPU (WebAssembly)"],
  ["reference", "CPU, float64 (slow)"],
];

const ISOLATED = "The page is cross-origin isolated: threads may share memory.";
const NOT_ISOLATED =
  "The page is not cross-origin isolated, so that the processor has one thread: its host sends no headers for it, and the browser let no service worker add them. “npx tomograd studio” sends them.";

/** What computes and why, whether threads may share memory, and what was rendered last. */
export function StatusBar() {
  const runs = backend.value;
  const image = drr.value;
  return (
    <footer class="status">
      {runs && (
        <>
          <button
            type="button"
            class={`lamp ${runs.threads > 1 || runs.name === "webgpu" ? "good" : "slow"}`}
            title="What computes, and why"
            popovertarget="computes"
          >
            {runs.about}
          </button>
          <div id="computes" class="note" popover="auto">
            <h2>What computes</h2>
            <p>{runs.about}.</p>
            <p>{runs.isolated ? ISOLATED : NOT_ISOLATED}</p>
          </div>
          <span>{runs.isolated ? "cross-origin isolated" : "not cross-origin isolated: one thread"}</span>
          <label>
            Compute on{" "}
            <select
              value={backendAsked.value}
              disabled={task.value !== undefined}
              onChange={({ currentTarget }) =>
                void startBackend({ prefer: currentTarget.value as BackendChoice["prefer"] })
              }
            >
              {CHOICES.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
      <span class="gap" />
      {patient.value && <span class="more">{placeInWords(crosshair.value)} mm</span>}
      {image && "view" in beam.value && (
        <span class="more">
          X-ray, {drrIsExact.value ? "exact" : "coarse"}: {image.columns} × {image.rows} in{" "}
          {Math.max(1, Math.round(image.milliseconds))} ms
        </span>
      )}
    </footer>
  );
}

import { placeInWords } from "./planes";
import { drr, drrIsExact } from "./state/drr";
import { crosshair, patient } from "./state/patient";
import { backend, backendAsked, startBackend, task } from "./state/status";
import type { BackendChoice } from "./worker/protocol";

const CHOICES: readonly (readonly [BackendChoice["prefer"], string])[] = [
  ["auto", "automatic"],
  ["webgpu", "GPU (WebGPU)"],
  ["wasm", "CPU (WebAssembly)"],
  ["reference", "CPU, float64 (slow)"],
];

/** What computes and why, whether threads may share memory, and what was rendered last. */
export function StatusBar() {
  const runs = backend.value;
  const image = drr.value;
  return (
    <footer class="status">
      {runs && (
        <>
          <span class={`lamp ${runs.threads > 1 || runs.name === "webgpu" ? "good" : "slow"}`} title={runs.about}>
            {runs.about}
          </span>
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
      {patient.value && <span class="place">{placeInWords(crosshair.value)} mm</span>}
      {image && (
        <span>
          X-ray, {drrIsExact.value ? "exact" : "coarse"}: {image.columns} × {image.rows} in{" "}
          {Math.max(1, Math.round(image.milliseconds))} ms
        </span>
      )}
    </footer>
  );
}

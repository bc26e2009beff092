import { capital } from "../capital";
import { Choice } from "../controls/Choice";
import { Curves } from "../controls/Curves";
import { NumberField } from "../controls/NumberField";
import { Select } from "../controls/Select";
import { radiographed, sliced } from "../state/display";
import { patient } from "../state/patient";
import {
  cancel,
  hold,
  methodAsked,
  paused,
  profile,
  profileAxis,
  reconstruct,
  reconstruction,
  running,
  scan,
  scanAsked,
  simulate,
  steps,
} from "../state/reconstruction";
import { ScanImage } from "../views/ScanImage";
import { METHOD_NAMES, type MethodName, type ScanRequest, TRAJECTORIES, type TrajectoryName } from "../worker/protocol";
import { Tour } from "./Tour";

const TRAJECTORY_WORDS: Readonly<Record<TrajectoryName, string>> = {
  circular: "Circular, 360°",
  "short-scan": "Short scan",
  helical: "Helical, 3 turns",
  random: "Random directions",
};
const METHOD_WORDS: Readonly<Record<MethodName, string>> = {
  auto: "Automatic",
  fdk: "FDK (filtered backprojection)",
  "auto-tv": "Total variation, automatic weight",
  "os-sqs": "OS-SQS (large volumes)",
  "fista-tv": "FISTA, total variation",
  "asd-pocs": "ASD-POCS",
  "os-sart": "OS-SART",
  sart: "SART",
  sirt: "SIRT",
  cgls: "CGLS",
  tikhonov: "Tikhonov",
  mlem: "MLEM",
  fit: "Adam, through the renderer",
};

/** Simulate a scan of the volume, reconstruct it, and compare. */
export function ReconstructPanel() {
  if (!patient.value) return <p class="hint empty">Open a scan first.</p>;
  return (
    <>
      <Tour />
      <ScanSection />
      <MethodSection />
      <ShownSection />
      <ComparisonSection />
    </>
  );
}

function ScanSection() {
  const { trajectory, views, rows, sid, sdd, photons } = scanAsked.value;
  const set = (change: Partial<ScanRequest>) => {
    scanAsked.value = { ...scanAsked.value, ...change };
  };
  const { photons: _, ...silent } = scanAsked.value;
  return (
    <section>
      <h3>Scan</h3>
      <Select
        label="Trajectory"
        value={trajectory}
        options={TRAJECTORIES.map((value) => ({ value, text: TRAJECTORY_WORDS[value] }))}
        onChange={(value) => set({ trajectory: value })}
      />
      <NumberField
        label="Views"
        value={views}
        min={1}
        max={720}
        step={1}
        onChange={(n) => set({ views: Math.round(n) })}
      />
      <div class="three">
        <NumberField
          label="Pixels"
          hint="Along each side of the detector; their size makes the volume fit"
          value={rows}
          min={16}
          max={1024}
          step={16}
          slider={false}
          onChange={(n) => set({ rows: Math.round(n), columns: Math.round(n) })}
        />
        <NumberField
          label="SID, mm"
          hint="Source to isocenter"
          value={sid}
          min={300}
          max={1500}
          step={5}
          slider={false}
          onChange={(value) => set({ sid: value, sdd: Math.max(sdd, value + 10) })}
        />
        <NumberField
          label="SDD, mm"
          hint="Source to detector"
          value={sdd}
          min={310}
          max={2000}
          step={5}
          slider={false}
          onChange={(value) => set({ sdd: value, sid: Math.min(sid, value - 10) })}
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={photons !== undefined}
          onChange={({ currentTarget }) => {
            scanAsked.value = currentTarget.checked ? { ...silent, photons: 1e5 } : silent;
          }}
        />
        Photon noise
      </label>
      {photons !== undefined && (
        <NumberField
          label="Photons per pixel, I₀"
          hint="Without the patient"
          value={photons}
          min={10}
          max={1e8}
          step={1000}
          slider={false}
          onChange={(value) => set({ photons: value })}
        />
      )}
      <div class="buttons">
        <button type="button" class="primary" disabled={running.value !== undefined} onClick={() => void simulate()}>
          Simulate
        </button>
        {running.value === "simulate" && (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
      {scan.value && (
        <>
          <ScanImage />
          <p class="hint">
            {capital(scan.value.about)}; pixels of {scan.value.pixel} mm; {(scan.value.milliseconds / 1000).toFixed(1)}{" "}
            s.
          </p>
        </>
      )}
    </section>
  );
}

function MethodSection() {
  const { method, size, iterations } = methodAsked.value;
  const { iterations: _, ...byItself } = methodAsked.value;
  const busy = running.value === "reconstruct";
  return (
    <section>
      <h3>Reconstruction</h3>
      <Select
        label="Method"
        value={method}
        options={METHOD_NAMES.map((value) => ({ value, text: METHOD_WORDS[value] }))}
        onChange={(value) => {
          methodAsked.value = { ...methodAsked.value, method: value };
        }}
      />
      <NumberField
        label="Voxels per side"
        hint="Cubic voxels, as many along the longest side of the volume"
        value={size}
        min={8}
        max={512}
        step={8}
        slider={false}
        onChange={(value) => {
          methodAsked.value = { ...methodAsked.value, size: Math.round(value) };
        }}
      />
      {method !== "fdk" && method !== "auto" && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={iterations === undefined}
              onChange={({ currentTarget }) => {
                methodAsked.value = currentTarget.checked ? byItself : { ...byItself, iterations: 20 };
              }}
            />
            Iterations chosen by the method
          </label>
          {iterations !== undefined && (
            <NumberField
              label="Iterations"
              value={iterations}
              min={1}
              max={5000}
              step={1}
              slider={false}
              onChange={(value) => {
                methodAsked.value = { ...methodAsked.value, iterations: Math.round(value) };
              }}
            />
          )}
        </>
      )}
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={!scan.value || running.value !== undefined}
          onClick={() => void reconstruct()}
        >
          Reconstruct
        </button>
        {busy && (
          <>
            <button type="button" aria-pressed={paused.value} onClick={() => void hold(!paused.value)}>
              {paused.value ? "Resume" : "Pause"}
            </button>
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          </>
        )}
      </div>
      {!scan.value && <p class="hint">Simulate a scan first.</p>}
      <Progress />
    </section>
  );
}

/** How far the run is, and its curves. */
function Progress() {
  const now = steps.value.at(-1);
  if (!now) return null;
  const under = running.value === "reconstruct";
  const cancelled = !under && reconstruction.value?.stopped === "aborted";
  const costs = steps.value.filter(({ value }) => value !== undefined && Number.isFinite(value));
  const residuals = steps.value.filter(({ residual }) => residual !== undefined && Number.isFinite(residual));
  const x = (list: typeof costs) => list.map(({ iteration }) => iteration + 1);
  return (
    <>
      <p class="hint">
        {cancelled ? "Cancelled at iteration" : "Iteration"} {now.iteration + 1} of {now.iterations}
        {under && paused.value ? ", paused" : ""}
      </p>
      <Curves
        label="Cost"
        logarithmic
        xUnit="iterations"
        curves={[{ name: "cost", x: x(costs), y: costs.map(({ value }) => value ?? 0), color: "var(--accent)" }]}
      />
      <Curves
        label="RMS residual"
        logarithmic
        xUnit="iterations"
        curves={[
          {
            name: "residual",
            x: x(residuals),
            y: residuals.map(({ residual }) => residual ?? 0),
            color: "var(--good)",
          },
        ]}
      />
    </>
  );
}

function ShownSection() {
  if (!reconstruction.value && steps.value.length === 0) return null;
  return (
    <section>
      <h3>Display</h3>
      <Choice
        label="Slices"
        value={sliced.value}
        options={[
          { value: "volume", text: "Truth" },
          { value: "reconstruction", text: "Reconstruction" },
          { value: "difference", text: "Difference", hint: "Reconstruction minus truth; mid-grey is equal" },
        ]}
        onChange={(value) => {
          sliced.value = value;
        }}
      />
      <Choice
        label="X-ray"
        value={radiographed.value}
        options={[
          { value: "volume", text: "Truth" },
          { value: "reconstruction", text: "Reconstruction" },
        ]}
        onChange={(value) => {
          radiographed.value = value;
        }}
      />
    </section>
  );
}

function ComparisonSection() {
  const done = reconstruction.value;
  if (!done) return null;
  const unit = patient.value?.quantity === "hounsfield" ? "HU" : "";
  const line = profile.value;
  return (
    <section>
      <h3>Comparison with the truth</h3>
      <dl class="facts" data-testid="figures">
        <dt>Method</dt>
        <dd title={done.why}>{METHOD_WORDS[done.method]}</dd>
        <dt>Voxels</dt>
        <dd>
          {done.grid.size.join(" × ")} of {done.grid.spacing} mm
        </dd>
        <dt>PSNR</dt>
        <dd>{done.psnr.toFixed(2)} dB</dd>
        <dt>SSIM</dt>
        <dd>{done.ssim.toFixed(4)}</dd>
        <dt>RMS error</dt>
        <dd>
          {unit === "HU" ? done.rmse.toFixed(1) : done.rmse.toPrecision(3)} {unit}
        </dd>
        <dt>Time</dt>
        <dd>{(done.milliseconds / 1000).toFixed(1)} s</dd>
      </dl>
      {done.stopped === "aborted" && <p class="hint">Cancelled: this is what was done until then.</p>}
      {done.notes.length > 0 && (
        <ul class="notes">
          {done.notes.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      <Choice
        label="Profile through the crosshair"
        value={String(profileAxis.value) as "0" | "1" | "2"}
        options={[
          { value: "0", text: "L–R" },
          { value: "1", text: "A–P" },
          { value: "2", text: "S–I" },
        ]}
        onChange={(value) => {
          profileAxis.value = Number(value) as 0 | 1 | 2;
        }}
      />
      {line && (
        <Curves
          label="Profile"
          xUnit="mm"
          yUnit={unit}
          curves={[
            { name: "truth", x: line.positions, y: line.truth, color: "var(--slow)" },
            { name: "reconstruction", x: line.positions, y: line.reconstruction, color: "var(--accent)" },
          ]}
        />
      )}
    </section>
  );
}

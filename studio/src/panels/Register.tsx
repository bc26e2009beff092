import { capital } from "../capital";
import { Choice } from "../controls/Choice";
import { Curves } from "../controls/Curves";
import { NumberField } from "../controls/NumberField";
import { patient } from "../state/patient";
import { shownAngles, steer } from "../state/pose";
import {
  dropXRay,
  hideXRay,
  openXRay,
  overlay,
  register,
  registering,
  registration,
  registrationCancelled,
  rereadXRay,
  rounds,
  search,
  xray,
} from "../state/registration";
import { task } from "../state/status";
import { angleWords } from "../views/DrrView";
import { OVERLAYS } from "../worker/painting";
import { MEANINGS, type Meaning, type RegistrationRound } from "../worker/protocol";

const MEANING_WORDS: Readonly<Record<Meaning, string>> = {
  attenuation: "Bone bright",
  inverted: "Bone dark",
  intensity: "Intensities",
};

/** Find where an X-ray was taken from. */
export function RegisterPanel() {
  if (!patient.value) return <p class="hint empty">Open a scan first.</p>;
  return (
    <>
      <XRaySection />
      {xray.value && (
        <>
          <StartSection />
          <ResultSection />
        </>
      )}
    </>
  );
}

function XRaySection() {
  const measured = xray.value;
  return (
    <section>
      <h3>X-ray</h3>
      <p class="hint">
        Find the pose of an X-ray of this patient (DICOM, PNG, TIFF or JPEG), or try it with a simulated one whose pose
        is hidden.
      </p>
      <div class="buttons">
        <label class="button">
          Open X-ray…
          <input
            type="file"
            class="visually-hidden"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              if (file) void openXRay(file);
              currentTarget.value = "";
            }}
          />
        </label>
        <button type="button" onClick={() => void hideXRay()}>
          Hidden pose
        </button>
        {measured && (
          <button type="button" onClick={dropXRay}>
            Close
          </button>
        )}
      </div>
      {measured && (
        <>
          <p class="hint">
            {measured.name}, {measured.columns} × {measured.rows} pixels
          </p>
          {measured.file && (
            <>
              <Choice
                label="Pixel values"
                value={measured.file.meaning}
                options={MEANINGS.map((value) => ({ value, text: MEANING_WORDS[value] }))}
                onChange={(value) => void rereadXRay(value)}
              />
              {measured.file.pixel === undefined && (
                <p class="hint">The file does not say how large its pixels are: set the pitch under Look.</p>
              )}
              {measured.file.notes.length > 0 && (
                <ul class="notes">
                  {measured.file.notes.map(({ message }) => (
                    <li key={message}>{message}</li>
                  ))}
                </ul>
              )}
            </>
          )}
          <Choice
            label="Overlay"
            value={overlay.value}
            options={OVERLAYS.map((value) => ({ value, text: value === "X-ray" ? value : capital(value) }))}
            onChange={(value) => {
              overlay.value = value;
            }}
          />
        </>
      )}
    </section>
  );
}

function StartSection() {
  const { rotationDeg, translation } = search.value;
  return (
    <section>
      <h3>Start and search range</h3>
      <p class="hint">
        The search starts at the present pose of the C‑arm: drag the X-ray, or type angles under Look, until it roughly
        fits.
      </p>
      <div class="three">
        <NumberField
          label="Rotation, ±°"
          value={rotationDeg}
          min={1}
          max={90}
          step={1}
          slider={false}
          onChange={(value) => {
            search.value = { ...search.value, rotationDeg: value };
          }}
        />
        <NumberField
          label="Shift, ± mm"
          value={translation}
          min={1}
          max={200}
          step={1}
          slider={false}
          onChange={(value) => {
            search.value = { ...search.value, translation: value };
          }}
        />
      </div>
      <div class="buttons">
        <button type="button" class="primary" disabled={registering.value} onClick={() => void register()}>
          Register
        </button>
        {registering.value && (
          <button type="button" onClick={() => task.value?.cancel?.()}>
            Cancel
          </button>
        )}
        <button
          type="button"
          disabled={registering.value}
          onClick={() => steer({ laoDeg: 0, cranDeg: 0, table: [0, 0, 0] })}
        >
          C‑arm to 0°
        </button>
      </div>
    </section>
  );
}

/** Each has a similarity and an image size of its own: scores of two stages cannot be compared. */
function stagesOf(all: readonly RegistrationRound[]): RegistrationRound[][] {
  const stages: RegistrationRound[][] = [];
  for (const round of all) {
    const before = stages.at(-1)?.at(-1);
    if (before?.similarity === round.similarity && before.rows === round.rows) stages.at(-1)?.push(round);
    else stages.push([round]);
  }
  return stages;
}

function ResultSection() {
  const done = registration.value;
  const all = rounds.value;
  const x = all.map(({ iteration }) => iteration + 1);
  return (
    <section>
      <h3>Result</h3>
      {done && (
        <>
          <p class={`verdict ${done.verdict}`}>{capital(done.verdict)}</p>
          <ul class="reasons">
            {done.reasons.map((reason) => (
              <li key={reason}>{capital(reason)}</li>
            ))}
          </ul>
          <dl class="facts" data-testid="registration">
            <dt>Similarity</dt>
            <dd>{done.score.toFixed(3)}</dd>
            {done.error && (
              <>
                <dt>mTRE</dt>
                <dd>
                  {done.error.before.toFixed(1)} → {done.error.after.toFixed(2)} mm
                </dd>
              </>
            )}
            <dt>DRRs rendered</dt>
            <dd>{done.evaluations}</dd>
            <dt>Time</dt>
            <dd>{(done.milliseconds / 1000).toFixed(2)} s</dd>
          </dl>
        </>
      )}
      {registrationCancelled.value && (
        <p class="hint">
          {all.length > 0 ? `Cancelled at iteration ${all.length}` : "Cancelled before the first iteration"}: the C‑arm
          was not moved, and stands at {angleWords(shownAngles.value)}.
        </p>
      )}
      {all.length > 0 && (
        <>
          <Curves
            label="Similarity, stage by stage"
            xUnit="iterations"
            curves={stagesOf(all).map((stage) => ({
              name: "similarity",
              x: stage.map(({ iteration }) => iteration + 1),
              y: stage.map(({ score }) => score),
              color: "var(--accent)",
            }))}
          />
          <Curves
            label="From the start"
            xUnit="iterations"
            curves={[
              { name: "mm", x, y: all.map(({ shift }) => shift), color: "var(--accent)" },
              { name: "degrees", x, y: all.map(({ turnDeg }) => turnDeg), color: "var(--slow)" },
            ]}
          />
        </>
      )}
      {!done && all.length === 0 && !registrationCancelled.value && <p class="hint">No registration yet.</p>}
    </section>
  );
}

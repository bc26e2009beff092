import { Choice } from "../controls/Choice";
import { Curves } from "../controls/Curves";
import { NumberField } from "../controls/NumberField";
import { patient } from "../state/patient";
import { steer } from "../state/pose";
import {
  dropXRay,
  hideXRay,
  openXRay,
  overlay,
  register,
  registering,
  registration,
  rereadXRay,
  rounds,
  search,
  xray,
} from "../state/registration";
import { task } from "../state/status";
import { OVERLAYS } from "../worker/painting";
import { MEANINGS, type Meaning } from "../worker/protocol";

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
        An X-ray of the patient whose scan is open: DICOM, PNG, TIFF or JPEG. Or let the page take one from a place that
        it keeps to itself.
      </p>
      <div class="buttons">
        <label class="button">
          Open an X-ray
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
          Hide one
        </button>
        {measured && (
          <button type="button" onClick={dropXRay}>
            Put away
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
                label="Its values are"
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
            label="Compare by"
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

const capital = (word: string): string => `${word[0].toUpperCase()}${word.slice(1)}`;

function StartSection() {
  const { rotationDeg, translation } = search.value;
  return (
    <section>
      <h3>Search</h3>
      <p class="hint">
        It begins where the C-arm stands: drag the X-ray, or type under Look, until it looks about right.
      </p>
      <div class="three">
        <NumberField
          label="± degrees"
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
          label="± mm"
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
          C-arm to the front
        </button>
      </div>
    </section>
  );
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
              <li key={reason}>{reason}</li>
            ))}
          </ul>
          <dl class="facts" data-testid="registration">
            <dt>Score</dt>
            <dd>{done.score.toFixed(3)}</dd>
            {done.error && (
              <>
                <dt>Error (mTRE)</dt>
                <dd>
                  {done.error.before.toFixed(1)} → {done.error.after.toFixed(3)} mm
                </dd>
              </>
            )}
            <dt>Renderings</dt>
            <dd>{done.evaluations}</dd>
            <dt>Time</dt>
            <dd>{(done.milliseconds / 1000).toFixed(2)} s</dd>
          </dl>
        </>
      )}
      {all.length > 0 && (
        <>
          <Curves
            label="Likeness of the stage"
            xUnit="rounds"
            curves={[{ name: "score", x, y: all.map(({ score }) => score), color: "var(--accent)" }]}
          />
          <Curves
            label="Moved from the start"
            xUnit="rounds"
            yUnit="mm, degrees"
            curves={[
              { name: "mm", x, y: all.map(({ shift }) => shift), color: "var(--good)" },
              { name: "degrees", x, y: all.map(({ turnDeg }) => turnDeg), color: "var(--slow)" },
            ]}
          />
        </>
      )}
      {!done && all.length === 0 && <p class="hint">Nothing is registered yet.</p>}
    </section>
  );
}

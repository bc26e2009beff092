import type { Model } from "tomograd/backend";
import { DISPLAY_PRESETS, type DisplayPreset } from "tomograd/report";
import { Choice } from "../controls/Choice";
import { MatrixField } from "../controls/MatrixField";
import { NumberField } from "../controls/NumberField";
import {
  crosshairShown,
  drrPreset,
  heldWindow,
  RAY_MODELS,
  rayModel,
  SLICE_WINDOWS,
  sliceLevel,
  sliceWindow,
} from "../state/display";
import { drrWindow } from "../state/drr";
import { patient } from "../state/patient";
import { arm, FRONTAL, fitDetector, freeView, steer } from "../state/pose";

const PRESET_WORDS: Readonly<Record<DisplayPreset, string>> = {
  radiograph: "Radiograph",
  fluoroscopy: "Fluoroscopy",
  "line-integral": "Line integral",
};
const MODEL_WORDS: Readonly<Record<Model, { readonly text: string; readonly hint: string }>> = {
  siddon: { text: "Siddon", hint: "Exact for voxels of constant value" },
  joseph: { text: "Joseph", hint: "Bilinear in planes of voxels: smoother and faster" },
  trilinear: { text: "Trilinear", hint: "Samples along the ray, half a voxel apart: smoothest and slowest" },
};
const PROJECTIONS = [
  { text: "PA", hint: "Receptor in front of the chest", laoDeg: 0, cranDeg: 0 },
  { text: "Lateral", hint: "Receptor at the patient's left", laoDeg: 90, cranDeg: 0 },
  { text: "LAO 45", hint: "Left anterior oblique", laoDeg: 45, cranDeg: 0 },
  { text: "RAO 30", hint: "Right anterior oblique", laoDeg: -30, cranDeg: 0 },
] as const;

/** The C-arm, the pictures and the beam's matrix. */
export function LookPanel() {
  return (
    <>
      <CArmSection />
      <DisplaySection />
      <DetectorSection />
      <MatrixSection />
    </>
  );
}

function CArmSection() {
  const { laoDeg, cranDeg, sid, sdd, table } = arm.value;
  const setTable = (axis: number) => (value: number) =>
    steer({ table: table.map((before, i) => (i === axis ? value : before)) as unknown as typeof table });
  return (
    <section>
      <h3>C-arm</h3>
      <div class="buttons row">
        {PROJECTIONS.map(({ text, hint, ...angles }) => (
          <button type="button" key={text} title={hint} onClick={() => steer(angles)}>
            {text}
          </button>
        ))}
        <button type="button" title="Angles, distances and table as at the start" onClick={() => steer(resting())}>
          Reset
        </button>
      </div>
      <NumberField
        label="LAO (+) / RAO (−)"
        hint="Positioner primary angle: the receptor goes to the patient's left (+) or right (−)"
        unit="°"
        value={laoDeg}
        min={-180}
        max={180}
        step={1}
        digits={1}
        onChange={(value) => steer({ laoDeg: value })}
      />
      <NumberField
        label="CRAN (+) / CAUD (−)"
        hint="Positioner secondary angle: the receptor goes to the head (+) or the feet (−)"
        unit="°"
        value={cranDeg}
        min={-90}
        max={90}
        step={1}
        digits={1}
        onChange={(value) => steer({ cranDeg: value })}
      />
      <NumberField
        label="Source–isocenter (SID)"
        unit="mm"
        value={sid}
        min={300}
        max={1500}
        step={5}
        onChange={(value) => steer({ sid: value, sdd: Math.max(sdd, value + 10) })}
      />
      <NumberField
        label="Source–detector (SDD)"
        unit="mm"
        value={sdd}
        min={310}
        max={2000}
        step={5}
        onChange={(value) => steer({ sdd: value, sid: Math.min(sid, value - 10) })}
      />
      <fieldset class="three">
        <legend>Table shift, mm</legend>
        {["Left (+)", "Anterior (+)", "Head (+)"].map((label, axis) => (
          <NumberField
            key={label}
            label={label}
            value={table[axis]}
            min={-500}
            max={500}
            step={1}
            slider={false}
            onChange={setTable(axis)}
          />
        ))}
      </fieldset>
    </section>
  );
}

/** The frontal C-arm with the detector as it is. */
const resting = () => {
  const { rows, columns, pixel } = arm.value;
  return { ...FRONTAL, rows, columns, pixel };
};

function DisplaySection() {
  const { low, high } = sliceWindow.value;
  const chosen = SLICE_WINDOWS.find(
    ({ level, width }) => sliceLevel.value?.level === level && sliceLevel.value.width === width,
  );
  const hounsfield = (patient.value?.quantity ?? "hounsfield") === "hounsfield";
  return (
    <section>
      <h3>Display</h3>
      <Choice
        label="X-ray"
        value={drrPreset.value}
        options={DISPLAY_PRESETS.map((value) => ({ value, text: PRESET_WORDS[value] }))}
        onChange={(value) => {
          drrPreset.value = value;
        }}
      />
      <Choice
        label="Rays"
        value={rayModel.value}
        options={RAY_MODELS.map((value) => ({ value, ...MODEL_WORDS[value] }))}
        onChange={(value) => {
          rayModel.value = value;
        }}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={heldWindow.value !== undefined}
          onChange={({ currentTarget }) => {
            heldWindow.value = currentTarget.checked ? drrWindow.value : undefined;
          }}
        />
        Lock the window while steering
      </label>
      <Choice
        label="Slice window"
        value={chosen?.name ?? (sliceLevel.value ? undefined : "All")}
        options={[
          ...(hounsfield
            ? SLICE_WINDOWS.map(({ name, level, width }) => ({
                value: name,
                text: name,
                hint: `level ${level}, width ${width} HU`,
              }))
            : []),
          { value: "All", text: "Full range", hint: "From the smallest to the largest value" },
        ]}
        onChange={(name) => {
          sliceLevel.value = SLICE_WINDOWS.find((window) => window.name === name);
        }}
      />
      <p class="hint">
        Level {Number(((low + high) / 2).toPrecision(4))}, width {Number((high - low).toPrecision(4))}
        {hounsfield ? " HU" : ""}: drag on a slice with the right button, Shift or two fingers.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={crosshairShown.value}
          onChange={({ currentTarget }) => {
            crosshairShown.value = currentTarget.checked;
          }}
        />
        Crosshair
      </label>
    </section>
  );
}

function DetectorSection() {
  const { rows, columns, pixel } = arm.value;
  const count = (key: "rows" | "columns") => (value: number) => steer({ [key]: Math.round(value) });
  return (
    <section>
      <h3>Detector</h3>
      <div class="three">
        <NumberField
          label="Columns"
          value={columns}
          min={16}
          max={2048}
          step={16}
          slider={false}
          onChange={count("columns")}
        />
        <NumberField label="Rows" value={rows} min={16} max={2048} step={16} slider={false} onChange={count("rows")} />
        <NumberField
          label="Pitch, mm"
          value={pixel}
          min={0.05}
          max={10}
          step={0.05}
          digits={2}
          slider={false}
          onChange={(value) => steer({ pixel: value })}
        />
      </div>
      <p class="hint">
        {(columns * pixel).toFixed(0)} × {(rows * pixel).toFixed(0)} mm.{" "}
        <button type="button" class="link" onClick={fitDetector}>
          Fit the pitch to the volume
        </button>
      </p>
    </section>
  );
}

function MatrixSection() {
  return (
    <details>
      <summary>Projection matrix</summary>
      <p class="hint">
        3 × 4, from RAS in mm to (column, row, 1); pixel centers at index + ½. Paste another to see its view.
      </p>
      <MatrixField />
      {freeView.value && (
        <p class="hint">
          No C-arm with a centered detector has this view.{" "}
          <button type="button" class="link" onClick={() => steer({})}>
            Back to the C-arm
          </button>
        </p>
      )}
    </details>
  );
}

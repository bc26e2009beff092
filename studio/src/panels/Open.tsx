import { useState } from "preact/hooks";
import type { Quantity } from "tomograd/volume";
import { NumberField } from "../controls/NumberField";
import { labelColor } from "../labelColors";
import { labelOpacity } from "../state/display";
import { forgetSession, keeping, keepWanted, kept, wantKeeping } from "../state/lastSession";
import {
  choice,
  closeLabels,
  labels,
  openedFrom,
  openLabels,
  openSample,
  openVolume,
  patient,
  reopen,
} from "../state/patient";
import type { Note, PatientFacts } from "../worker/protocol";
import { filesOfInput, nameOfFiles, openAddress, openFiles } from "./openFrom";

type VolumeFormat = PatientFacts["format"];

const QUANTITIES: readonly (readonly [Quantity, string])[] = [
  ["hounsfield", "Hounsfield units"],
  ["attenuation", "Attenuation, 1/mm"],
  ["density", "Density, 0 to 1"],
  ["unknown", "Unknown"],
];

const FORMAT_WORDS: Readonly<Record<VolumeFormat, string>> = {
  "nifti-1": "NIfTI-1",
  "nifti-2": "NIfTI-2",
  "analyze-7.5": "ANALYZE 7.5",
  dicom: "DICOM",
  nrrd: "NRRD",
  metaimage: "MetaImage",
  npy: "NumPy (.npy)",
  npz: "NumPy (.npz)",
  tiff: "TIFF",
  mat: "MATLAB",
  zarr: "Zarr",
  hdf5: "HDF5",
  png: "PNG",
  jpeg: "JPEG",
};

/** Files, folder, address or the built-in chest; then what was read. */
export function OpenPanel() {
  return (
    <>
      <section>
        <h3>Open a scan</h3>
        <p class="hint">
          Drop files or a folder anywhere on the page: DICOM, NIfTI, NRRD, MetaImage, TIFF, NumPy, MATLAB, Zarr. Nothing
          leaves this machine.
        </p>
        <div class="buttons">
          <PickButton text="Files…" multiple onPick={openFiles} />
          <PickButton text="Folder…" folder onPick={openFiles} />
          <button type="button" onClick={() => void openSample()}>
            Example chest
          </button>
        </div>
        <AddressForm />
        {choice.value && <InputChoice />}
      </section>
      {patient.value && <PatientSection />}
      {patient.value && <LabelSection />}
      <SessionSection />
    </>
  );
}

interface PickButtonProps {
  readonly text: string;
  readonly multiple?: boolean;
  readonly folder?: boolean;
  readonly onPick: (files: ReturnType<typeof filesOfInput>) => unknown;
}

/** A native file input that looks like a button. */
function PickButton({ text, multiple, folder, onPick }: PickButtonProps) {
  return (
    <label class="button">
      {text}
      <input
        type="file"
        class="visually-hidden"
        multiple={multiple}
        {...(folder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          onPick(filesOfInput(currentTarget.files));
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

function AddressForm() {
  const [text, setText] = useState("");
  return (
    <form
      class="address"
      onSubmit={(event) => {
        event.preventDefault();
        void openAddress(text);
      }}
    >
      <label for="address">Web address</label>
      <input
        id="address"
        inputMode="url"
        placeholder="https://…/ct.nii.gz"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit" disabled={text.trim() === ""}>
        Open
      </button>
    </form>
  );
}

function InputChoice() {
  const { asked, choices } = choice.value!;
  return (
    <fieldset class="series">
      <legend>
        Several {choices.of} in {asked.name}. Which one?
      </legend>
      {choices.list.map(({ text, readable, change }) => (
        <button type="button" key={text} disabled={!readable} onClick={() => void openVolume({ ...asked, ...change })}>
          {text}
        </button>
      ))}
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            choice.value = undefined;
          }}
        >
          Cancel
        </button>
      </div>
    </fieldset>
  );
}

const rounded = (values: readonly number[], digits: number) =>
  values.map((value) => String(Number(value.toFixed(digits)))).join(" × ");

function PatientSection() {
  const { name, format, grid, spacing, orientation, range, notes, quantity } = patient.value!;
  return (
    <section>
      <h3>{name}</h3>
      <dl class="facts">
        <dt>Format</dt>
        <dd>{FORMAT_WORDS[format]}</dd>
        <dt>Voxels</dt>
        <dd>{rounded(grid.size, 0)}</dd>
        <dt>Spacing, mm</dt>
        <dd>{rounded(spacing, 3)}</dd>
        <dt>Orientation</dt>
        <dd title="Where the first, second and third stored axis point to">{orientation}</dd>
        <dt>Range</dt>
        <dd>
          {Number(range[0].toPrecision(4))} to {Number(range[1].toPrecision(4))}
          {quantity === "hounsfield" && " HU"}
        </dd>
        <dt>
          <label for="quantity">Values are</label>
        </dt>
        <dd>
          <select
            id="quantity"
            value={quantity}
            onChange={({ currentTarget }) => void reopen({ quantity: currentTarget.value as Quantity })}
          >
            {QUANTITIES.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </dd>
      </dl>
      {notes.some(({ defect }) => defect === "several-volumes") || openedFrom()?.frame !== undefined ? (
        <NumberField
          label="Volume of the file, from 0"
          value={openedFrom()?.frame ?? 0}
          min={0}
          max={9999}
          step={1}
          slider={false}
          onChange={(frame) => void reopen({ frame: Math.round(frame) })}
        />
      ) : null}
      <Notes notes={notes} />
      {name.startsWith("Chest, LIDC") && (
        <p class="hint">
          LIDC-IDRI-0001, The Cancer Imaging Archive, doi.org/10.7937/K9/TCIA.2015.LO9QL9SX, CC BY 3.0; reduced.
        </p>
      )}
    </section>
  );
}

function Notes({ notes }: { readonly notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="notes" aria-label="Warnings">
      {notes.map(({ defect, message }) => (
        <li key={defect + message}>{message}</li>
      ))}
    </ul>
  );
}

function keepingWords(at: Date | undefined): string {
  if (!keepWanted.value) return "Nothing is kept: a reload starts anew.";
  if (kept.value) return "The last session waits to be restored or deleted; until then this one is not kept.";
  const since = at ? `Kept at ${at.toLocaleTimeString()}` : "Kept from the first change on";
  return `${since}: scan, view and last reconstruction, on this machine only.`;
}

function SessionSection() {
  const { at, problem } = keeping.value;
  return (
    <section>
      <h3>Session</h3>
      <label class="check">
        <input
          type="checkbox"
          checked={keepWanted.value}
          onChange={({ currentTarget }) => void wantKeeping(currentTarget.checked)}
        />
        Keep it in this browser
      </label>
      <p class="hint">{problem ?? keepingWords(at)}</p>
      {at && (
        <div class="buttons">
          <button type="button" onClick={() => void forgetSession()}>
            Delete
          </button>
        </div>
      )}
    </section>
  );
}

function LabelSection() {
  const open = labels.value;
  return (
    <section>
      <h3>Labels</h3>
      {!open && <p class="hint">A label map (segmentation) of this patient, in color over slices and X-ray.</p>}
      <div class="buttons">
        <PickButton
          text={open ? "Other labels…" : "Label map…"}
          multiple
          onPick={(files) => files.length > 0 && openLabels({ from: "files", files }, nameOfFiles(files))}
        />
        {open && (
          <button type="button" onClick={() => void closeLabels()}>
            Remove
          </button>
        )}
      </div>
      {open && (
        <>
          <ul class="swatches" aria-label={`Labels of ${open.name}`}>
            {open.labels.map((label) => (
              <li key={label} style={{ "--swatch": `rgb(${labelColor(label).join(" ")})` }}>
                {label}
              </li>
            ))}
          </ul>
          <NumberField
            label="Opacity"
            unit="%"
            value={100 * labelOpacity.value}
            min={0}
            max={100}
            step={5}
            onChange={(value) => {
              labelOpacity.value = value / 100;
            }}
          />
          <Notes notes={open.notes} />
        </>
      )}
    </section>
  );
}

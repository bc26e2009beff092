import { useSignal } from "@preact/signals";
import { FOUND_GEOMETRY, MEASURED, START_GEOMETRY } from "../state/commands";
import { exactDrr } from "../state/drr";
import {
  code,
  codeOfReconstruction,
  codeOfRegistration,
  commands,
  exposure,
  making,
  runFile,
  runsRender,
  xrayPng,
} from "../state/export";
import { linkOfView } from "../state/link";
import { patient } from "../state/patient";
import { reconstruction, scan } from "../state/reconstruction";
import { registered } from "../state/registration";
import { failure, report } from "../state/status";
import { request } from "../worker/client";
import type { Exposure } from "../worker/protocol";
import { download, saveLineIntegrals } from "./save";

/** Pictures, numbers, commands and programs of what is on the page. */
export function ExportPanel() {
  if (!patient.value) return <p class="hint empty">Open a scan first.</p>;
  return (
    <>
      <XRaySection />
      <VolumeSection />
      {registered.value && <RegistrationSection />}
      <GeometrySection />
      <RunSection />
      <CommandSection />
      <CodeSection />
      <LinkSection />
    </>
  );
}

type Piece = string | Uint8Array;

interface SaveProps {
  readonly text: string;
  /** Of the file that is saved. */
  readonly name: string;
  readonly type?: string;
  readonly disabled?: boolean;
  readonly make: () => Promise<Piece>;
}

/** A button that makes a file and hands it over. */
function Save({ text, name, type, disabled = false, make }: SaveProps) {
  const save = async () => {
    making.value = name;
    try {
      download([(await make()) as BlobPart], name, type);
    } catch (error) {
      report(error);
    } finally {
      making.value = undefined;
    }
  };
  return (
    <button type="button" disabled={disabled || making.value !== undefined} title={`Saves ${name}`} onClick={save}>
      {text}
    </button>
  );
}

function XRaySection() {
  return (
    <section>
      <h3>X-ray</h3>
      <div class="buttons">
        <Save text="PNG" name="xray.png" type="image/png" make={() => xrayPng(8)} />
        <Save text="PNG, 16 bits" name="xray-16-bit.png" type="image/png" make={() => xrayPng(16)} />
        <button
          type="button"
          title="Saves line-integrals.npy"
          onClick={() => void exactDrr().then(saveLineIntegrals, report)}
        >
          Line integrals
        </button>
      </div>
      <p class="hint">
        PNG as displayed; with 16 bits linear in the line integral, over the same window. Line integrals: NumPy,
        float32.
      </p>
    </section>
  );
}

function VolumeSection() {
  return (
    <section>
      <h3>Volumes</h3>
      <div class="buttons">
        <Save text="Scan as NIfTI" name="volume.nii.gz" make={() => request("nifti", "volume")} />
        <Save
          text="Reconstruction as NIfTI"
          name="back.nii.gz"
          disabled={!reconstruction.value}
          make={() => request("nifti", "reconstruction")}
        />
      </div>
      {reconstruction.value && <p class="hint">The reconstruction is saved as attenuation in 1/mm.</p>}
    </section>
  );
}

function RegistrationSection() {
  const { xray, start, found } = registered.value!;
  const view = (of: Exposure) => () => request("geometry", { view: of.view, detector: start.detector });
  return (
    <section>
      <h3>Registration</h3>
      <div class="buttons">
        <Save text="Measured X-ray" name={MEASURED} make={() => request("npy", xray)} />
        <Save text="View found" name={FOUND_GEOMETRY} make={view({ ...start, view: found.view })} />
        {!start.arm && <Save text="View at the start" name={START_GEOMETRY} make={view(start)} />}
      </div>
      <p class="hint">Commands, code and the run file of the registration read {MEASURED}.</p>
    </section>
  );
}

function GeometrySection() {
  return (
    <section>
      <h3>Geometry</h3>
      <div class="buttons">
        <Save text="View as JSON" name="xray.geometry.json" make={async () => request("geometry", exposure())} />
        <Save
          text="View as SVG"
          name="xray.svg"
          type="image/svg+xml"
          make={async () => request("figure", exposure())}
        />
        <Save
          text="Scan as JSON"
          name="scan.geometry.json"
          disabled={!scan.value}
          make={() => request("geometry", "scan")}
        />
        <Save
          text="Scan as SVG"
          name="scan.svg"
          type="image/svg+xml"
          disabled={!scan.value}
          make={() => request("figure", "scan")}
        />
      </div>
    </section>
  );
}

function RunSection() {
  return (
    <section>
      <h3>Run files</h3>
      <div class="buttons">
        <Save text="X-ray" name="xray.run.json" disabled={!runsRender.value} make={() => runFile("render")} />
        <Save text="Scan" name="scan.run.json" disabled={!scan.value} make={() => runFile("simulate")} />
        <Save
          text="Reconstruction"
          name="back.run.json"
          disabled={!reconstruction.value}
          make={() => runFile("reconstruct")}
        />
        <Save text="Registration" name="found.run.json" disabled={!registered.value} make={() => runFile("register")} />
      </div>
      {!runsRender.value && (
        <p class="hint">That of the X-ray names the scan: under Reconstruct, show the X-ray of the truth first.</p>
      )}
      <p class="hint">
        <code>npx tomograd run FILE</code> repeats it in the folder of the CT, and says whether the bytes are the same.
      </p>
    </section>
  );
}

interface CopyProps {
  readonly label: string;
  readonly button: string;
  readonly text: string;
  readonly rows: number;
  /** Whether long lines are broken. */
  readonly wrapped?: boolean;
}

/** Text that can be read, selected and copied. */
function Copy({ label, button, text, rows, wrapped = false }: CopyProps) {
  const copied = useSignal("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = text;
    } catch {
      failure.value = {
        code: "WRITE_FAILED",
        message: "The browser does not let the page copy: select the text and copy it by hand.",
      };
    }
  };
  return (
    <>
      <textarea
        class={wrapped ? "taken wrapped" : "taken"}
        readOnly
        rows={rows}
        spellcheck={false}
        aria-label={label}
        value={text}
      />
      <div class="buttons">
        <button type="button" disabled={text === ""} onClick={copy}>
          {copied.value === text && text !== "" ? "Copied" : button}
        </button>
      </div>
    </>
  );
}

function CommandSection() {
  return (
    <section>
      <h3>Commands</h3>
      <Copy label="Commands" button="Copy as command" text={commands.value.join("\n")} rows={7} wrapped />
    </section>
  );
}

function CodeSection() {
  return (
    <section>
      <h3>Code</h3>
      <Copy label="TypeScript of the X-ray" button="Copy as code" text={code.value ?? ""} rows={10} />
      {codeOfReconstruction.value && (
        <Copy
          label="TypeScript of the reconstruction"
          button="Copy reconstruction as code"
          text={codeOfReconstruction.value}
          rows={10}
        />
      )}
      {codeOfRegistration.value && (
        <Copy
          label="TypeScript of the registration"
          button="Copy registration as code"
          text={codeOfRegistration.value}
          rows={10}
        />
      )}
    </section>
  );
}

function LinkSection() {
  return (
    <section>
      <h3>Link</h3>
      <Copy label="Link to this view" button="Copy link" text={linkOfView()} rows={4} wrapped />
      <p class="hint">
        It holds the view, not the scan: who opens it sees the example chest from there, or their own scan.
      </p>
    </section>
  );
}

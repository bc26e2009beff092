import { kindOfPath } from "#platform";
import { fault } from "../../core/errors.js";
import { detachedPath } from "../../io/detached.js";
import { storedForm } from "../../io/dicom/write/stored.js";
import { headersOf } from "../../io/namedFiles.js";
import { isUnoriented } from "../../io/orientation.js";
import { volumeWriter } from "../../io/writeVolume.js";
import type { Volume } from "../../volume/grid.js";
import { orientation, spacing } from "../../volume/index.js";
import { given, type Operation } from "../operation.js";
import type { Session } from "../session.js";
import { addVolumeOptions, readInput, type VolumeChoice } from "../volumeInput.js";

interface ConvertOptions extends VolumeChoice {
  readonly file: string;
  readonly out: string;
}

const typeNames = {
  Uint8Array: "uint8",
  Int16Array: "int16",
  Float32Array: "float32",
  Float64Array: "float64",
} as const;

/** The type that the written file has. */
const typeOf = (values: Volume["values"]) => typeNames[values.constructor.name as keyof typeof typeNames];

/** DICOM slices have 16 bits: the type that they store, and what that costs. */
function storedInDicom({ values }: Volume, session: Session): string {
  const { slope, signed } = storedForm(values);
  if (slope !== 1)
    session.warn({
      defect: "precision",
      message: `DICOM slices hold 16 bits: values are rounded to steps of ${slope.toPrecision(3)}`,
    });
  return signed ? "int16" : "uint16";
}

/** Refuses to replace voxels that are read, or another header's. @throws INVALID_ARGUMENT (`output-is-input`) */
async function refuseForeignVoxels(file: string, out: string): Promise<void> {
  const beside = detachedPath(out);
  if (!beside || !(await kindOfPath(beside))) return;
  const headers = await headersOf(beside, [file]);
  const others = headers.filter((header) => header !== out);
  // Voxels that no header names may be anyone's.
  if (others.length === 0 && headers.length > 0) return;
  const why = others.length > 0 ? `holds the voxels of ${others[0]}` : "is there, and no header names it";
  throw fault("INVALID_ARGUMENT", `${beside} ${why}: give the output another name`, {
    defect: "output-is-input",
    path: beside,
  });
}

export const convert: Operation<ConvertOptions> = {
  name: "convert",
  summary: "write a volume of any format in another: values, affine and quantity stay",
  positional: ["file", "out"],
  inputs: ({ file }) => [file],
  outputs: ({ out }) => given(out, detachedPath(out)),
  configure: (command) =>
    addVolumeOptions(
      command
        .argument(
          "<file>",
          "what is read: a file or folder of any format that tomograd knows, recognized by its content",
        )
        .argument(
          "<out>",
          "what is written, by its ending: .nii, .nii.gz, .hdr, .nrrd, .nhdr, .mha, .mhd, .npy, .npz, .mat, .h5, .tif, .zarr, / (a folder of DICOM slices)",
        ),
    ).addHelpText(
      "after",
      "\nExamples:\n  $ tomograd convert chest/ chest.nii.gz\n  $ tomograd convert reconstruction.nii.gz series/\n  $ tomograd convert series.nrrd third.mha --frame 2\n  $ tomograd convert mask.mha mask.nrrd --quantity label",
    ),
  announce: ({ file, out }) => `${file} to ${out}; seconds`,
  async execute(options, session) {
    const write = volumeWriter(options.out);
    await refuseForeignVoxels(options.file, options.out);
    const volume = await readInput(options.file, options, session);
    const { grid, quantity, values, format, frames, warnings } = volume;
    // With its warnings: what the file does not say of its orientation, the new one does not say either.
    await write(options.out, volume);
    const type = /([/\\]|\.dcm)$/i.test(options.out) ? storedInDicom(volume, session) : typeOf(values);
    const mm = spacing(grid);
    return {
      results: {
        format,
        shape: [...grid.size],
        affine: [0, 4, 8, 12].map((at) => grid.indexToWorld.slice(at, at + 4)),
        type,
        quantity,
        frames,
        warnings,
      },
      outputs: given(options.out, detachedPath(options.out)),
      summary: [
        `${format} of ${grid.size.join(" x ")} voxels of ${mm.map((s) => +s.toFixed(4)).join(" x ")} mm, axes ${isUnoriented(volume) ? "of unknown orientation, taken as" : "towards"} ${orientation(grid)}`,
        `written as ${type}, ${quantity}`,
      ],
    };
  },
};

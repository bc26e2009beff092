import { kindOfPath } from "#platform";
import { fault } from "../../core/errors.js";
import { detachedPath } from "../../io/detached.js";
import { headersOf } from "../../io/namedFiles.js";
import { isUnoriented } from "../../io/orientation.js";
import { type VoxelEncoding, voxelEncodings } from "../../io/voxelEncoding.js";
import { typeInFile, volumeWriter } from "../../io/writeVolume.js";
import { type WrittenType, writtenTypes } from "../../io/writtenType.js";
import { orientation, spacing } from "../../volume/index.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import { addVolumeOptions, readInput, type VolumeChoice } from "../volumeInput.js";

interface ConvertOptions extends VolumeChoice {
  readonly file: string;
  readonly out: string;
  readonly encoding?: VoxelEncoding;
  readonly type?: WrittenType;
}

/** The file with the voxels, where the output is a header alone. */
const besideOf = ({ out, encoding }: ConvertOptions) => detachedPath(out, encoding);

/** Refuses to replace voxels that are read, or another header's. @throws INVALID_ARGUMENT (`output-is-input`) */
async function refuseForeignVoxels(options: ConvertOptions): Promise<void> {
  const { file, out } = options;
  const beside = besideOf(options);
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
  outputs: (options) => given(options.out, besideOf(options)),
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
    )
      .option(
        "--encoding <name>",
        "how .nrrd, .nhdr, .mha and .mhd hold the numbers: raw, compressed, or text in NRRD (default: compressed in NRRD, raw in MetaImage)",
        parse.oneOf(...voxelEncodings),
      )
      .option(
        "--type <name>",
        `the type of the numbers written: ${writtenTypes.join(", ")} (default: that of the file that is read if it holds the values, for labels an integer one)`,
        parse.oneOf(...writtenTypes),
      )
      .addHelpText(
        "after",
        "\nExamples:\n  $ tomograd convert chest/ chest.nii.gz\n  $ tomograd convert reconstruction.nii.gz series/\n  $ tomograd convert series.nrrd third.mha --frame 2\n  $ tomograd convert ct.nii.gz ct.mha --encoding compressed\n  $ tomograd convert mask.mha mask.nrrd --quantity label",
      ),
  announce: ({ file, out }) => `${file} to ${out}; seconds`,
  async execute(options, session) {
    const { out, encoding, type: asked } = options;
    const typed = { ...(asked && { type: asked }) };
    const write = volumeWriter(out, { ...typed, ...(encoding && { encoding }) });
    await refuseForeignVoxels(options);
    const volume = await readInput(options.file, options, session);
    const { grid, quantity, format, frames } = volume;
    const { type, warnings } = await typeInFile(out, volume, typed);
    for (const warning of warnings) session.warn(warning);
    // With its warnings: what the file does not say of its orientation, the new one does not say either.
    await write(volume);
    const mm = spacing(grid);
    return {
      results: {
        format,
        shape: [...grid.size],
        affine: [0, 4, 8, 12].map((at) => grid.indexToWorld.slice(at, at + 4)),
        type,
        quantity,
        frames,
        warnings: [...volume.warnings, ...warnings],
      },
      outputs: given(out, besideOf(options)),
      summary: [
        `${format} of ${grid.size.join(" x ")} voxels of ${mm.map((s) => +s.toFixed(4)).join(" x ")} mm, axes ${isUnoriented(volume) ? "of unknown orientation, taken as" : "towards"} ${orientation(grid)}`,
        `written as ${type}, ${quantity}`,
      ],
    };
  },
};

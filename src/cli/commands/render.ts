import type { Model } from "../../backend/kernels.js";
import { fault } from "../../core/errors.js";
import { geometryContent } from "../../io/index.js";
import { labelChannels, toDevice, toHost } from "../../projector/index.js";
import { DISPLAY_PRESETS, type DisplayPreset } from "../../report/index.js";
import type { Projections } from "../../volume/grid.js";
import { type Grid, gridCenter, spacing } from "../../volume/index.js";
import { attenuated } from "../attenuated.js";
import { imageFormat, writeImages } from "../imageOutput.js";
import { readLabelMap } from "../labelMap.js";
import { refuseTooManyViews, samplesPerRay } from "../memory.js";
import { openScan } from "../openScan.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import { extremes, judgeRange } from "../seen.js";
import { addViewOptions, chosenViews, DEFAULT_SIZE, type ViewChoice } from "../viewInput.js";
import {
  type AttenuationName,
  addAttenuationOption,
  addVolumeOptions,
  readInput,
  type VolumeChoice,
} from "../volumeInput.js";
import { aboutSeconds, equivalentRays } from "../words.js";

interface RenderOptions extends VolumeChoice, ViewChoice {
  readonly volume: string;
  readonly out: string;
  readonly model?: Model;
  readonly step?: number;
  readonly attenuation?: AttenuationName;
  readonly maximum?: boolean;
  readonly labels?: string;
  readonly label?: readonly number[];
  readonly preset?: DisplayPreset;
  readonly window?: readonly [number, number];
  readonly bits?: number;
}

export const render: Operation<RenderOptions> = {
  name: "render",
  summary: "X-ray of a CT: a digitally reconstructed radiograph",
  positional: ["volume"],
  inputs: ({ volume, labels, geometry }) => given(volume, labels, geometry),
  outputs: ({ out }) => [out],
  configure: (command) =>
    addAttenuationOption(
      addVolumeOptions(
        addViewOptions(
          command
            .argument(
              "<volume>",
              "a file or folder of any format that tomograd knows: DICOM, NIfTI, NRRD, MetaImage, ...",
            )
            .requiredOption(
              "--out <file>",
              ".png (a picture), .dcm (a DICOM RT image), .npy or .nii.gz (line integrals); required",
            )
            .option(
              "--model <name>",
              "siddon (exact), joseph or trilinear (default: siddon)",
              parse.oneOf("siddon", "joseph", "trilinear"),
            )
            .option("--step <mm>", "of trilinear (default: half the smallest spacing)", parse.positive)
            .option("--maximum", "maximum intensity projection instead of the integral")
            .option("--labels <file>", "label map: one radiograph for each --label")
            .option(
              "--label <values>",
              "labels with commas in between; the pictures are named OUT-label1.png, OUT-label2.png ...",
              parse.numberList,
            )
            .option(
              "--preset <name>",
              `how a PNG looks: ${DISPLAY_PRESETS.join(", ")} (default: radiograph)`,
              parse.oneOf(...DISPLAY_PRESETS),
            )
            .option(
              "--window <low,high>",
              "line integrals at black and white of a PNG",
              parse.numbers(2, "two numbers, the lower first, such as 0,5", ([low, high]) => low < high),
            )
            .option(
              "--bits <n>",
              "of a PNG, 8 or 16 (default: 8)",
              parse.number("8 or 16", (n) => n === 8 || n === 16),
            ),
        ),
      ),
    ).addHelpText(
      "after",
      "\nExamples:\n  $ tomograd render ct.nii.gz --out drr.png\n  $ tomograd render dicom/ --rotation 90,0,0 --out drr.dcm\n  $ tomograd render dicom/ --rotation 30,0,0 --size 512x512 --out oblique.png\n  $ tomograd render ct.nii.gz --geometry scan.geometry.json --out projections.npy",
    ),
  announce: ({ volume, out, geometry, size }) =>
    `X-rays of ${volume} ${geometry ? `at the views of ${geometry}` : `with ${(size ?? DEFAULT_SIZE).join(" x ")} pixels`} to ${out}; ${geometry ? "a few seconds for each million rays" : aboutSeconds(raysOf(size ?? DEFAULT_SIZE))}`,
  async execute(options, session) {
    checkOptions(options);
    if (options.geometry === undefined) refuseTooManyViews(1, options.size ?? DEFAULT_SIZE);
    const file = await readInput(options.volume, options, session);
    const volume = attenuated(options.volume, file, options.attenuation, session.warn);
    const samples = options.step === undefined ? undefined : samplesPerRay(options.step, diagonal(volume.grid));
    const trajectory = await chosenViews(options, volume.grid);
    if (samples !== undefined) {
      const rays = trajectory.views.length * raysOf([trajectory.detector.rows, trajectory.detector.columns]);
      session.say(`up to ${Math.ceil(samples)} samples along a ray; ${aboutSeconds(equivalentRays(rays, samples))}`);
    }
    using scan = await openScan(session, volume, trajectory, options);
    const { A, x } = scan;
    const { backend } = A;
    const images: { readonly name: string; readonly projections: Projections }[] = [];
    const started = performance.now();
    if (options.labels && options.label) {
      using l = toDevice(backend, await readLabelMap(options.labels, options.label, volume.grid, session));
      // The same label twice has one code.
      const codes = options.label.map((label) => options.label!.lastIndexOf(label) + 1);
      const channels = labelChannels(A, x, l, codes);
      for (const [i, channel] of channels.entries()) {
        images.push({ name: `label${options.label[i]}`, projections: await toHost(channel) });
        channel.dispose();
      }
    } else {
      using y = options.maximum ? A.maximum(x) : A.apply(x);
      images.push({ name: "", projections: await toHost(y) });
    }
    const seconds = (performance.now() - started) / 1000;
    const outputs = await writeImages(options.out, images, trajectory, {
      ...options,
      isocenter: gridCenter(volume.grid),
    });
    const ranges = images.map(({ projections }) => extremes(projections.values));
    const low = Math.min(...ranges.map(([lowest]) => lowest));
    const high = Math.max(...ranges.map(([, highest]) => highest));
    await judgeRange(A, [options.maximum ? Math.max(0, low) : low, high], session.warn);
    return {
      results: { views: trajectory.views.length, range: [low, high], secondsRendering: seconds },
      outputs,
      geometry: await geometryContent(trajectory),
      summary: [
        `${trajectory.views.length} view${trajectory.views.length === 1 ? "" : "s"} of ${trajectory.detector.rows} x ${trajectory.detector.columns} pixels of ${trajectory.detector.pixelSize.join(" x ")} mm, line integrals ${low.toPrecision(4)} to ${high.toPrecision(4)}`,
        `${backend.about}: ${seconds.toFixed(2)} s`,
      ],
    };
  },
};

/** Options that ask for nothing here are refused rather than ignored. @throws INVALID_ARGUMENT */
function checkOptions(options: RenderOptions): void {
  const refuse = (defect: string, message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect });
  };
  const format = imageFormat(options.out);
  if ((options.labels === undefined) !== (options.label === undefined))
    refuse("missing-option", "--labels FILE and --label VALUES (such as --label 1,2) go together");
  if (options.labels && options.maximum)
    refuse("contradictory-options", "--maximum takes no labels: leave out --labels or --maximum");
  if (options.step !== undefined && options.model !== "trilinear")
    refuse("contradictory-options", "--step belongs to --model trilinear; siddon and joseph have none");
  for (const name of ["preset", "window", "bits"] as const)
    if (options[name] !== undefined && format !== "png" && !(format === "dcm" && name === "window"))
      refuse(
        "contradictory-options",
        `--${name} is how a PNG looks; ${options.out} holds the line integrals themselves`,
      );
}

const raysOf = ([rows, columns]: readonly [number, number]) => rows * columns;

/** mm, the longest way of a ray through the box. */
function diagonal(grid: Grid): number {
  const mm = spacing(grid);
  return Math.hypot(...grid.size.map((n, axis) => n * mm[axis]));
}

import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import { geometryContent, geometryPath, writeNpy, writeProjections } from "../../io/index.js";
import {
  type BeamHardeningCorrection,
  beamHardeningCorrection,
  type PreparedCounts,
  parseSpectrum,
  prepareCounts,
} from "../../physics/index.js";
import { type CountsChoice, likeDetector, readCounts, type ScanChoice, scanOf } from "../countsInput.js";
import { stackFormat } from "../imageOutput.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import { prepareReport } from "../prepareReport.js";

interface CliPrepareOptions extends CountsChoice, ScanChoice {
  readonly out: string;
  readonly flatsAt?: readonly number[];
  readonly i0?: number;
  readonly air?: number;
  readonly saturation?: number;
  readonly starved?: number;
  readonly scatter?: number;
  readonly bin?: readonly [number, number];
  readonly rings?: "mean" | "sort";
  readonly ringWindow?: number;
  readonly spectrum?: string;
  readonly detectorKind?: "counting" | "integrating";
  readonly maximumPath?: number;
  readonly beamHardening?: readonly number[];
  readonly center?: "auto" | number;
  readonly report?: string | false;
}

const share = (expected: string) => parse.number(expected, (x) => x >= 0 && x < 1);

/** scan.npy -> scan.weights.npy */
const weightsPath = (path: string) => path.replace(/(\.nii\.gz|\.[^./\\]+)$/i, ".weights.npy");

export const prepare: Operation<CliPrepareOptions> = {
  name: "prepare",
  summary: "line integrals from counts: flats, darks, bad pixels, rings, center of rotation, with a report",
  positional: ["counts"],
  inputs: ({ counts, flats, darks, geometry, angles, spectrum }) =>
    given(counts, flats, darks, geometry, angles, spectrum),
  outputs: ({ out, report }) => given(out, report),
  configure: (command) =>
    parse
      .refuseBoth(command, "report", "no-report")
      .argument("<counts>", "images as counted, [view][row][column]: .npy, .tif, .nrrd, .nii, HDF5, a folder")
      .requiredOption(
        "--out <file>",
        ".npy or .nii.gz, required; geometry and weights go to NAME.geometry.json and NAME.weights.npy beside it",
      )
      .option("--flats <file>", "images without an object")
      .option(
        "--flats-at <numbers>",
        "the view before which each flat was taken, to interpolate in time",
        parse.numberList,
      )
      .option("--darks <file>", "images without a beam")
      .option("--dataset <name>", "of HDF5, NPZ or MATLAB: the array with the counts (default: Data Exchange)")
      .option("--i0 <counts>", "counts of every pixel without an object, instead of flats", parse.positive)
      .option("--air <columns>", "columns at both edges that see air: sets I0 of each view", parse.positiveInteger)
      .option("--saturation <counts>", "counts from which on a pixel is saturated", parse.positive)
      .option("--starved <transmission>", "rays below it (metal) get weight 0", share("a number from 0 to below 1"))
      .option("--scatter <fraction>", "scatter among the counts behind the object", share("a number from 0 to below 1"))
      .option("--bin <ROWSxCOLUMNS>", "pixels put together, in counts", parse.size)
      .option("--rings <method>", "mean or sort", parse.oneOf("mean", "sort"))
      .option(
        "--ring-window <n>",
        "pixels of the running median, odd (default: a thirtieth of the columns)",
        parse.positiveInteger,
      )
      .option("--spectrum <file.csv>", "energy (keV) and weight a line: corrects beam hardening for water")
      .option(
        "--detector-kind <name>",
        "counting or integrating: what the spectrum's weights become (default: counting)",
        parse.oneOf("counting", "integrating"),
      )
      .option("--maximum-path <mm>", "longest path through water, for --spectrum (default: 400)", parse.positive)
      .option("--beam-hardening <c1,c2,...>", "coefficients of p, p², ... instead of a spectrum", parse.numberList)
      .option("--center <column>", "auto, or the column that sees the axis, 0 = the first's center", (text) =>
        text === "auto" ? "auto" : parse.number("auto or a column")(text),
      )
      .option("--geometry <file>", "geometry file of the detector as it counted")
      .option("--trajectory <name>", "parallel or circular, instead of a file", parse.oneOf("parallel", "circular"))
      .option("--angles <file>", "degrees of the views: text or .npy (default: --start and --range)")
      .option("--start <degrees>", "angle of the first view (default: 0)", parse.number("degrees"))
      .option("--range <degrees>", "of the scan (default: parallel 180, circular 360)", parse.number("degrees"))
      .option(
        "--pixel <dx,dy>",
        "mm from pixel to pixel along a row and along a column",
        parse.numbers(2, "two positive numbers such as 2,2", ([dx, dy]) => dx > 0 && dy > 0),
      )
      .option("--sid <mm>", "source to isocenter, of a circular scan", parse.positive)
      .option("--sdd <mm>", "source to detector, of a circular scan", parse.positive)
      .option("--report <file.html>", "where the report goes (default: OUT.html)")
      .option("--no-report", "write no report")
      .addHelpText(
        "after",
        "\nExample:\n  $ tomograd prepare tooth.h5 --trajectory parallel --range 180 --pixel 1,1 --center auto --rings sort --out tooth.npy",
      ),
  announce: ({ counts, out }) => `line integrals from ${counts} to ${out}; seconds for each hundred million pixels`,
  async execute(options, session) {
    stackFormat(options.out);
    checkOptions(options);
    const read = await readCounts(options, session);
    const { trajectory, shape } = await scanOf(read.counts, options, session.warn);
    const counts = { ...read.counts, ...shape };
    const beamHardening = await hardeningOf(options);
    const { ringWindow: window } = options;
    const prepared = prepareCounts(counts, trajectory, {
      ...(read.flats && { flats: likeDetector(read.flats, shape.rows) }),
      ...(read.darks && { darks: likeDetector(read.darks, shape.rows) }),
      ...(options.flatsAt && { flatsAt: options.flatsAt }),
      ...(options.i0 !== undefined && { photonsPerPixel: options.i0 }),
      ...(options.air !== undefined && { airColumns: options.air }),
      ...(options.saturation !== undefined && { saturation: options.saturation }),
      ...(options.starved !== undefined && { starvedBelow: options.starved }),
      ...(options.scatter !== undefined && { scatterFraction: options.scatter }),
      ...(options.bin && { bin: options.bin }),
      ...(options.rings && { rings: { method: options.rings, ...(window !== undefined && { window }) } }),
      ...(beamHardening && { beamHardening }),
      ...(options.center !== undefined && { center: options.center }),
    });
    for (const warning of prepared.warnings) session.warn(warning);
    await writeProjections(options.out, prepared);
    const outputs = [options.out, geometryPath(options.out)];
    if (prepared.weights.some((weight) => weight < 1)) {
      const path = weightsPath(options.out);
      const { detector, views } = prepared;
      await writeNpy(path, prepared.weights, [views.length, detector.rows, detector.columns]);
      outputs.push(path);
    }
    const steps = stepsOf(options, prepared, beamHardening);
    if (options.report !== false) {
      const path = options.report ?? `${options.out}.html`;
      const page = await prepareReport({ counts, prepared, steps, command: session.command });
      await writeFileAtomically(path, new TextEncoder().encode(page));
      outputs.push(path);
    }
    const { center } = prepared;
    return {
      results: {
        views: prepared.views.length,
        shape: [prepared.detector.rows, prepared.detector.columns],
        found: prepared.found,
        ...(center && {
          center: {
            column: center.column,
            shift: center.shift,
            method: center.method,
            disagreement: center.disagreement,
          },
        }),
        ...(beamHardening && { beamHardening: beamHardening.coefficients }),
      },
      outputs,
      geometry: await geometryContent(prepared),
      summary: steps.map(([step, result]) => `${step}: ${result}`),
    };
  },
};

/** Options that ask for nothing here are refused rather than ignored. @throws INVALID_ARGUMENT */
function checkOptions(options: CliPrepareOptions): void {
  const refuse = (message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect: "contradictory-options" });
  };
  if (options.spectrum && options.beamHardening)
    refuse("--spectrum and --beam-hardening are two corrections of one thing");
  for (const name of ["maximumPath", "detectorKind"] as const)
    if (options[name] !== undefined && !options.spectrum)
      refuse(`--${name === "maximumPath" ? "maximum-path" : "detector-kind"} belongs to --spectrum`);
  if (options.ringWindow !== undefined && !options.rings) refuse("--ring-window belongs to --rings");
}

/** A path through water that no patient exceeds, mm. */
const DEFAULT_PATH = 400;

async function hardeningOf(options: CliPrepareOptions): Promise<BeamHardeningCorrection | undefined> {
  const { spectrum, beamHardening } = options;
  if (beamHardening) return { coefficients: beamHardening, largest: Number.POSITIVE_INFINITY, residual: 0 };
  if (!spectrum) return undefined;
  return beamHardeningCorrection({
    spectrum: parseSpectrum(await readFile(spectrum, "utf8"), { detector: options.detectorKind ?? "counting" }),
    maximumPath: options.maximumPath ?? DEFAULT_PATH,
  });
}

function stepsOf(
  options: CliPrepareOptions,
  { found, center, about }: PreparedCounts,
  beamHardening: BeamHardeningCorrection | undefined,
): (readonly [string, string])[] {
  const { deadPixels, notFinite, saturated, starved, drift } = found;
  const steps: (readonly [string, string])[] = [
    ["scan", about],
    [
      "bad pixels",
      `${deadPixels} dead, ${notFinite} not finite, ${saturated} saturated: filled in; ${starved} starved: weight 0`,
    ],
  ];
  if (drift) steps.push(["I0 from air", `factors ${drift[0].toPrecision(4)} to ${drift[1].toPrecision(4)}`]);
  if (options.scatter !== undefined) steps.push(["scatter", `${options.scatter} of the counts behind the object`]);
  if (options.bin) steps.push(["binning", `${options.bin.join(" x ")} pixels`]);
  if (beamHardening) steps.push(["beam hardening", beamHardening.coefficients.map((c) => c.toPrecision(5)).join(", ")]);
  if (options.rings) steps.push(["rings", options.rings]);
  if (center)
    steps.push([
      "center of rotation",
      `column ${center.column.toFixed(2)}, ${center.shift.toFixed(2)} pixels off the geometry, by ${center.method}`,
    ]);
  return steps;
}

/** The options of `reconstruct`: how they are asked for, and which method takes which. */
import type { Command } from "commander";
import type { Model } from "../backend/kernels.js";
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { RAMP_FILTERS } from "../reconstruction/index.js";
import type { MethodOptions } from "./methodOptions.js";
import { type CliMethod, METHODS, type MethodName } from "./methods.js";
import * as parse from "./parse.js";
import { type AttenuationName, addAttenuationOption } from "./volumeInput.js";

/** Where the volume lies. */
export interface GridOptions {
  readonly like?: string;
  readonly grid?: readonly [number, number, number];
  readonly spacing?: readonly number[];
  readonly center?: Vec3;
  readonly region?: readonly number[];
  readonly slabs?: number;
}

export interface ReconstructOptions extends GridOptions, MethodOptions {
  readonly projections: string;
  readonly out: string;
  readonly geometry?: string;
  readonly order?: string;
  readonly pixel?: readonly [number, number];
  readonly method?: MethodName | "auto";
  readonly i0?: number;
  readonly model?: Model;
  readonly truth?: string;
  readonly attenuation?: AttenuationName;
  readonly report?: string | false;
}

const methodNames = Object.keys(METHODS) as MethodName[];
const yesNo = parse.oneOf("auto", "yes", "no");

/** Names of the methods that take an option, for its help. */
const of = (name: keyof MethodOptions): string => {
  const takers = methodNames.filter((method) => METHODS[method].takes.includes(name));
  return `${takers.join(", ")}: `;
};

/** Adds the options, in the order in which the help shows them. */
export function addReconstructOptions(command: Command): Command {
  command
    .argument("<projections>", "line integrals: a stack of images in any format, or a folder of them")
    .requiredOption(
      "--out <file>",
      "the volume: .nii, .nii.gz, .nrrd, .mha, .npy, .zarr, ... or folder/ for DICOM slices, as convert writes them; required",
    )
    .option("--geometry <file>", "of any program (default: NAME.geometry.json beside the projections)")
    .option(
      "--order <axes>",
      'what the stack counts, slowest first (default: "view,row,column"; "view,-row,column" ...)',
    )
    .option(
      "--pixel <dx,dy>",
      "mm from pixel to pixel, where neither geometry nor stack says",
      parse.numbers(2, "two positive numbers such as 2,2", ([dx, dy]) => dx > 0 && dy > 0),
    )
    .option("--like <volume>", "reconstruct on the grid of this file")
    .option("--grid <NXxNYxNZ>", "voxels (default: the field of view of the detector)", parse.size3)
    .option("--spacing <mm>", "of --grid: one number or three with commas", parse.numberList)
    .option(
      "--center <x,y,z>",
      "of --grid, RAS mm (default: where the central rays meet)",
      parse.numbers(3, "three numbers such as 0,0,0"),
    )
    .option(
      "--region <x0,x1,y0,y1,z0,z1>",
      "only the voxels in this box, RAS mm; the rest is reconstructed coarsely and subtracted",
      parse.numbers(6, "six numbers such as -50,50,-50,50,0,80"),
    )
    .option("--slabs <n>", "cut the grid along its third axis and do one slab after the other", parse.positiveInteger)
    .option(
      "--method <name>",
      `auto, ${methodNames.join(", ")} (default: auto, which says why)`,
      parse.oneOf("auto", ...methodNames),
    )
    .option("--i0 <photons>", "photons a pixel without object, if known: auto then weighs rays", parse.positive)
    .option(
      "--model <name>",
      "siddon (exact for voxels), joseph or trilinear (default: joseph; fit: siddon)",
      parse.oneOf("siddon", "joseph", "trilinear"),
    );
  addSteering(command);
  command
    .option("--truth <volume>", "compare with this volume in the report (HU are converted)")
    .option("--report <file.html>", "where the report goes (default: OUT.html)")
    .option("--no-report", "write no report");
  return addAttenuationOption(parse.refuseBoth(command, "report", "no-report"));
}

function addSteering(command: Command): void {
  const number = (text: string, ok: (x: number) => boolean) => parse.number(text, ok);
  command
    .option("--iterations <n>", "iterations; one uses every view once (fit: one subset)", parse.positiveInteger)
    .option("--subsets <n>", `${of("subsets")}ordered subsets of the views`, parse.positiveInteger)
    .option("--start <volume>", "start from this volume instead of zeros (HU are converted)")
    .option("--mask <volume>", "voxels where this volume is 0 stay 0")
    .option("--weights <file>", "weight of each ray: .npy [view][row][column]")
    .option("--allow-negative", "voxels may become negative")
    .option("--lower <value>", "voxels stay at or above it", parse.finite)
    .option("--upper <value>", "voxels stay at or below it", parse.finite)
    .option("--tolerance <share>", "stop where the volume changes by less an iteration (default: 1e-4)", parse.finite)
    .option("--noise <sigma>", "standard deviation of the data: stop where they are met to it", parse.positive)
    .option("--relaxation <r>", `${of("relaxation")}share of each step that is taken (default: 1)`, parse.positive)
    .option("--lambda <weight>", `${of("lambda")}weight of the regularizer`, parse.positive)
    .option(
      "--penalty <name>",
      `${of("penalty")}identity or gradient (default: gradient)`,
      parse.oneOf("identity", "gradient"),
    )
    .option("--filter <name>", `${of("filter")}${RAMP_FILTERS.join(", ")}`, parse.oneOf(...RAMP_FILTERS))
    .option(
      "--cut <share>",
      `${of("cut")}of the band that passes (default: 1)`,
      number("a number above 0 and up to 1", (x) => x > 0 && x <= 1),
    )
    .option("--short <auto|yes|no>", `${of("short")}weights of a short scan (default: auto)`, yesNo)
    .option("--displaced <auto|yes|no>", `${of("displaced")}weights of a shifted detector (default: auto)`, yesNo)
    .option("--truncated <auto|yes|no>", `${of("truncated")}continue rows beyond the detector (default: auto)`, yesNo)
    .option("--loss <name>", "fit: mse or l1 (default: mse)", parse.oneOf("mse", "l1"))
    .option("--optimizer <name>", "fit: adam or sgd (default: adam)", parse.oneOf("adam", "sgd"))
    .option(
      "--momentum <m>",
      "fit with sgd (default: 0)",
      number("a number from 0 to below 1", (m) => m >= 0 && m < 1),
    )
    .option("--learning-rate <rate>", "fit: change of a voxel in a step (default: 3 % of the range)", parse.positive)
    .option("--decay <name>", "fit: of the rate, cosine or none (default: cosine)", parse.oneOf("none", "cosine"))
    .option(
      "--rays <fraction>",
      "fit: random share of the pixels in each step (default: 1)",
      number("a number above 0 and up to 1", (f) => f > 0 && f <= 1),
    )
    .option("--tv <weight,delta>", "fit: smoothed total variation", parse.numbers(2, "two numbers such as 1e-4,1e-4"))
    .option("--seed <n>", `${of("seed")}of random choices (default: 0)`, parse.integer)
    .option("--checkpoint <file>", "where the state goes at Ctrl-C and every --checkpoint-every iterations")
    .option("--checkpoint-every <n>", "iterations between checkpoints", parse.positiveInteger)
    .option("--resume <file>", "go on from a checkpoint (same options, same bits)");
}

/** Options of `MethodOptions` that were given. */
export const givenOptions = (options: MethodOptions): (keyof MethodOptions)[] =>
  (Object.keys(options) as (keyof MethodOptions)[]).filter((name) => STEERING.has(name) && options[name] !== undefined);

const STEERING: ReadonlySet<string> = new Set(methodNames.flatMap((name) => METHODS[name].takes));

/** Options that ask for nothing here are refused rather than ignored. @throws INVALID_ARGUMENT */
export function checkReconstructOptions(options: ReconstructOptions): void {
  const refuse = (message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect: "contradictory-options" });
  };
  if (options.momentum !== undefined && options.optimizer !== "sgd")
    refuse("--momentum belongs to --optimizer sgd; adam has its own");
  if (options.attenuation !== undefined && !options.truth && !options.start)
    refuse("--attenuation converts the HU of --truth and --start; neither is given");
  if (options.region && options.slabs) refuse("--region and --slabs exclude each other: give one of them");
  if ((options.region || options.slabs) && (options.checkpoint || options.checkpointEvery || options.resume))
    refuse("checkpoints hold the state of one run, --region and --slabs make several: leave out one of them");
  if (options.i0 !== undefined && options.method !== undefined && options.method !== "auto" && !options.weights)
    if (!METHODS[options.method].takes.includes("weights")) refuse(`--method ${options.method} has no use for --i0`);
}

/** @throws INVALID_ARGUMENT (defect `contradictory-options`) naming the methods that take the option */
export function refuseForeignOptions(name: MethodName, method: CliMethod, options: MethodOptions): void {
  for (const option of givenOptions(options)) {
    if (method.takes.includes(option)) continue;
    const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const takers = methodNames.filter((other) => METHODS[other].takes.includes(option));
    throw fault("INVALID_ARGUMENT", `${flag} is no option of --method ${name}; it belongs to ${takers.join(", ")}`, {
      defect: "contradictory-options",
      option,
    });
  }
}

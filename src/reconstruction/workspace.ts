import type { DeviceArray, Shape } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { deviceVolume, toDevice, toHost, zeroProjections, zeros } from "../projector/arrays.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections, Quantity, Volume } from "../volume/grid.js";
import { readArray } from "./checkpoint.js";
import { checkGridOf, checkWeights, uploadMask } from "./constraints.js";
import { createSubsets, type Subset } from "./measurements.js";
import type { IterativeOptions } from "./runMethod.js";
import { subsetsInOrder } from "./subsets.js";

/** What a method works on. All that it makes here is disposed of when the run ends, but for `x`. */
export interface Workspace {
  readonly A: Projector;
  readonly projections: Projections;
  readonly weights: Float32Array | Float64Array | undefined;
  /** True if the caller gave a start. */
  readonly started: boolean;
  /** The reconstruction: start (inside mask and bounds), or where the checkpoint ended. */
  readonly x: DeviceVolume;
  readonly mask: DeviceVolume | undefined;
  readonly bounds: { readonly lower: number; readonly upper: number };
  /** The subsets of the views in the order of their visits; in each, the views lie apart. */
  readonly parts: readonly Subset[];
  /** As `parts`, in another number of subsets; made at the first call. */
  split(subsets: number): readonly Subset[];
  /** Sum of the weights of all rays (without weights: their number). */
  readonly totalWeight: number;
  readonly tolerance: number;
  /** True if a checkpoint is continued: arrays and numbers of the state then come from it. */
  readonly resumed: boolean;
  own<T extends Disposable>(resource: T): T;
  /** An array that is part of the state: zeros, or as the checkpoint holds it. */
  state(name: string, shape: Shape): Promise<DeviceArray>;
  /** A volume that is part of the state; `fresh`: from now on, so that a checkpoint that is continued does not hold it. */
  stateVolume(name: string, fresh?: boolean): Promise<DeviceVolume>;
  /** Numbers that are part of the state: change them in place. Returns those of the checkpoint if there is one. */
  numbers<N extends Record<string, number>>(initial: N): N;
  /** Applies bounds and mask to a volume. */
  constrain(volume: DeviceVolume): void;
  /** sqrt(sum of squares / sum of weights) */
  rms(squares: number): number;
}

/** What `createWorkspace` is made from. */
interface WorkspaceParts {
  readonly A: Projector;
  readonly projections: Projections;
  readonly options: IterativeOptions;
  readonly settings: {
    readonly subsets: number;
    readonly lower: number;
    readonly upper: number;
    readonly tolerance: number;
  };
  readonly x: DeviceVolume;
  readonly own: Workspace["own"];
}

/** The workspace of a run; `arrays` and `numbers` give the state as far as the method has asked for it. */
export function createWorkspace({ A, projections, options, settings, x, own }: WorkspaceParts) {
  const { weights, resume } = options;
  const { lower, upper, tolerance } = settings;
  const totalWeight = weights ? checkWeights(weights, projections) : projections.values.length;
  const mask = options.mask && own(uploadMask(A, options.mask));
  const create = createSubsets(A, projections, own, weights);
  const arrays: Record<string, DeviceArray> = {};
  let numbers: Record<string, number> = {};
  const state = async (name: string, shape: Shape, fresh = false) => {
    const values = resume && !fresh && (await readArray(resume, name));
    arrays[name] = own(values ? A.backend.upload(values, shape, name, "real") : A.backend.allocate(shape, name));
    return arrays[name];
  };
  const splits = new Map<number, readonly Subset[]>();
  const split = (subsets: number) => {
    const parts = splits.get(subsets) ?? subsetsInOrder(projections, subsets).map(create);
    splits.set(subsets, parts);
    return parts;
  };
  const work: Workspace = {
    A,
    projections,
    weights,
    started: options.start !== undefined,
    x,
    mask,
    bounds: { lower, upper },
    parts: split(settings.subsets),
    split,
    totalWeight,
    tolerance,
    resumed: resume !== undefined,
    own,
    state: (name, shape) => state(name, shape),
    stateVolume: async (name, fresh) => deviceVolume(await state(name, x.array.shape, fresh), A.grid, x.quantity),
    numbers(initial) {
      const restored = resume && (resume.numbers as typeof initial);
      const current = { ...initial, ...restored };
      numbers = current;
      return current;
    },
    constrain({ array }) {
      if (lower > -Infinity || upper < Infinity) A.backend.run("clamp", { x: array, lower, upper });
      if (mask) A.backend.run("multiply", { x: mask.array, y: array });
    },
    rms: (squares) => Math.sqrt(squares / totalWeight),
  };
  return { work, arrays, numbers: () => ({ ...numbers }) };
}

/** Images of the first subset of views as the volume predicts them. */
export async function predicted({ A, x, parts }: Workspace): Promise<Projections> {
  using image = zeroProjections(A.backend, A.detector, parts[0].A.views, "predicted");
  return await toHost(parts[0].A.apply(x, { out: image }));
}

/** @throws INVALID_ARGUMENT (defect `wrong-quantity`) and what `checkGridOf` throws */
export function checkStart(A: Projector, start: Volume | undefined, quantity: Quantity): void {
  if (!start) return;
  checkGridOf("start", A, start);
  if (start.quantity !== "unknown" && start.quantity !== quantity)
    throw fault(
      "INVALID_ARGUMENT",
      `start holds ${start.quantity}, but ${quantity} is reconstructed: convert it first (hounsfieldToAttenuation)`,
      { defect: "wrong-quantity" },
    );
}

/** The volume of a checkpoint, the start, or zeros. Belongs to the caller. */
export async function startVolume(
  A: Projector,
  { start, resume }: Pick<IterativeOptions, "start" | "resume">,
  quantity: Quantity,
): Promise<DeviceVolume> {
  const values = resume ? await readArray(resume, "volume") : start?.values;
  if (!values) return zeros(A.backend, A.grid, quantity, "reconstruction");
  return toDevice(A.backend, { quantity, grid: A.grid, values }, "reconstruction");
}

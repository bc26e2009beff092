/** The reconstruction methods of the command line: what each is, what it takes, what it holds in memory. */
import type { Model } from "../backend/kernels.js";
import type { Projector } from "../projector/index.js";
import {
  asdPocs,
  autoTv,
  cgls,
  fdk,
  fistaTv,
  fit,
  lsqr,
  mlem,
  osSqs,
  ossart,
  pdhg,
  type Run,
  sart,
  sirt,
  tikhonov,
} from "../reconstruction/index.js";
import type { Projections } from "../volume/grid.js";
import type { MethodOptions } from "./methodOptions.js";

/** What a method holds on the device at its peak, result and data included. */
export interface DeviceNeed {
  readonly volumes: number;
  /** Stacks as large as the data. */
  readonly stacks: number;
}

/** What decides how much a method holds. */
export interface RunShape {
  readonly views: number;
  readonly subsets: number;
  /** Of one volume, of a stack as large as the data, and of all that the device can hold. */
  readonly volumeBytes: number;
  readonly stackBytes: number;
  readonly limitBytes: number;
  readonly masked: boolean;
  readonly weighted: boolean;
}

export interface CliMethod {
  readonly about: string;
  readonly takes: readonly (keyof MethodOptions)[];
  readonly model: Model;
  needs(run: RunShape): DeviceNeed;
  /** Subsets unless told otherwise. @default 1 */
  readonly subsets?: (views: number) => number;
  /** Each plane of the grid is reconstructed alone, so that slabs are exact without margins. */
  readonly planeByPlane?: boolean;
  /** Passes over the data (forward and adjoint) beside its iterations. */
  readonly extraPasses: number;
  run(A: Projector, projections: Projections, options: object): Promise<Run>;
}

const CONSTRAINED = ["allowNegative", "lower", "upper", "mask", "weights"] as const;
const STEPWISE = ["iterations", "start", "checkpoint", "checkpointEvery", "resume"] as const;
const STOPPING = ["tolerance", "noise"] as const;

/** What iterative methods hold beside `volumes` and `stacks` if there are a mask and weights. */
const iterative =
  (volumes: number, stacks: number): CliMethod["needs"] =>
  ({ masked, weighted, subsets }) => ({
    volumes: volumes + Number(masked),
    // images of one subset at a time
    stacks: stacks + 1 / subsets + Number(weighted),
  });

/** SART keeps the column sums of all subsets if they fit a GiB, else one. */
const sweeping =
  (volumes: number): CliMethod["needs"] =>
  (run) => {
    const sums = run.subsets * run.volumeBytes <= 2 ** 30 ? run.subsets : 1;
    return iterative(volumes + sums, 2)(run);
  };

/**
 * auto-tv takes the solver that fits (12 volumes or 6) and keeps up to 12 iterates in the memory that is left: at most
 * this, less where the data decide early.
 */
const pathOfIterates: CliMethod["needs"] = (run) => {
  const fits = Math.floor((0.9 * run.limitBytes - 8 * run.stackBytes) / run.volumeBytes);
  return iterative(fits > 12 ? Math.min(24, fits) : Math.max(6, Math.min(18, fits)), 6)(run);
};

const TABLE = {
  "auto-tv": {
    about: "total variation with the weight found by held-out rays; nothing to tune",
    subsets: (views) => Math.min(5, Math.max(1, Math.floor(views / 5))),
    takes: [...STEPWISE, ...CONSTRAINED, "seed"],
    model: "joseph",
    needs: pathOfIterates,
    extraPasses: 1,
    run: autoTv,
  },
  fdk: {
    about: "filtered backprojection: cone, fan and parallel beams on a circle",
    takes: ["filter", "cut", "short", "displaced", "truncated"],
    model: "joseph",
    // filtered views exist in batches of at most 32, two of them at a time
    needs: ({ views }) => ({ volumes: 1, stacks: Math.min(1, 64 / views) }),
    planeByPlane: true,
    extraPasses: 0,
    run: fdk,
  },
  sirt: {
    about: "all views at once, slow and steady",
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "relaxation"],
    model: "joseph",
    needs: iterative(3, 2),
    extraPasses: 1,
    run: sirt,
  },
  sart: {
    about: "one view after the other",
    subsets: (views) => views,
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "relaxation"],
    model: "joseph",
    needs: sweeping(2),
    extraPasses: 1,
    run: sart,
  },
  "os-sart": {
    about: "ordered subsets of views",
    subsets: (views) => Math.min(10, Math.max(1, Math.floor(views / 5))),
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "subsets", "relaxation"],
    model: "joseph",
    needs: sweeping(2),
    extraPasses: 1,
    run: ossart,
  },
  cgls: {
    about: "conjugate gradients for least squares; stop early where there is noise",
    takes: [...STEPWISE, "mask", "weights", ...STOPPING],
    model: "joseph",
    needs: iterative(3, 2),
    extraPasses: 0,
    run: cgls,
  },
  lsqr: {
    about: "the same by bidiagonalization, a little steadier",
    takes: [...STEPWISE, "mask", "weights", ...STOPPING],
    model: "joseph",
    needs: iterative(4, 2),
    extraPasses: 0,
    run: lsqr,
  },
  tikhonov: {
    about: "least squares with a quadratic penalty on voxels or their differences",
    takes: [...STEPWISE, "mask", "weights", ...STOPPING, "lambda", "penalty"],
    model: "joseph",
    needs: iterative(5, 2),
    extraPasses: 1,
    run: tikhonov,
  },
  "asd-pocs": {
    about: "SART and steps along total variation, as the papers run it: a baseline",
    subsets: (views) => views,
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "subsets", "relaxation"],
    model: "joseph",
    needs: sweeping(5),
    extraPasses: 2,
    run: asdPocs,
  },
  mlem: {
    about: "maximum likelihood of Poisson data; with --subsets OSEM",
    takes: [...STEPWISE, "lower", "upper", "mask", "weights", ...STOPPING, "subsets"],
    model: "joseph",
    needs: iterative(4, 1),
    extraPasses: 1,
    run: mlem,
  },
  "os-sqs": {
    about: "least squares with smoothed total variation, few volumes: for large problems",
    subsets: (views) => Math.min(5, Math.max(1, Math.floor(views / 5))),
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "subsets", "lambda"],
    model: "joseph",
    needs: iterative(4, 1),
    extraPasses: 2,
    run: osSqs,
  },
  "fista-tv": {
    about: "least squares with total variation of a given weight",
    subsets: (views) => Math.min(5, Math.max(1, Math.floor(views / 5))),
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "subsets", "lambda"],
    model: "joseph",
    needs: iterative(10, 1),
    extraPasses: 2,
    run: fistaTv,
  },
  pdhg: {
    about: "the same by primal-dual steps, slow: a reference",
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "lambda"],
    model: "joseph",
    needs: iterative(12, 2),
    extraPasses: 20,
    run: pdhg,
  },
  fit: {
    about: "gradient descent through the renderer",
    takes: [
      ...STEPWISE,
      ...["subsets", "allowNegative", "loss", "optimizer", "momentum", "learningRate", "decay", "rays", "tv", "seed"],
    ] as (keyof MethodOptions)[],
    model: "siddon",
    needs: () => ({ volumes: 4, stacks: 3 }),
    extraPasses: 0,
    run: fit,
  },
} as const satisfies Record<string, CliMethod>;

export type MethodName = keyof typeof TABLE;

export const METHODS: Readonly<Record<MethodName, CliMethod>> = TABLE;

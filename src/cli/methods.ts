/** The reconstruction methods of the command line: what each is, what it takes, what it holds in memory. */
import type { Model } from "../backend/kernels.js";
import type { Projector } from "../projector/index.js";
import { fdk, fit, type Run, sirt } from "../reconstruction/index.js";
import type { Projections } from "../volume/grid.js";
import type { MethodOptions } from "./methodOptions.js";

/** What a method holds on the device at its peak, result and data included. */
export interface DeviceNeed {
  readonly volumes: number;
  /** Stacks as large as the data. */
  readonly stacks: number;
}

export interface CliMethod {
  readonly about: string;
  readonly takes: readonly (keyof MethodOptions)[];
  readonly model: Model;
  /** `subsets` of the views, and whether there are a mask and weights. */
  needs(run: { readonly subsets: number; readonly masked: boolean; readonly weighted: boolean }): DeviceNeed;
  /** Each plane of the grid is reconstructed alone, so that slabs are exact without margins. */
  readonly planeByPlane?: boolean;
  /** Passes over the data (forward and adjoint) beside its iterations. */
  readonly extraPasses: number;
  run(A: Projector, projections: Projections, options: object): Promise<Run>;
}

const CONSTRAINED = ["allowNegative", "lower", "upper", "mask", "weights"] as const;
const STEPWISE = ["iterations", "start", "checkpoint", "checkpointEvery", "resume"] as const;
const STOPPING = ["tolerance", "noise"] as const;

const TABLE = {
  fdk: {
    about: "filtered backprojection",
    takes: ["filter", "cut", "short", "displaced", "truncated"],
    model: "joseph",
    // filtered views exist two batches of at most 32 at a time: little beside the volume
    needs: () => ({ volumes: 1, stacks: 0 }),
    planeByPlane: true,
    extraPasses: 0,
    run: fdk,
  },
  sirt: {
    about: "SIRT",
    takes: [...STEPWISE, ...CONSTRAINED, ...STOPPING, "relaxation"],
    model: "joseph",
    needs: ({ masked, weighted }) => ({ volumes: 3 + Number(masked), stacks: 3 + Number(weighted) }),
    extraPasses: 1,
    run: sirt,
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

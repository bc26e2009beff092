/** What goes into a registration and what comes out. */
import type { Backend } from "../backend/backend.js";
import type { Model } from "../backend/kernels.js";
import type { Matrix4, Vec3 } from "../core/linear.js";
import type { View } from "../geometry/view.js";
import type { Volume } from "../volume/grid.js";
import type { Evidence } from "./evidence.js";
import type { Intrinsic } from "./layout.js";
import type { VolumePyramid } from "./volumePyramid.js";
import type { XRay } from "./xray.js";

/** How far from the start the pose is looked for. */
export interface SearchBox {
  /** Degrees, each of three angles to both sides (Euler ZXY). */
  readonly rotationDeg: number;
  /** mm, along each axis to both sides. */
  readonly translation: number;
}

/** `one-start`: from the start alone; `multi-start`: from many poses of the search box; `auto`: the second where the first is in doubt. */
export const RECIPES = ["auto", "one-start", "multi-start"] as const;
/** One of `RECIPES`. */
export type Recipe = (typeof RECIPES)[number];

/** What was reached after a round of a search. */
export interface RegistrationStep {
  /** Counts rounds from 0. */
  readonly iteration: number;
  /** "ncc", "gradient ncc", ... with its parameters. */
  readonly similarity: string;
  /** Pixels of the images that are compared. */
  readonly rows: number;
  readonly columns: number;
  /** Starts that are followed. */
  readonly starts: number;
  /** Renderings of one X-ray so far. */
  readonly evaluations: number;
  /** Score of the best start; comparable within one similarity and size. */
  readonly score: number;
  /** Of the best start, one a body. */
  readonly motions: readonly Matrix4[];
  /** Per body the views of all X-rays at the best start; `renderTrace` shows what they see. */
  readonly views: readonly (readonly View[])[];
  readonly seconds: number;
}

/** Options of every registration. */
export interface RegistrationOptions {
  /** @default "auto" */
  readonly recipe?: Recipe;
  /**
   * Rigid motion (world mm) of all X-rays together that the search begins with: the ray points X of the views as given
   * lie at `start` X. @default none
   */
  readonly start?: Matrix4;
  /** About `start`; also bounds the result. @default 45 degrees, 30 mm */
  readonly search?: SearchBox;
  /** World mm: what motions turn about. @default the center of the grid */
  readonly isocenter?: Vec3;
  /**
   * `cut-faces`: rays that leave the volume through the two faces at its ends (of the axis nearest to head-foot) do not
   * count, since the body goes on there; `none`: all rays count. @default "cut-faces"
   */
  readonly mask?: "cut-faces" | "none";
  /** Intrinsics of each X-ray that are unknown too. @default none */
  readonly refine?: readonly Intrinsic[];
  /** @default "joseph" */
  readonly model?: Model;
  /** Of the poses of `multi-start`; equal seeds give equal results. @default 0 */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called after every round; "stop" ends the search where it is. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (step: RegistrationStep) => "stop" | undefined | void;
}

/** Options of `registerViews`. */
export interface RegisterViewsOptions extends RegistrationOptions {
  /** Needed with a volume; a pyramid has its own. */
  readonly backend?: Backend;
  /** Attenuation or density, or what `createVolumePyramid` made of it (faster where many X-rays are registered). */
  readonly volume: Volume | VolumePyramid;
  /** Of one patient at one moment, their poses to each other known. */
  readonly xrays: readonly XRay[];
}

/** Options of `registerEach`. */
export interface RegisterEachOptions extends Omit<RegisterViewsOptions, "onIteration"> {
  /** Called after every round with the number of the X-ray, from 0; "stop" ends the search of that X-ray where it is. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
  readonly onIteration?: (step: RegistrationStep, xray: number) => "stop" | undefined | void;
}

/** Options of `registerBodies`. */
export interface RegisterBodiesOptions extends Omit<RegistrationOptions, "recipe" | "isocenter" | "seed"> {
  readonly backend: Backend;
  /** Attenuation or density. */
  readonly volume: Volume;
  /** Integers on the grid of the volume: which voxel belongs to which structure. */
  readonly labels: Volume;
  /** Labels of each rigid body; a label belongs to one body at most. Voxels of no body are not rendered. */
  readonly bodies: readonly (readonly number[])[];
  /** One motion a body to begin with, instead of `start` for all. */
  readonly starts?: readonly Matrix4[];
  readonly xrays: readonly XRay[];
}

/** Whether a result can be relied on. */
export interface Judgment {
  readonly verdict: "certain" | "doubtful";
  /** Sentences with the numbers that speak for and against it. */
  readonly reasons: readonly string[];
}

/** What every registration tells. */
export interface RegistrationFacts extends Judgment {
  /** mm per X-ray: by how much its detector moved along its normal, its rows, its columns, as far as refined. */
  readonly intrinsics: readonly { readonly sdd?: number; readonly principalPoint?: readonly [number, number] }[];
  /** Correlation of gradients in windows of 8 pixels at the finest level, in [-1, 1]; 0.45 and more is usual for real X-rays. */
  readonly score: number;
  /** Smallest share of valid rays of any X-ray. */
  readonly share: number;
  /** Renderings of one X-ray. */
  readonly evaluations: number;
  readonly seconds: number;
  /**
   * `converged`: the last step was below 2e-4 rad and 0.02 mm, or below five times that and no better; `evaluations`: the
   * last stage reached its limit; `flat`: nothing in the images depends on the pose.
   */
  readonly stopped: "converged" | "evaluations" | "flat" | "callback";
  /** What the verdict rests on besides the score. */
  readonly evidence: Evidence;
  /** One entry a round. */
  readonly trace: readonly RegistrationStep[];
}

/** Where the X-rays were taken from. */
export interface Registration extends RegistrationFacts {
  /** Rigid motion T, world mm: a ray point X of the views as given lies at T X. */
  readonly motion: Matrix4;
  /** The X-rays' views at T (and with their refined intrinsics), in the order given. */
  readonly views: readonly View[];
}

/** Where the X-rays were taken from, seen from each of several bodies. */
export interface FoundPoses extends RegistrationFacts {
  /** One rigid motion a body, world mm: a ray point X of the views as given lies at T X, for a body that stays. */
  readonly motions: readonly Matrix4[];
  /** Per body the views of all X-rays. */
  readonly views: readonly (readonly View[])[];
}

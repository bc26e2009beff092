import { fault } from "../core/errors.js";
import type { DeviceVolume, Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { misfit } from "./measurements.js";
import { type Definition, type IterativeOptions, runMethod } from "./runMethod.js";
import { checkRelaxation } from "./sirt.js";
import { createLedger, inverseColumnSums, inverseRowSums, type Ledger, workVolume } from "./sums.js";
import type { Run } from "./types.js";
import type { Workspace } from "./workspace.js";

/** What `sart` and `ossart` may be told. */
export interface SartOptions extends IterativeOptions {
  /** Epochs: each uses every view once. @default 20 */
  readonly iterations?: number;
  /** Factor of the updates in the first epoch, above 0 and below 2; about 0.3 for noisy data. @default 1 */
  readonly relaxation?: number;
  /** Factor of the relaxation from epoch to epoch, above 0 and at most 1. @default 0.999 */
  readonly relaxationDecay?: number;
}

/** Views that a subset of `ossart` has at least unless told otherwise. */
const SUBSET_VIEWS = 5;

/**
 * Simultaneous algebraic reconstruction with ordered subsets: for each subset m of the views x <- x - a C_m A_mᵀ R_m
 * (A_m x - p_m), R = w / r, r = A 1, C_m = 1 / (A_mᵀ w); bounds and mask after every subset. Default: 10 subsets, but of 5
 * views at least. The first epochs come nearest to the volume; with noise they go on to fit it.
 * `value` of the history: half the weighted sum of squares of A_m x - p_m over the subsets, each before its update.
 * Source: Andersen and Kak, Ultrason. Imaging 6(1), 1984; subsets: Wang and Jiang, J. X-Ray Sci. Technol. 12, 2004.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export const ossart = (A: Projector, projections: Projections, options: SartOptions = {}): Promise<Run> =>
  runMethod(
    definition("ossart", (views) => Math.min(10, Math.max(1, Math.floor(views / SUBSET_VIEWS)))),
    A,
    projections,
    options,
  );

/** `ossart` with as many subsets as views. */
export const sart = (A: Projector, projections: Projections, options: SartOptions = {}): Promise<Run> =>
  runMethod(
    { ...definition("sart", (views) => views), without: { subsets: "each view is one; ossart has subsets" } },
    A,
    projections,
    options,
  );

function definition(name: string, subsets: (views: number) => number): Definition<SartOptions, SartSettings> {
  return {
    name,
    own: ["relaxation", "relaxationDecay"],
    iterations: 20,
    subsets,
    settle: sartSettings,
    async prepare(work, { relaxation, relaxationDecay }) {
      const sweep = await createSweep(work);
      const ledger = createLedger(work);
      return {
        async step(iteration) {
          await sweep(relaxation * relaxationDecay ** iteration, ledger);
          return await ledger.close();
        },
      };
    },
  };
}

/** Relaxation of a method that sweeps as `sart`. */
export interface SartSettings {
  readonly relaxation: number;
  readonly relaxationDecay: number;
}

/** @throws INVALID_ARGUMENT */
export function sartSettings({ relaxation = 1, relaxationDecay = 0.999 }: SartOptions): SartSettings {
  checkRelaxation(relaxation);
  if (!(relaxationDecay > 0 && relaxationDecay <= 1))
    throw fault("INVALID_ARGUMENT", `relaxationDecay must be above 0 and at most 1, not ${relaxationDecay}`, {
      field: "relaxationDecay",
    });
  return { relaxation, relaxationDecay };
}

/** Column sums of all subsets are kept up to this many bytes; beyond, each is computed again at every visit. */
const KEPT_BYTES = 2 ** 30;

/** One epoch of SART on `work.x`: every subset once, with bounds and mask. */
export type Sweep = (relaxation: number, ledger?: Ledger) => Promise<void>;

/** @throws INVALID_GEOMETRY (defect `volume-not-seen`) */
export async function createSweep(work: Workspace): Promise<Sweep> {
  const { x, parts } = work;
  const { backend } = work.A;
  const inverseRows = await inverseRowSums(work);
  const columnsOf = await columnSums(work);
  const update = workVolume(work, "update");
  return async (relaxation, ledger) => {
    for (const [m, part] of parts.entries()) {
      const inverseColumns = await columnsOf(m);
      misfit(part, x);
      ledger?.noteMisfit(part.image);
      backend.run("multiply", { x: inverseRows[m].array, y: part.image.array });
      part.A.adjoint(part.image, { out: update });
      backend.run("multiply", { x: inverseColumns.array, y: update.array });
      backend.run("axpby", { a: -relaxation, x: update.array, b: 1, y: x.array });
      work.constrain(x);
      ledger?.noteUpdate(update, relaxation);
    }
  };
}

/** 1 / c of subset m: all kept where they fit, else one buffer that is filled again (the bits are the same). */
async function columnSums(work: Workspace): Promise<(m: number) => Promise<DeviceVolume>> {
  const { parts, x } = work;
  if (4 * x.array.length * parts.length > KEPT_BYTES) {
    const shared = workVolume(work, "inverse column sums");
    return async (m) => {
      await inverseColumnSums(work, parts[m], shared);
      return shared;
    };
  }
  const kept: DeviceVolume[] = [];
  for (const part of parts) {
    kept.push(workVolume(work, "inverse column sums"));
    await inverseColumnSums(work, part, kept[kept.length - 1]);
  }
  return async (m) => kept[m];
}

import type { DeviceVolume } from "../projector/types.js";
import { misfit, type Subset } from "./measurements.js";
import { createLedger, type Ledger, workVolume } from "./sums.js";
import type { Workspace } from "./workspace.js";

/**
 * Steps of ordered subsets with momentum. Where `z` is the point at which gradients are taken: g = A_mᵀW(A_m z - p_m);
 * x' from z and g by the method; if (z - x')·(x' - x) > 0 the momentum starts anew (t = 1); t' = (1 + sqrt(1 + 4t²))/2;
 * z = x' + (t - 1)/t' (x' - x).
 * Source: Kim, Ramani, Fessler, IEEE Trans. Med. Imaging 34(1), 2015; restart: O'Donoghue, Candes, Found. Comput. Math. 15, 2015.
 */
export interface Momentum {
  readonly z: DeviceVolume;
  readonly ledger: Ledger;
  /** One subset; `move` turns the volume that holds g into x'. */
  step(part: Subset, move: (gradient: DeviceVolume) => void | Promise<void>): Promise<void>;
  /** Forgets the momentum: z = x, t = 1. */
  restart(): void;
}

/** @param numbers t is part of the state @param momentum without it z is x itself, which saves a volume */
export async function createMomentum(work: Workspace, numbers: { t: number }, momentum = true): Promise<Momentum> {
  const { x, mask, bounds } = work;
  const { backend } = work.A;
  const z = momentum ? await work.stateVolume("z") : x;
  const next = workVolume(work, "gradient, then the next volume");
  const turn = work.own(backend.allocate({ kind: "flat", length: 1 }, "turn"));
  const ledger = createLedger(work);
  const leavesMask = mask !== undefined && (bounds.lower > 0 || bounds.upper < 0);
  const restart = () => {
    numbers.t = 1;
    if (momentum) backend.run("copy", { out: z.array, x: x.array });
  };
  if (!work.resumed) restart();
  return {
    z,
    ledger,
    restart,
    async step(part, move) {
      misfit(part, z);
      ledger.noteMisfit(part.image);
      if (part.rootWeights) backend.run("multiply", { x: part.rootWeights.array, y: part.image.array });
      part.A.adjoint(part.image, { out: next });
      await move(next);
      if (leavesMask) backend.run("multiply", { x: mask.array, y: next.array });
      if (momentum) backend.run("dotDifferences", { out: turn, x: z.array, y: next.array, z: x.array });
      const turned = momentum && backend.download(turn);
      backend.run("axpby", { a: 1, x: next.array, b: -1, y: x.array });
      ledger.noteUpdate(x, 1);
      if (turned) {
        if ((await turned)[0] > 0) numbers.t = 1;
        const t = (1 + Math.sqrt(1 + 4 * numbers.t ** 2)) / 2;
        backend.run("copy", { out: z.array, x: next.array });
        if (numbers.t > 1) backend.run("axpby", { a: (numbers.t - 1) / t, x: x.array, b: 1, y: z.array });
        numbers.t = t;
      }
      backend.run("copy", { out: x.array, x: next.array });
    },
  };
}

/** Subsets with which momentum converges: at least 5 views in each and at most 5 of them. */
export const momentumSubsets = (views: number): number => Math.min(5, Math.max(1, Math.floor(views / 5)));

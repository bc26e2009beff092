import { fault } from "../core/errors.js";
import type { Projector } from "../projector/types.js";
import type { Projections } from "../volume/grid.js";
import { misfit } from "./measurements.js";
import { type IterativeOptions, runMethod } from "./runMethod.js";
import { createLedger, inverseColumnSums, inverseRowSums, workVolume } from "./sums.js";
import type { Run } from "./types.js";

/** What `sirt` may be told. */
export interface SirtOptions extends IterativeOptions {
  /** @default 200 */
  readonly iterations?: number;
  /** Factor of the update, above 0 and below 2. @default 1 */
  readonly relaxation?: number;
}

/**
 * Simultaneous iterative reconstruction: x <- x - a C Aᵀ R (A x - p), R = w / r, C = 1 / (Aᵀ w), r = A 1; bounds and mask
 * after every update. It goes to the least squares weighted with R, slowly.
 * `value` of the history: half the weighted sum of squares of A x - p, before the update.
 * Source: Gilbert, J. Theor. Biol. 36(1), 1972; weights: Gregor and Benson, IEEE Trans. Med. Imaging 27(7), 2008.
 * @throws SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT, INVALID_GEOMETRY (defect `volume-not-seen`), OUT_OF_MEMORY
 */
export function sirt(A: Projector, projections: Projections, options: SirtOptions = {}): Promise<Run> {
  return runMethod(
    {
      name: "sirt",
      own: ["relaxation"],
      without: { subsets: "it uses all views at once; ossart has subsets" },
      iterations: 200,
      settle: ({ relaxation = 1 }: SirtOptions) => {
        checkRelaxation(relaxation);
        return { relaxation };
      },
      async prepare(work, { relaxation }) {
        const { x } = work;
        const { backend } = work.A;
        const [part] = work.parts;
        const [inverseRows] = await inverseRowSums(work);
        const inverseColumns = workVolume(work, "inverse column sums");
        await inverseColumnSums(work, part, inverseColumns);
        const update = workVolume(work, "update");
        const ledger = createLedger(work);
        return {
          async step() {
            misfit(part, x);
            ledger.noteMisfit(part.image);
            backend.run("multiply", { x: inverseRows.array, y: part.image.array });
            part.A.adjoint(part.image, { out: update });
            backend.run("multiply", { x: inverseColumns.array, y: update.array });
            backend.run("axpby", { a: -relaxation, x: update.array, b: 1, y: x.array });
            work.constrain(x);
            ledger.noteUpdate(update, relaxation);
            return await ledger.close();
          },
        };
      },
    },
    A,
    projections,
    options,
  );
}

/** @throws INVALID_ARGUMENT */
export function checkRelaxation(relaxation: number): void {
  if (!(relaxation > 0 && relaxation < 2))
    throw fault("INVALID_ARGUMENT", `relaxation must be above 0 and below 2, not ${relaxation}: it would diverge`, {
      field: "relaxation",
    });
}

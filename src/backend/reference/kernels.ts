import type { KernelTable } from "../kernels.js";
import { backproject } from "./backproject.js";
import * as elementwise from "./elementwise.js";
import { filterRows } from "./filterRows.js";
import { normalizedCrossCorrelation } from "./normalizedCrossCorrelation.js";
import * as optimizers from "./optimizers.js";
import * as projectors from "./project.js";
import * as rayProjectors from "./projectRays.js";
import * as reductions from "./reductions.js";
import * as variation from "./totalVariation.js";
import * as variationDual from "./totalVariationDual.js";
import { viewGradient } from "./viewGradient.js";

/** Everything, in float64. */
export const REFERENCE_KERNELS: KernelTable = {
  fill: { run: elementwise.fill },
  copy: { run: elementwise.copy },
  axpby: { run: elementwise.axpby },
  multiply: { run: elementwise.multiply },
  clamp: { run: elementwise.clamp },
  reciprocalOrZero: { run: elementwise.reciprocalOrZero },
  sign: { run: elementwise.sign },
  mapPiecewise: { run: elementwise.mapPiecewise },
  selectLabel: { run: elementwise.selectLabel },
  sum: { run: reductions.sum },
  sumAbsolute: { run: reductions.sumAbsolute },
  sumSquares: { run: reductions.sumSquares },
  dot: { run: reductions.dot },
  dotDifferences: { run: reductions.dotDifferences },
  kullbackLeibler: { run: reductions.kullbackLeibler },
  extrema: { run: reductions.extrema },
  totalVariation: { run: variation.totalVariation },
  totalVariationGradient: { run: variation.totalVariationGradient },
  surrogateStep: { run: variation.surrogateStep },
  totalVariationDualStep: { run: variationDual.totalVariationDualStep },
  totalVariationPrimal: { run: variationDual.totalVariationPrimal },
  normalizedCrossCorrelation: { run: normalizedCrossCorrelation },
  adamStep: { run: optimizers.adamStep },
  sgdStep: { run: optimizers.sgdStep },
  project: { run: projectors.project },
  projectAdjoint: { run: projectors.projectAdjoint },
  projectLineJacobian: { run: projectors.projectLineJacobian },
  viewGradient: { run: viewGradient },
  projectMaximum: { run: projectors.projectMaximum },
  projectRays: { run: rayProjectors.projectRays },
  projectRaysAdjoint: { run: rayProjectors.projectRaysAdjoint },
  projectRaysJacobian: { run: rayProjectors.projectRaysJacobian },
  filterRows: { run: filterRows },
  backproject: { run: backproject },
};

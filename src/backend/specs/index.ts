import type { KernelName } from "../kernels.js";
import { adamStep } from "./adamStep.js";
import { axpby } from "./axpby.js";
import { backproject } from "./backproject.js";
import { clamp } from "./clamp.js";
import { copy } from "./copy.js";
import { dot } from "./dot.js";
import { dotDifferences } from "./dotDifferences.js";
import { extrema } from "./extrema.js";
import { fill } from "./fill.js";
import { filterRows } from "./filterRows.js";
import { kullbackLeibler } from "./kullbackLeibler.js";
import { mapPiecewise } from "./mapPiecewise.js";
import { multiply } from "./multiply.js";
import { normalizedCrossCorrelation } from "./normalizedCrossCorrelation.js";
import { project } from "./project.js";
import { projectAdjoint } from "./projectAdjoint.js";
import { projectLineJacobian } from "./projectLineJacobian.js";
import { projectMaximum } from "./projectMaximum.js";
import { projectRays } from "./projectRays.js";
import { projectRaysAdjoint } from "./projectRaysAdjoint.js";
import { projectRaysJacobian } from "./projectRaysJacobian.js";
import { reciprocalOrZero } from "./reciprocalOrZero.js";
import { selectLabel } from "./selectLabel.js";
import { sgdStep } from "./sgdStep.js";
import { sign } from "./sign.js";
import type { KernelSpec } from "./spec.js";
import { sum } from "./sum.js";
import { sumAbsolute } from "./sumAbsolute.js";
import { sumSquares } from "./sumSquares.js";
import { surrogateStep } from "./surrogateStep.js";
import { totalVariation } from "./totalVariation.js";
import { totalVariationDualStep } from "./totalVariationDualStep.js";
import { totalVariationGradient } from "./totalVariationGradient.js";
import { totalVariationPrimal } from "./totalVariationPrimal.js";
import { viewGradient } from "./viewGradient.js";

/** A specification for every kernel; leaving one out does not compile. */
export const SPECS: { readonly [K in KernelName]: KernelSpec<K> } = {
  fill,
  copy,
  axpby,
  multiply,
  clamp,
  reciprocalOrZero,
  sign,
  mapPiecewise,
  selectLabel,
  sum,
  sumAbsolute,
  sumSquares,
  dot,
  dotDifferences,
  kullbackLeibler,
  extrema,
  totalVariation,
  totalVariationGradient,
  surrogateStep,
  totalVariationDualStep,
  totalVariationPrimal,
  normalizedCrossCorrelation,
  adamStep,
  sgdStep,
  project,
  projectAdjoint,
  projectLineJacobian,
  viewGradient,
  projectMaximum,
  projectRays,
  projectRaysAdjoint,
  projectRaysJacobian,
  filterRows,
  backproject,
};

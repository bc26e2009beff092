import type { KernelName } from "../kernels.js";
import type { Kernel } from "./kernel.js";
import { elementwiseKernels } from "./kernels/elementwise.js";
import { optimizerKernels } from "./kernels/optimizers.js";
import { reductionKernels } from "./kernels/reductions.js";

const MISSING = { unsupported: "not written in WGSL yet; use the wasm backend" } as const;

/** Code or a reason, for every kernel. */
export const WEBGPU_KERNELS: { readonly [K in KernelName]: Kernel<K> | { readonly unsupported: string } } = {
  ...elementwiseKernels,
  ...reductionKernels,
  ...optimizerKernels,
  totalVariation: MISSING,
  totalVariationGradient: MISSING,
  surrogateStep: MISSING,
  totalVariationDualStep: MISSING,
  totalVariationPrimal: MISSING,
  normalizedCrossCorrelation: MISSING,
  project: MISSING,
  projectAdjoint: MISSING,
  projectLineJacobian: MISSING,
  viewGradient: MISSING,
  projectMaximum: MISSING,
  projectRays: MISSING,
  projectRaysAdjoint: MISSING,
  projectRaysJacobian: MISSING,
  filterRows: MISSING,
  backproject: MISSING,
};

import type { KernelName } from "../kernels.js";
import type { Kernel } from "./kernel.js";
import { adjointKernels } from "./kernels/adjoint.js";
import { backprojectKernels } from "./kernels/backproject.js";
import { elementwiseKernels } from "./kernels/elementwise.js";
import { filterKernels } from "./kernels/filterRows.js";
import { jacobianKernels } from "./kernels/jacobian.js";
import { correlationKernels } from "./kernels/normalizedCrossCorrelation.js";
import { optimizerKernels } from "./kernels/optimizers.js";
import { projectKernels } from "./kernels/project.js";
import { maximumKernels } from "./kernels/projectMaximum.js";
import { reductionKernels } from "./kernels/reductions.js";
import { totalVariationKernels } from "./kernels/totalVariation.js";
import { totalVariationDualKernels } from "./kernels/totalVariationDual.js";
import { gradientKernels } from "./kernels/viewGradient.js";

/** Code or a reason, for every kernel. */
export const WEBGPU_KERNELS: { readonly [K in KernelName]: Kernel<K> | { readonly unsupported: string } } = {
  ...elementwiseKernels,
  ...reductionKernels,
  ...optimizerKernels,
  ...projectKernels,
  ...adjointKernels,
  ...jacobianKernels,
  ...gradientKernels,
  ...filterKernels,
  ...backprojectKernels,
  ...totalVariationKernels,
  ...totalVariationDualKernels,
  ...correlationKernels,
  ...maximumKernels,
};

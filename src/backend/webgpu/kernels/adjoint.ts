/** Adjoints: of views by the way that the backend has chosen for the model, where it applies; of single rays by scattering. */
import type { KernelName } from "../../kernels.js";
import type { Kernel } from "../kernel.js";
import { gatherViews, windowsOfCall } from "./gather.js";
import { scatterRays, scatterViews } from "./scatter.js";

export type AdjointKernel = Extract<KernelName, "projectAdjoint" | "projectRaysAdjoint">;

export const adjointKernels: { readonly [K in AdjointKernel]: Kernel<K> } = {
  projectAdjoint: (args, context) => {
    const windows = context.adjoint[args.model] === "gather" ? windowsOfCall(args, context) : undefined;
    if (windows) gatherViews(args, windows, context);
    else scatterViews(args, context);
  },
  projectRaysAdjoint: scatterRays,
};

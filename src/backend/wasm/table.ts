import type { KernelName } from "../kernels.js";
import { filteredLowerings } from "./filteredPhases.js";
import { LOWERINGS, type Lowering } from "./lowerings.js";
import { projectorLowerings } from "./projectorPhases.js";

/** Code or a reason, for every kernel. */
export const WASM_KERNELS: { readonly [K in KernelName]: Lowering<K> | { readonly unsupported: string } } = {
  ...LOWERINGS,
  ...projectorLowerings,
  ...filteredLowerings,
};

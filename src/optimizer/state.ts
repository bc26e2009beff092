import type { DeviceArray } from "../backend/backend.js";
import { fault } from "../core/errors.js";
import { disposeOnFailure } from "../core/owned.js";
import type { OptimizerState } from "./deviceOptimizer.js";

/** State arrays of an optimizer, shaped like `like`: zeros, or the values to continue from. */
export function restoreOrAllocate<Name extends string>(
  like: DeviceArray,
  names: readonly Name[],
  resume: OptimizerState | undefined,
): Record<Name, DeviceArray> {
  return disposeOnFailure((own) => {
    const arrays = {} as Record<Name, DeviceArray>;
    for (const name of names) {
      const values = resume?.arrays[name];
      if (resume && !values)
        throw fault("INVALID_ARGUMENT", `the state to resume from lacks '${name}'; it belongs to another optimizer`, {
          defect: "wrong-checkpoint",
        });
      arrays[name] = own(
        values ? like.backend.upload(values, like.shape, name, "real") : like.backend.allocate(like.shape, name),
      );
    }
    return arrays;
  });
}

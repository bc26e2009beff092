import { refuseUnknownOptions } from "../core/options.js";
import { REGISTER_OPTIONS, registerIn, withPyramid } from "./registerViews.js";
import type { RegisterEachOptions, Registration } from "./types.js";
import { checkXRays, nameOf } from "./xray.js";

/**
 * `registerViews` for X-rays whose poses to each other are not known: each finds its own motion from `start`, its own
 * score and its own verdict, in the order given. All are checked before the first is searched for.
 *
 * @throws as `registerViews`, but for `mixed-beams`
 */
export async function registerEach(options: RegisterEachOptions): Promise<Registration[]> {
  refuseUnknownOptions("registerEach", options, REGISTER_OPTIONS);
  const { xrays, onIteration, ...common } = options;
  checkXRays(xrays, "apart");
  return withPyramid(options, async (pyramid) => {
    const found: Registration[] = [];
    for (const [i, xray] of xrays.entries()) {
      const own = {
        ...{ ...common, xrays: [{ ...xray, name: nameOf(xray, i) }] },
        ...(onIteration && { onIteration: (step: Parameters<typeof onIteration>[0]) => onIteration(step, i) }),
      };
      found.push(await registerIn(pyramid, own, performance.now()));
    }
    return found;
  });
}

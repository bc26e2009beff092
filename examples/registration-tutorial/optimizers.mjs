/** The tutorial's six optimizers at its rates, in tomograd's names, and L-BFGS with a sensible unit for each parameter. */
import { adamMinimize, lbfgs, sgdMinimize } from "tomograd/optimizer";

const rates = (angle, length) => [angle, angle, angle, length, length, length];
/** One step of the tutorial's L-BFGS holds up to 20 iterations. */
const INSIDE = 20;

/** Per name: a function of what to minimize, the start and options, and how many of its iterations make one step. */
export const OPTIMIZERS = {
  sgd: { run: (f, x, o) => sgdMinimize(f, x, { learningRate: rates(5e-2, 1e2), ...o }) },
  "sgd, momentum": { run: (f, x, o) => sgdMinimize(f, x, { learningRate: rates(5e-2, 1e2), momentum: 0.5, ...o }) },
  "sgd, dampening": {
    run: (f, x, o) => sgdMinimize(f, x, { learningRate: rates(5e-2, 1e2), momentum: 0.5, dampening: 1e-4, ...o }),
  },
  adam: { run: (f, x, o) => adamMinimize(f, x, { learningRate: rates(1e-1, 5), ...o }) },
  "lbfgs, fixed": {
    inside: INSIDE,
    run: (f, x, o) => lbfgs(f, x, { lineSearch: "fixed", learningRate: 0.3, history: 100, ...o }),
  },
  "lbfgs, wolfe": { inside: INSIDE, run: (f, x, o) => lbfgs(f, x, { history: 100, ...o }) },
  "lbfgs, ours": { run: (f, x, o) => lbfgs(f, x, { scales: rates(0.05, 5), ...o }) },
};

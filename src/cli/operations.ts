import { compare } from "./commands/compare.js";
import { convert } from "./commands/convert.js";
import { convertGeometry } from "./commands/convertGeometry.js";
import { demo } from "./commands/demo.js";
import { doctor } from "./commands/doctor.js";
import { inspect } from "./commands/inspect.js";
import { prepare } from "./commands/prepare.js";
import { reconstruct } from "./commands/reconstruct.js";
import { register } from "./commands/register.js";
import { render } from "./commands/render.js";
import { simulate } from "./commands/simulate.js";
import { anyOperation, type Operation } from "./operation.js";

/** Every command but `run`, in the order of `--help`. */
export const OPERATIONS: readonly Operation[] = [
  anyOperation(demo),
  anyOperation(inspect),
  anyOperation(convert),
  anyOperation(convertGeometry),
  anyOperation(render),
  anyOperation(simulate),
  anyOperation(prepare),
  anyOperation(reconstruct),
  anyOperation(register),
  anyOperation(compare),
  anyOperation(doctor),
];

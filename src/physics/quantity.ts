import { fault } from "../core/index.js";
import type { Quantity, Volume } from "../volume/grid.js";

/** Refuses a volume that is known to hold another quantity. @throws INVALID_ARGUMENT (defect `wrong-quantity`) */
export function refuseQuantity(where: string, { quantity }: Volume, wanted: Quantity): void {
  if (quantity !== wanted && quantity !== "unknown")
    throw fault("INVALID_ARGUMENT", `${where} needs a volume of quantity '${wanted}', got '${quantity}'`, {
      defect: "wrong-quantity",
      expected: wanted,
      quantity,
    });
}

import { fault } from "../core/errors.js";
import { disposeOnFailure } from "../core/owned.js";
import { zeros, zerosLike } from "./arrays.js";
import type { DeviceProjections, DeviceVolume, Projector } from "./types.js";

/**
 * One radiograph per label: channel c is A (x where labels = c, else 0), the radiograph of that structure alone. Linear,
 * exact, and the sum over all labels is A x, for every model.
 *
 * `labels`: bytes on the grid of x (`toDevice` of a label volume). `wanted`: label values, in the order of the result.
 * What is returned belongs to the caller.
 * @throws SHAPE_MISMATCH if the grids differ
 */
export function labelChannels(
  A: Projector,
  x: DeviceVolume,
  labels: DeviceVolume,
  wanted: readonly number[],
): DeviceProjections[] {
  if (labels.array.type !== "u8")
    throw fault("INVALID_ARGUMENT", "labels must be a label volume of bytes (quantity 'label', Uint8Array)", {
      defect: "not-labels",
    });
  using selected = zerosLike(x, "selected label");
  return disposeOnFailure((own) =>
    wanted.map((label) => {
      A.backend.run("selectLabel", { out: selected.array, x: x.array, labels: labels.array, label });
      return own(A.apply(selected));
    }),
  );
}

/**
 * The transpose of `labelChannels`: sum over the labels of (Aᵀ of the channel's cotangent where labels = c).
 * What is returned belongs to the caller.
 */
export function labelChannelsAdjoint(
  A: Projector,
  cotangents: readonly DeviceProjections[],
  labels: DeviceVolume,
  wanted: readonly number[],
): DeviceVolume {
  if (cotangents.length !== wanted.length)
    throw fault("SHAPE_MISMATCH", `${wanted.length} labels need as many cotangents, ${cotangents.length} were given`);
  if (wanted.length === 0) throw fault("INVALID_ARGUMENT", "at least one label is needed");
  const { backend } = A;
  return disposeOnFailure((own) => {
    const total = own(zeros(backend, A.grid, "unknown", "label gradient"));
    for (const [channel, label] of wanted.entries()) {
      using whole = A.adjoint(cotangents[channel]);
      using part = zerosLike(whole);
      backend.run("selectLabel", { out: part.array, x: whole.array, labels: labels.array, label });
      backend.run("axpby", { a: 1, x: part.array, b: 1, y: total.array });
    }
    return total;
  });
}

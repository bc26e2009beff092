import { fault } from "../core/errors.js";

/** The numbers 0 .. count - 1 in bit-reversed order (for 8: 0 4 2 6 1 5 3 7), so that neighbors in time are far apart. */
export function bitReversedOrder(count: number): number[] {
  const bits = Math.ceil(Math.log2(Math.max(1, count)));
  const order: number[] = [];
  for (let i = 0; i < 2 ** bits; i++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
    if (reversed < count) order.push(reversed);
  }
  return order;
}

/**
 * Views of each subset: subset m holds views m, m + count, m + 2 count, ... Every view is in exactly one subset.
 * @throws INVALID_ARGUMENT if there are more subsets than views
 */
export function orderedSubsets(views: number, count: number): number[][] {
  if (!Number.isInteger(count) || count < 1 || count > views)
    throw fault(
      "INVALID_ARGUMENT",
      `subsets must be an integer from 1 to the number of views (${views}), not ${count}`,
      {
        field: "subsets",
      },
    );
  return Array.from({ length: count }, (_, m) => {
    const subset: number[] = [];
    for (let view = m; view < views; view += count) subset.push(view);
    return subset;
  });
}

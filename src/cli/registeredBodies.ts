/** The rigid bodies of a registration: the whole CT, or parts of it by their labels. */
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { bodyOf } from "../registration/bodyOf.js";
import type { Volume } from "../volume/grid.js";
import { readLabelMap } from "./labelMap.js";
import { REST } from "./registerOptions.js";
import type { Session } from "./session.js";

/** What moves as one. */
export interface Body {
  /** Its labels as they were asked for; absent for the whole CT. */
  readonly name?: string;
  /** RAS mm: what its motion turns about. */
  readonly center: Vec3;
}

/** Bodies by their labels, and the label map that they are told apart by. */
export interface LabeledBodies {
  readonly bodies: readonly Body[];
  readonly labels: Volume;
  /** Of each body, in `labels`. */
  readonly wanted: readonly (readonly number[])[];
}

/**
 * Bodies such as "3,4" or "rest" of a label map that is brought to the grid of the CT.
 * @throws INVALID_ARGUMENT (`shared-label`, `empty-body`), and as `readLabelMap`
 */
export async function readBodies(
  path: string,
  names: readonly string[],
  ct: Volume,
  session: Session,
): Promise<LabeledBodies> {
  const asked = names.map((name) => (name === REST ? [] : name.split(",").map(Number)));
  const all = asked.flat();
  const twice = [...all, ...names.filter((name) => name === REST)].find((label, i, list) => list.indexOf(label) !== i);
  if (twice !== undefined)
    throw fault(
      "INVALID_ARGUMENT",
      `found ${twice} in two of --bodies; expected it in one; leave it out of the other`,
      {
        defect: "shared-label",
        label: twice,
      },
    );
  const labels = await readLabelMap(path, all, ct.grid, session);
  const codes = new Map(all.map((label, n) => [label, n + 1]));
  const wanted = asked.map((own, i) => (names[i] === REST ? [0] : own.map((label) => codes.get(label)!)));
  const bodies = wanted.map((own, i): Body => ({ name: names[i], center: centerOf(ct, labels, own, names[i]) }));
  return { bodies, labels, wanted };
}

function centerOf(ct: Volume, labels: Volume, wanted: readonly number[], name: string): Vec3 {
  if (labels.values.some((label, i) => ct.values[i] > 0 && wanted.includes(label)))
    return bodyOf(ct, labels, wanted).center;
  throw fault(
    "INVALID_ARGUMENT",
    `found nothing that attenuates with --bodies ${name}; expected a body; check the labels`,
    {
      defect: "empty-body",
      labels: name,
    },
  );
}

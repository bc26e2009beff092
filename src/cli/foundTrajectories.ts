/** The views found as geometry files hold them: of one body and one detector each. */
import { add, scale } from "../core/linear.js";
import type { Detector, Trajectory, View } from "../geometry/index.js";
import type { RegisteredGroup } from "./registerGroups.js";

/** Views of one body and one detector, and the file that they belong in. */
export interface FoundTrajectory {
  readonly path: string;
  readonly trajectory: Trajectory;
}

/** In the order of the X-rays; one file as long as there are one body and one detector. */
export function foundTrajectories(groups: readonly RegisteredGroup[], out: string): FoundTrajectory[] {
  const found = groups.flatMap(({ bodies, xrays }, g) => {
    const before = groups.slice(0, g).reduce((sum, group) => sum + group.xrays.length, 0);
    return bodies.flatMap(({ name, views }) =>
      xrays.map(({ detector }, i) => ({ name, detector, view: views[i], xray: before + i + 1 })),
    );
  });
  const detectors = new Set(found.map(({ detector }) => keyOf(detector)));
  const parts = new Map<string, typeof found>();
  for (const one of found) {
    const key = `${one.name} ${keyOf(one.detector)}`;
    parts.set(key, [...(parts.get(key) ?? []), one]);
  }
  return [...parts.values()].map((part) => {
    const [{ name, detector, xray }] = part;
    const path = partPath(out, [name && `body-${name}`, detectors.size > 1 && `xray-${xray}`]);
    const about = `views found by registration${name ? ` of body ${name}` : ""}`;
    return { path, trajectory: { detector, views: part.map(({ view }) => view), about } };
  });
}

const keyOf = ({ rows, columns, pixelSize }: Detector) => `${rows} ${columns} ${pixelSize.join(" ")}`;

/** "found.geometry.json" with "body-71" is "found-body-71.geometry.json". */
export function partPath(out: string, words: readonly (string | false | undefined)[]): string {
  const [, base, ending] = /^(.*?)((?:\.geometry)?\.json)$/i.exec(out) ?? ["", out, ""];
  return [base, ...words.filter((word) => word).map((word) => String(word).replaceAll(",", "+"))].join("-") + ending;
}

/** The same place in the world as another number of pixels shows it. */
export function resized(view: View, from: Detector, to: Detector): View {
  const columnStep = scale(view.columnStep, from.columns / to.columns);
  const rowStep = scale(view.rowStep, from.rows / to.rows);
  const toCorner = scale(add(view.columnStep, view.rowStep), -0.5);
  const firstPixel = add(add(view.firstPixel, toCorner), scale(add(columnStep, rowStep), 0.5));
  return { ...view, firstPixel, columnStep, rowStep };
}

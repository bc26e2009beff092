import { fault, type Warning } from "../../core/errors.js";
import { cross, type Matrix4, norm, scale, type Vec3 } from "../../core/linear.js";
import type { Grid } from "../../volume/grid.js";
import { refuseBadAffine, refuseBadSpacing } from "../affine.js";
import { millimetersOf } from "../units.js";
import type { NrrdHeader } from "./header.js";

/** Signs that turn a space's axes into right, anterior, superior; null where the axes are not the patient's. */
const spaces: Readonly<Record<string, Vec3 | null>> = {
  "right-anterior-superior": [1, 1, 1],
  ras: [1, 1, 1],
  "left-anterior-superior": [-1, 1, 1],
  las: [-1, 1, 1],
  "left-posterior-superior": [-1, -1, 1],
  lps: [-1, -1, 1],
  "scanner-xyz": null,
  "3d-right-handed": null,
  "3d-left-handed": null,
};

/** Axes of these kinds are no directions of space. */
const NOT_SPATIAL =
  /^(list|time|point|vector|covariant-vector|normal|s(tub|calar)|complex|\d-(vector|color|gradient|normal)|rgba?-color|hsv-color|xyz-color|quaternion|3d-.*matrix|2d-.*matrix)$/i;

/** How the axes of the file make a volume. */
export interface NrrdGrid extends Grid {
  /** Volumes that alternate voxel by voxel: axes before those of space. */
  readonly inner: number;
  /** Groups of them: axes after those of space. */
  readonly outer: number;
  readonly warnings: Warning[];
}

/**
 * Which axes are space's, and voxel to RAS mm. Directions and origin of an anatomical space are exact; other spaces and
 * plain spacings are taken as right, anterior, superior with the warning `no-orientation`.
 * Source: the NRRD format definition, sections "Basic field specifications" to "Space and orientation information".
 * @throws CORRUPT_FILE (`singular-affine`, `zero-spacing`, `inconsistent-header`, ...), UNSUPPORTED_FORMAT
 */
export function nrrdGrid(header: NrrdHeader, name: string): NrrdGrid {
  const warnings: Warning[] = [];
  const { sizes, directions } = header;
  const axes = spatialAxes(header, name);
  const [before, after] = [axes[0], axes[axes.length - 1]];
  if (after - before !== axes.length - 1)
    throw fault("UNSUPPORTED_FORMAT", `${name}: an axis that is not of space lies between two that are`, {
      hint: "permute the axes so that it comes first or last",
      defect: "unsupported-layout",
    });
  const grid = {
    size: [0, 1, 2].map((k) => (k < axes.length ? sizes[axes[k]] : 1)) as unknown as Vec3,
    inner: product(sizes.slice(0, before)),
    outer: product(sizes.slice(after + 1)),
    warnings,
  };
  const signs = directions ? patientSpace(header, name) : null;
  if (!signs)
    warnings.push({
      defect: "no-orientation",
      message: `the file does not say how the patient lies; axes are taken as right, anterior, superior${directions || header.spacings ? "" : ", voxels as 1 mm"}`,
    });
  const mm = unit(header, axes, warnings);
  const [sx, sy, sz] = scale(signs ?? [1, 1, 1], mm);
  const edges = directions ? completed(axes.map((axis) => directions[axis] as number[])) : spacings(header, axes, name);
  const origin = header.origin ?? [0, 0, 0];
  if (directions && !header.origin)
    warnings.push({
      defect: "no-origin",
      message: "the file does not say where the volume lies; its first voxel is at 0",
    });
  const [x, y, z] = edges;
  const indexToWorld: Matrix4 = [
    ...[x[0], y[0], z[0], origin[0]].map((value) => sx * value + 0),
    ...[x[1], y[1], z[1], origin[1]].map((value) => sy * value + 0),
    ...[x[2], y[2], z[2], origin[2]].map((value) => sz * value + 0),
    ...[0, 0, 0, 1],
  ];
  refuseBadAffine(indexToWorld, name, "'space directions' or 'space origin'");
  return { ...grid, indexToWorld };
}

function spatialAxes({ sizes, directions, kinds }: NrrdHeader, name: string): number[] {
  const all = sizes.map((_, axis) => axis);
  const axes = directions
    ? all.filter((axis) => !isTime(directions[axis]))
    : all.filter((axis) => !NOT_SPATIAL.test(kinds?.[axis] ?? "")).slice(0, 3);
  if (axes.length === 0 || axes.length > 3)
    throw fault("CORRUPT_FILE", `${name}: ${axes.length} axes are of space; a volume has three`, {
      defect: "inconsistent-header",
    });
  return axes;
}

/** Whether an axis goes nowhere in space: it has no direction, or one of time alone. */
const isTime = (direction: readonly number[] | null) =>
  direction === null || (direction.length === 4 && direction.slice(0, 3).every((x) => x === 0));

/** @throws UNSUPPORTED_FORMAT (`unknown-space`) */
function patientSpace({ space }: NrrdHeader, name: string): Vec3 | null {
  if (space === undefined) return null;
  const word = space.toLowerCase().replace(/-time$/, "");
  const signs = spaces[word] ?? spaces[word.replace(/^(ras|las|lps)t$/, "$1")];
  if (signs === undefined)
    throw fault("UNSUPPORTED_FORMAT", `${name}: the space '${space}' is not known`, { defect: "unknown-space" });
  return signs;
}

function unit({ spaceUnits, units: axisUnits, directions }: NrrdHeader, axes: readonly number[], warnings: Warning[]) {
  const given = directions ? spaceUnits : axisUnits && axes.map((axis) => axisUnits[axis]);
  const words = new Set((given ?? []).slice(0, 3).map((word) => word.toLowerCase().trim()));
  const [word = ""] = words;
  const mm = words.size > 1 ? undefined : word === "" ? 1 : millimetersOf(word);
  if (mm === undefined)
    warnings.push({ defect: "unknown-unit", message: `lengths in '${[...words].join("', '")}' are taken for mm` });
  return mm ?? 1;
}

/** Three edges: those of an image without depth are completed by unit vectors across it. */
function completed(edges: readonly number[][]): Vec3[] {
  const [x, y, z] = edges.map(([a, b = 0, c = 0]): Vec3 => [a, b, c]);
  if (z) return [x, y, z];
  const second = y ?? cross(x, Math.abs(x[0]) < Math.abs(x[2]) ? [1, 0, 0] : [0, 0, 1]);
  const across = cross(x, second);
  return [x, y ?? scale(second, 1 / norm(second)), scale(across, 1 / norm(across))];
}

function spacings({ spacings: stored }: NrrdHeader, axes: readonly number[], name: string): Vec3[] {
  const [x, y = 1, z = 1] = axes.map((axis) => stored?.[axis] ?? 1);
  refuseBadSpacing([x, y, z], name);
  return [
    [x, 0, 0],
    [0, y, 0],
    [0, 0, z],
  ];
}

const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);

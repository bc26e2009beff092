import { fault } from "../core/errors.js";
import { nearestWord } from "../core/options.js";

/** An array of a file that holds several. */
export interface ListedArray {
  readonly name: string;
  /** Its axes; none if it is no array of numbers. */
  readonly shape: readonly number[];
}

/**
 * The place of the array to read among those of a file: the one called `wanted`; else the only one that can be a volume,
 * which has two to four axes and more than one number along two of them.
 * @throws NOT_FOUND (`missing-dataset`), INVALID_ARGUMENT (`several-arrays`); both list what there is
 */
export async function chosenArray(
  file: string,
  names: readonly string[],
  wanted: string | undefined,
  describe: (index: number) => ListedArray | Promise<ListedArray>,
): Promise<number> {
  if (wanted !== undefined) {
    const index = names.indexOf(wanted);
    if (index >= 0) return index;
    const near = nearestWord(wanted, names);
    throw fault(
      "NOT_FOUND",
      `${file} has no array '${wanted}'${near ? `; did you mean '${near}'?` : ""} (there are ${names.slice(0, 20).join(", ") || "none"})`,
      { defect: "missing-dataset", arrays: names },
    );
  }
  if (names.length === 1) return 0;
  const arrays: ListedArray[] = [];
  for (const index of names.keys()) arrays.push(await describe(index));
  const fit = [...arrays.keys()].filter((index) => canBeVolume(arrays[index].shape));
  if (fit.length === 1) return fit[0];
  const list = arrays.slice(0, 20).map(({ name, shape }) => `${name} (${shape.join(" x ") || "no array"})`);
  throw fault("INVALID_ARGUMENT", `${file} holds ${names.length} arrays`, {
    hint: `choose with 'dataset': ${list.join(", ")}`,
    defect: "several-arrays",
    arrays,
  });
}

const canBeVolume = (shape: readonly number[]): boolean =>
  shape.length >= 2 && shape.length <= 4 && shape.filter((n) => n > 1).length >= 2 && !shape.includes(0);

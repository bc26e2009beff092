import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { type ExtendedOffsets, findFrames } from "../../src/io/dicom/encapsulated.js";
import { bytesSource } from "../../src/io/index.js";

const SOI = [0xff, 0xd8];
const DELIMITER = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
const item = (bytes: readonly number[]) => [0xfe, 0xff, 0x00, 0xe0, bytes.length, 0, 0, 0, ...bytes];
const table = (offsets: readonly number[]) => item(offsets.flatMap((offset) => [offset, 0, 0, 0]));

/** The bytes of each frame, found in encapsulated pixel data that begin at byte 3. */
async function framesIn(content: readonly number[], frames: number, extended?: ExtendedOffsets) {
  const bytes = Uint8Array.of(7, 7, 7, ...content);
  const found = await findFrames(bytesSource(bytes), 3, frames, extended, "it");
  return found.map((parts) => parts.flatMap(({ offset, length }) => [...bytes.subarray(offset, offset + length)]));
}
const defectOf = async (finding: Promise<unknown>) => {
  const error = await finding.catch((thrown: unknown) => thrown);
  if (!isTomogradError(error)) throw new Error(`no refusal but ${error}`);
  return error.detail.defect;
};

describe("fragments of encapsulated pixels", () => {
  const three = [...item([1, 2]), ...item([3, 4]), ...item([5, 6]), ...DELIMITER];

  test("one frame takes all fragments; as many fragments as frames are one each", async () => {
    expect(await framesIn([...table([]), ...three], 1)).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(await framesIn([...table([]), ...three], 3)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test("the offset table divides 3 fragments into 2 frames", async () => {
    expect(await framesIn([...table([0, 20]), ...three], 2)).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  test("without a table the starts of code streams divide them", async () => {
    const streams = [...item([...SOI, 1, 1]), ...item([2, 2]), ...item([...SOI, 3, 3]), ...DELIMITER];
    expect(await framesIn([...table([]), ...streams], 2)).toEqual([
      [...SOI, 1, 1, 2, 2],
      [...SOI, 3, 3],
    ]);
    expect(await defectOf(framesIn([...table([]), ...three], 2))).toBe("inconsistent-header");
  });

  test("the extended table's lengths leave out the pad byte", async () => {
    const extended = { offsets: [0, 10, 20], lengths: [2, 1, 2] };
    expect(await framesIn([...table([]), ...three], 3, extended)).toEqual([[1, 2], [3], [5, 6]]);
    expect(await defectOf(framesIn([...table([]), ...three], 3, { ...extended, lengths: [2, 9, 2] }))).toBe(
      "inconsistent-header",
    );
  });

  test("the bytes of a delimiter inside a fragment are pixels", async () => {
    expect(await framesIn([...table([]), ...item(DELIMITER), ...DELIMITER], 1)).toEqual([DELIMITER]);
  });

  test("offsets beside the fragments, too few fragments, and missing ends are refused", async () => {
    expect(await defectOf(framesIn([...table([0, 13]), ...three], 2))).toBe("inconsistent-header");
    expect(await defectOf(framesIn([...table([]), ...three], 2_000_000_000))).toBe("truncated");
    expect(await defectOf(framesIn([...table([]), ...three.slice(0, -8)], 3))).toBe("truncated");
    expect(await defectOf(framesIn([...table([]), ...three.slice(0, 15)], 1))).toBe("truncated");
    expect(await defectOf(framesIn([...table([]), 1, 2, 3, 4, 5, 6, 7, 8], 1))).toBe("corrupt-stream");
  });
});

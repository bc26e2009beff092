/** Phases over the whole of an array, padding included, and where its elements lie. */
import { projectionStrides } from "./layout.js";
import type { Phase, WasmArray } from "./program.js";

/** Bytes that one task of a linear kernel handles; the same as in `assembly/chunks.ts`. */
export const CHUNK = 262144;

export const chunks = (array: WasmArray) => Math.ceil(array.bytes / CHUNK);

/** A kernel that runs over the whole of `array` in chunks. */
export const linear = (entry: string, array: WasmArray, args: readonly number[]): Phase => ({
  entry,
  tasks: chunks(array),
  args,
});

/** Zeros an array, padding included. */
export const zeroPhase = (array: WasmArray): Phase => linear("zero", array, [array.pointer, array.bytes]);

/** Blocks up to this many bytes are not worth a phase of their own to be touched. */
const SMALL = 1 << 20;

/** What makes a block of fresh memory ready for several threads. */
export const touchPhases = ({ pointer, bytes }: { readonly pointer: number; readonly bytes: number }): Phase[] =>
  bytes <= SMALL ? [] : [{ entry: "touch", tasks: 1, args: [pointer, bytes] }];

/** Where the elements of a "real" array lie, in planes of lines. Offsets and lengths in bytes. */
export interface Lines {
  readonly planes: number;
  readonly lines: number;
  readonly lineBytes: number;
  /** First of each with elements, and how many have some. */
  readonly firstPlane: number;
  readonly firstLine: number;
  readonly front: number;
  readonly usedPlanes: number;
  readonly usedLines: number;
  /** Elements of a line. */
  readonly length: number;
}

export function linesOf({ shape }: WasmArray): Lines {
  if (shape.kind === "volume") {
    const [nx, ny, nz] = shape.size;
    return {
      ...{ planes: nx + 5, lines: ny + 4, lineBytes: 4 * (nz + 4) },
      ...{ firstPlane: 2, firstLine: 2, front: 8, usedPlanes: nx, usedLines: ny, length: nz },
    };
  }
  const none = { firstPlane: 0, firstLine: 0, front: 0 };
  if (shape.kind === "projections") {
    const { views, rows, columns } = shape;
    const lineBytes = 4 * projectionStrides(shape).column;
    return { planes: views, lines: columns, lineBytes, ...none, usedPlanes: views, usedLines: columns, length: rows };
  }
  const { length } = shape;
  return { planes: 1, lines: 1, lineBytes: 4 * length, ...none, usedPlanes: 1, usedLines: 1, length };
}

/** Zeros what is not an element. */
export function clearPaddingPhase(array: WasmArray): Phase {
  const { planes, lines, lineBytes, firstPlane, firstLine, front, usedPlanes, usedLines, length } = linesOf(array);
  const planeArgs = [planes, firstPlane, firstPlane + usedPlanes];
  const lineArgs = [lines, firstLine, firstLine + usedLines, lineBytes, front, front + 4 * length];
  return { entry: "clearPadding", tasks: planes, args: [array.pointer, ...planeArgs, ...lineArgs, array.bytes] };
}

/** The phase, and `clearPadding` if it makes 0 into something else. */
export const keepingPadding = (array: WasmArray, phase: Phase, keepsZero: boolean): Phase[] =>
  keepsZero ? [phase] : [phase, clearPaddingPhase(array)];

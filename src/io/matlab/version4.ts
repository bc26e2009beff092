import { fault } from "../../core/errors.js";
import { bytesPer, type StoredType } from "../numeric.js";
import type { Source } from "../source.js";
import { truncatedMatlab } from "./elements.js";
import type { Variable } from "./variables.js";

/** Bytes before a variable's name. */
const HEADER = 20;
const types: readonly StoredType[] = ["float64", "float32", "int32", "int16", "uint16", "uint8"];

interface Head {
  readonly littleEndian: boolean;
  readonly stored: StoredType;
  /** 0 numbers, 1 text, 2 sparse. */
  readonly kind: number;
  readonly rows: number;
  readonly columns: number;
  readonly complex: boolean;
  readonly nameLength: number;
}

/** What the first 20 bytes of a variable say; undefined if they cannot be such. */
function parseHead(bytes: Uint8Array): Head | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  for (const littleEndian of [true, false]) {
    const [code, rows, columns, imaginary, nameLength] = [0, 4, 8, 12, 16].map((at) => view.getInt32(at, littleEndian));
    const [order, zero, precision, kind] = [1000, 100, 10, 1].map((unit) => Math.floor(code / unit) % 10);
    const sound =
      code >= 0 && code < 2000 && order === (littleEndian ? 0 : 1) && zero === 0 && precision <= 5 && kind <= 2;
    if (
      sound &&
      rows >= 0 &&
      columns >= 0 &&
      (imaginary === 0 || imaginary === 1) &&
      nameLength >= 2 &&
      nameLength <= 64
    )
      return { littleEndian, stored: types[precision], kind, rows, columns, complex: imaginary === 1, nameLength };
  }
  return undefined;
}

/** True if the bytes start like a MAT file of version 4, which has no magic word: a sound header and a name. */
export function looksLikeMatlab4(head: Uint8Array): boolean {
  const parsed = parseHead(head);
  if (!parsed) return false;
  const name = head.subarray(HEADER, HEADER + parsed.nameLength);
  return name.at(-1) === 0 && /^[A-Za-z]\w*$/.test(new TextDecoder().decode(name.subarray(0, -1)));
}

/** The variables of a MAT file of version 4. Source: "MAT-File Format" (MathWorks), "Level 4". @throws TRUNCATED_FILE, CORRUPT_FILE */
export async function listVariables4(source: Source): Promise<Variable[]> {
  const file = source.name ?? "the file";
  const found: Variable[] = [];
  for (let at = 0; at < source.size; ) {
    const head = parseHead(await source.read(at, HEADER));
    if (!head) throw fault("CORRUPT_FILE", `${file}: no variable where one should begin`, { defect: "bad-header" });
    const { littleEndian, stored, rows, columns, kind, complex, nameLength } = head;
    const name = new TextDecoder().decode(await source.read(at + HEADER, nameLength)).replace(/\0.*$/s, "");
    const start = at + HEADER + nameLength;
    const next = start + rows * columns * bytesPer[stored] * (complex ? 2 : 1);
    if (next > source.size) throw truncatedMatlab(file, next, source.size);
    const numeric = kind === 0 && !complex;
    found.push({
      name,
      shape: numeric ? [rows, columns] : [],
      async open() {
        if (numeric) return { source, littleEndian, at: start, stored, type: stored };
        throw fault("UNSUPPORTED_FORMAT", `the variable '${name}' is text, sparse or complex`, {
          defect: "unsupported-type",
        });
      },
    });
    at = next;
  }
  return found;
}

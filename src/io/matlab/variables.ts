import { fault } from "../../core/errors.js";
import type { ListedArray } from "../chosenArray.js";
import { inflateStart, inflateZlib, MOST_INFLATION } from "../inflate.js";
import { bytesPer, type StoredType } from "../numeric.js";
import { bytesSource, type Source } from "../source.js";
import { tooLarge } from "../values.js";
import {
  COMPRESSED,
  type Content,
  classNames,
  classTypes,
  type Element,
  elementTypes,
  MATRIX,
  type MatrixHeader,
  readElement,
  readFieldNames,
  readMatrixHeader,
  STRUCT,
  truncatedMatlab,
} from "./elements.js";

/** Numbers as they lie in a file, first axis fastest. */
export interface Numbers {
  readonly source: Source;
  readonly littleEndian: boolean;
  /** Where they begin, bytes. */
  readonly at: number;
  /** How they are stored, and what they are in MATLAB. */
  readonly stored: StoredType;
  readonly type: StoredType;
}

/** A variable, or the field of a structure (`scan.data`). `shape` is empty where there are no numbers. */
export interface Variable extends ListedArray {
  /** @throws UNSUPPORTED_FORMAT (`unsupported-type`), and what reading throws */
  open(): Promise<Numbers>;
}

/** Bytes before the first element. */
const HEADER = 128;
/** Structures inside structures that are looked into. */
const DEPTH = 8;
/** Enough of a compressed variable to see flags, dimensions and name, bytes. */
const START = 1024;
/** Variables beyond these are refused: a file of that kind holds no volume. */
const MOST_VARIABLES = 10_000;

/**
 * The variables of a MAT file of version 5 (also 6 and 7: compressed), either byte order, with the fields of structures.
 * Compressed variables are inflated when they are opened, structures to see their fields.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, TOO_LARGE
 */
export async function listVariables(source: Source, littleEndian: boolean, maxBytes: number): Promise<Variable[]> {
  const name = source.name ?? "the file";
  const content: Content = { source, littleEndian, name };
  const found: Variable[] = [];
  for (let at = HEADER; at < source.size; ) {
    const element = await readElement(content, at);
    if (element.at + element.length > source.size)
      throw truncatedMatlab(name, element.at + element.length, source.size);
    if (element.type === COMPRESSED) await listCompressed(content, element, maxBytes, found);
    else if (element.type === MATRIX) await listMatrix(content, element.at, "", DEPTH, found);
    if (found.length > MOST_VARIABLES)
      throw fault("TOO_LARGE", `${name} holds more than ${MOST_VARIABLES} variables`, { defect: "too-large" });
    at = element.next;
  }
  return found;
}

async function listCompressed(content: Content, element: Element, maxBytes: number, found: Variable[]): Promise<void> {
  const { source, littleEndian, name } = content;
  const bytes = await source.read(element.at, Math.min(element.length, START));
  const start = { ...content, source: bytesSource(await inflateStart(bytes, START, "zlib", name)) };
  const inner = await readElement(start, 0);
  if (inner.type !== MATRIX) return;
  const total = inner.at + inner.length;
  if (total > MOST_INFLATION * element.length) throw truncatedMatlab(name, total, MOST_INFLATION * element.length);
  const inflated = async (): Promise<Content> => {
    if (total > maxBytes) throw tooLarge(total, maxBytes);
    const whole = await inflateZlib(await source.read(element.at, element.length), total, name);
    return { source: bytesSource(whole), littleEndian, name };
  };
  const header = await readMatrixHeader(start, inner.at);
  if (header.classCode === STRUCT) await listMatrix(await inflated(), inner.at, "", DEPTH, found);
  else if (header.name) found.push(variable(inflated, header, header.name));
}

async function listMatrix(content: Content, at: number, path: string, depth: number, found: Variable[]): Promise<void> {
  const header = await readMatrixHeader(content, at);
  const name = path || header.name;
  const single = header.shape.every((n) => n === 1);
  if (header.classCode === STRUCT && single && depth > 0) {
    const { names, next } = await readFieldNames(content, header.body);
    let place = next;
    for (const field of names) {
      const element = await readElement(content, place);
      if (element.type === MATRIX && element.length > 0)
        await listMatrix(content, element.at, `${name}.${field}`, depth - 1, found);
      place = element.next;
    }
  } else if (name) found.push(variable(async () => content, header, name));
}

function variable(content: () => Promise<Content>, header: MatrixHeader, name: string): Variable {
  const { classCode, complex, logical, shape } = header;
  const type = logical ? "bool" : classTypes[classCode];
  const numeric = type !== undefined && !complex;
  return {
    name,
    shape: numeric ? shape : [],
    async open() {
      if (!numeric)
        throw fault(
          "UNSUPPORTED_FORMAT",
          `the variable '${name}' is ${complex ? "complex" : (classNames[classCode] ?? `of class ${classCode}`)}; real numeric and logical arrays are read`,
          { defect: "unsupported-type" },
        );
      const { source, littleEndian, name: file } = await content();
      const element = await readElement({ source, littleEndian, name: file }, header.body);
      const stored = elementTypes[element.type];
      const count = shape.reduce((a, b) => a * b, 1);
      if (!stored || element.length !== count * bytesPer[stored])
        throw fault(
          "CORRUPT_FILE",
          `${file}: '${name}' has ${count} numbers by its dimensions and ${element.length} bytes of type ${element.type}`,
          { defect: "inconsistent-header" },
        );
      if (element.at + element.length > source.size)
        throw truncatedMatlab(file, element.at + element.length, source.size);
      return { source, littleEndian, at: element.at, stored, type };
    },
  };
}

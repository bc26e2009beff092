import { fileSource, type Source, writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import type { LiveCheckpoint, StateArray, StateValues } from "../reconstruction/index.js";

/** Bytes that are read or written at once. */
const PIECE = 1 << 26;

/** How an array stands in the header of a safetensors file. */
interface Tensor {
  readonly dtype: "F32" | "F64";
  readonly shape: readonly number[];
  /** Of the first byte and behind the last one, from the end of the header. */
  readonly data_offsets: readonly [number, number];
}

/**
 * Writes a checkpoint, array by array, whole or not at all. Layout: that of safetensors files (length of the header as
 * u64, header as JSON, little-endian arrays); all but the arrays stands as JSON under `__metadata__.checkpoint`.
 * @throws WRITE_FAILED
 */
export async function writeCheckpoint(path: string, { arrays, ...rest }: LiveCheckpoint): Promise<void> {
  const header: Record<string, Tensor | Record<string, string>> = {
    __metadata__: { checkpoint: JSON.stringify(rest) },
  };
  let offset = 0;
  for (const [name, { type, length }] of Object.entries(arrays)) {
    const bytes = length * (type === "f64" ? 8 : 4);
    header[name] = { dtype: type === "f64" ? "F64" : "F32", shape: [length], data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = JSON.stringify(header);
  // arrays begin at a multiple of 8 bytes
  const json = new TextEncoder().encode(text);
  const padding = (8 - (json.length % 8)) % 8;
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(json.length + padding), true);
  async function* pieces() {
    yield size;
    yield json;
    yield new TextEncoder().encode(" ".repeat(padding));
    for (const array of Object.values(arrays)) {
      const values = await array.read();
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
    }
  }
  await writeFileAtomically(path, pieces());
}

/** Opens a checkpoint; its arrays are read from the file when they are asked for. @throws NOT_FOUND, CORRUPT_FILE */
export async function readCheckpoint(path: string): Promise<LiveCheckpoint> {
  const source = await fileSource(path);
  try {
    return await parse(source);
  } catch (error) {
    throw fault(
      "CORRUPT_FILE",
      `${path} is no checkpoint of a reconstruction: ${(error as Error).message}`,
      { defect: "not-a-checkpoint" },
      error,
    );
  }
}

async function parse(source: Source): Promise<LiveCheckpoint> {
  const first = await source.read(0, 8);
  if (first.length < 8) throw new Error("it is too short");
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > source.size - 8) throw new Error("it does not begin with the length of a header");
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(await source.read(8, length)));
  const rest = JSON.parse(__metadata__.checkpoint);
  const arrays: Record<string, StateArray> = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(tensors as Record<string, Tensor>)) {
    if (8 + length + data_offsets[1] > source.size) throw new Error("it ends too early");
    const type = dtype === "F64" ? "f64" : "f32";
    arrays[name] = {
      type,
      length: shape[0],
      read: () => readValues(source, type, shape[0], 8 + length + data_offsets[0]),
    };
  }
  return { ...rest, arrays };
}

async function readValues(source: Source, type: "f32" | "f64", length: number, offset: number): Promise<StateValues> {
  const bytes = await source.read(offset, length * (type === "f64" ? 8 : 4));
  return type === "f64"
    ? new Float64Array(bytes.buffer, bytes.byteOffset, length)
    : new Float32Array(bytes.buffer, bytes.byteOffset, length);
}

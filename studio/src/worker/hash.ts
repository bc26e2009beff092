/** Sizes and SHA-256 of what is read and written, as run files have them. */
import { sha256 } from "tomograd/report";
import type { OpenSource } from "./protocol";

export interface Hashed {
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Of pieces that follow each other. */
export async function hashOf(pieces: readonly Uint8Array[]): Promise<Hashed> {
  const whole = new Uint8Array(await new Blob([...pieces] as BlobPart[]).arrayBuffer());
  return { bytes: whole.length, sha256: await sha256(whole) };
}

/** Of what a volume was read from: a file, or a folder as the hashes of its own files in the order of their names. */
export async function hashOfSource(source: OpenSource): Promise<Hashed> {
  if (source.from === "address") return hashOf([new Uint8Array(await (await fetch(source.address)).arrayBuffer())]);
  const { files } = source;
  if (files.length === 1) return hashOf([await bytesOf(files[0].file)]);
  const own = files
    .filter(({ path }) => path.split("/").length <= 2)
    .map(({ path, file }) => ({ name: path.split("/").pop() as string, file }))
    // by code units, as Node sorts
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  let [lines, bytes] = ["", 0];
  for (const { name, file } of own) {
    const one = await hashOf([await bytesOf(file)]);
    lines += `${name}\0${one.sha256}\n`;
    bytes += one.bytes;
  }
  return { bytes, sha256: await sha256(new TextEncoder().encode(lines)) };
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

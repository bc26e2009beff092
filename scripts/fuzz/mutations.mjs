/**
 * Damages files for the fuzzer. Everything is drawn from one seeded stream, so that a case can be made again.
 * An input is `{files: [{path, bytes}], ...}`: one file, or those of a folder or of a detached image.
 */
import { constants, crc32, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { unzipSync, zipSync } from "fflate";

/** One of a list. */
const pick = (random, list) => list[random.integer(list.length)];
const chance = (random, p) => random.uniform() < p;

/** What size, offset and count fields are blown up to. */
const SIZES = [
  ...[0, 1, 2, 3, 7, 16, 99, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 24, 2 ** 31 - 1, 2 ** 31],
  ...[2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 63, -1, -2, -128, -32768],
];
const NUMBERS = [...SIZES, 0.5, -0.001, 1e-30, 1e-300, 1e30, 1e300, Number.NaN, Infinity, -Infinity];
/** The same as text, and text that only looks like a number. */
const WORDS = [
  ...NUMBERS.map(String),
  ...["00001", "+5", "-0", "1e5", "0x10", "1_000", "nan", "inf", "--1", ".", "", "1,2", "99999999999999999999"],
];
const JSON_VALUES = [
  ...[null, true, "", "x", "NaN", "<u2", "|b1", "<f8", "int16", "bytes", "gzip", "blosc", "../../etc"],
  ...[[], [[]], {}, [0], [-1], [1, 1, 1], ...SIZES, 0.5, 1e300],
];

/** Content of containers that is damaged inside, bytes: claims of more are left alone. */
const LARGEST = 1 << 22;

/** One to four damages of an input; `others` are inputs to splice from. The result shares no bytes that it changes. */
export function mutate(input, random, others) {
  const files = input.files.map((file) => ({ ...file }));
  for (let n = 1 + random.integer(4); n > 0; n--) {
    if (files.length > 1 && chance(random, 0.4)) mutateFolder(files, random, others);
    else if (files.length > 0) {
      const file = pick(random, files);
      file.bytes = mutateContent(file.bytes, random, pick(random, pick(random, others).files).bytes);
    }
  }
  return { ...input, files };
}

/** Missing, duplicate, swapped, empty, renamed and foreign files. */
function mutateFolder(files, random, others) {
  const at = random.integer(files.length);
  const file = files[at];
  const copyName = (path) => path.replace(/([^/]*)$/, `copy${random.integer(1000)}-$1`);
  const actions = [
    () => files.splice(at, 1),
    () => files.push({ path: copyName(file.path), bytes: file.bytes }),
    () => {
      const other = pick(random, files);
      [file.bytes, other.bytes] = [other.bytes, file.bytes];
    },
    () => {
      file.bytes = pick(random, files).bytes;
    },
    () => {
      file.bytes = new Uint8Array(0);
    },
    () => {
      file.path = copyName(file.path);
    },
    () => {
      const foreign = pick(random, pick(random, others).files);
      files.push({ path: copyName(foreign.path.replace(/^.*\//, "")), bytes: foreign.bytes });
    },
  ];
  pick(random, actions)();
}

/** Damages the content of a file, inside its container where it has one. */
function mutateContent(bytes, random, other) {
  const inside = (content) => mutateContent(content, random, other);
  if (chance(random, 0.75)) {
    const whole = repacked(bytes, random, inside);
    if (whole) return whole;
  }
  const text = textLength(bytes);
  if (text > 0 && chance(random, 0.6)) return mutateText(bytes, text, random);
  if (isDicom(bytes) && chance(random, 0.6)) return mutateDicom(bytes, random);
  return mutateBytes(bytes, random, other);
}

/** A container with damaged content and correct checksums; undefined if it is none. */
function repacked(bytes, random, inside) {
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b)
      return new Uint8Array(gzipSync(inside(new Uint8Array(gunzipSync(bytes, { maxOutputLength: LARGEST })))));
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
      const entries = unzipSync(bytes, { filter: ({ originalSize }) => originalSize < LARGEST });
      const name = pick(random, Object.keys(entries));
      return zipSync({ ...entries, [name]: inside(entries[name]) }, { level: random.integer(2) });
    }
    if (bytes[0] === 0x89 && bytes[1] === 0x50) return mutatePng(bytes, random, inside);
    if (bytes[0] === 0x7b) return mutateJson(bytes, random);
  } catch {
    // Damaged before: it is no container any more.
  }
  return undefined;
}

/** One chunk of a PNG file is damaged or doubled; image data also inside their compression. */
function mutatePng(bytes, random, inside) {
  const chunks = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at))
    chunks.push({ name: bytes.slice(at + 4, at + 8), body: bytes.slice(at + 8, at + 8 + view.getUint32(at)) });
  const chunk = pick(random, chunks);
  if (chunk.name[1] === 0x44 && chance(random, 0.5))
    chunk.body = deflateSync(
      inside(inflateSync(chunk.body, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LARGEST })),
    );
  else if (chance(random, 0.2)) chunks.push(chunk);
  else chunk.body = inside(chunk.body);
  const parts = chunks.flatMap(({ name, body }) => {
    const named = Buffer.concat([name, body]);
    return [bigEndian32(body.length), named, bigEndian32(crc32(named))];
  });
  return new Uint8Array(Buffer.concat([bytes.subarray(0, 8), ...parts]));
}

function bigEndian32(value) {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
}

/** One value somewhere in a JSON document is replaced, removed, or doubled under another name. */
function mutateJson(bytes, random) {
  const document = JSON.parse(new TextDecoder().decode(bytes));
  const places = [];
  const walk = (value) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value, key]);
      walk(value[key]);
    }
  };
  walk(document);
  const [holder, key] = pick(random, places);
  const action = random.integer(4);
  if (action === 0) delete holder[key];
  else if (action === 1) holder[pick(random, places)[1]] = holder[key];
  else if (action === 2 && Array.isArray(holder)) holder.push(pick(random, JSON_VALUES));
  else holder[key] = pick(random, JSON_VALUES);
  return new TextEncoder().encode(JSON.stringify(document));
}

/** Bytes at the start that are text, at most 4096; 0 if the file does not begin as text. */
function textLength(bytes) {
  let length = 0;
  const most = Math.min(bytes.length, 4096);
  while (length < most && (bytes[length] === 9 || bytes[length] === 10 || bytes[length] === 13 || bytes[length] > 31))
    if (bytes[length++] > 126) break;
  return length < 20 ? 0 : length;
}

/** A header of text: numbers blown up, words and lines dropped, doubled or exchanged. */
function mutateText(bytes, length, random) {
  const text = Buffer.from(bytes.subarray(0, length)).toString("latin1");
  const joined = (head) => new Uint8Array(Buffer.concat([Buffer.from(head, "latin1"), bytes.subarray(length)]));
  const matches = (pattern) => [...text.matchAll(pattern)];
  const replaced = (match, by) => text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
  if (chance(random, 0.5)) {
    const numbers = matches(/[-+]?\d+(\.\d+)?(e[-+]?\d+)?/gi);
    if (numbers.length > 0) return joined(replaced(pick(random, numbers), pick(random, WORDS)));
  }
  const words = matches(/[^\s:=,()[\]]+/g);
  const lines = text.split("\n");
  const at = random.integer(lines.length);
  switch (random.integer(5)) {
    case 0:
      return joined(words.length > 1 ? replaced(pick(random, words), pick(random, words)[0]) : text);
    case 1:
      return joined(words.length > 0 ? replaced(pick(random, words), "") : text);
    case 2:
      lines.splice(at, 1);
      break;
    case 3:
      lines.splice(random.integer(lines.length), 0, lines[at]);
      break;
    default:
      lines.splice(at, 1, pick(random, lines));
  }
  return joined(lines.join("\n"));
}

const isDicom = (bytes) => Buffer.from(bytes.subarray(128, 132)).toString("latin1") === "DICM";

/** One element of an explicit little-endian data set gets another value, length, type or place. */
function mutateDicom(bytes, random) {
  const elements = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 132; at + 12 <= bytes.length && elements.length < 200; ) {
    const type = String.fromCharCode(bytes[at + 4], bytes[at + 5]);
    if (!/^[A-Z]{2}$/.test(type)) break;
    const long = /^(OB|OW|OF|OD|OL|SQ|UC|UN|UR|UT|OV)$/.test(type);
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const head = long ? 12 : 8;
    elements.push({ at, head, length, long, type });
    at += head + (type === "SQ" || length === 0xffffffff ? 0 : length);
  }
  if (elements.length === 0) return mutateBytes(bytes, random, bytes);
  const { at, head, length, long, type } = pick(random, elements);
  const end = Math.min(bytes.length, at + head + (length > bytes.length ? 0 : length));
  const cut = (from, to, between = new Uint8Array(0)) =>
    new Uint8Array(Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]));
  const out = bytes.slice();
  switch (random.integer(6)) {
    case 0:
      return cut(at, end);
    case 1:
      return cut(end, end, bytes.subarray(at, end));
    case 2: {
      const size = pick(random, SIZES);
      const target = new DataView(out.buffer);
      if (long) target.setUint32(at + 8, Number(BigInt.asUintN(32, BigInt(size))), true);
      else target.setUint16(at + 6, Number(BigInt.asUintN(16, BigInt(size))), true);
      return out;
    }
    case 3: {
      const other = pick(random, elements);
      out.set(bytes.subarray(other.at + 4, other.at + 6), at + 4);
      return out;
    }
    default: {
      if (/US|SS|UL|SL|OB|OW|FL|FD/.test(type)) {
        if (length > 0 && at + head < bytes.length) blowUp(out, at + head, random);
        return out;
      }
      const words = Buffer.from(bytes.subarray(at + head, end))
        .toString("latin1")
        .split("\\");
      words[random.integer(words.length)] = pick(random, WORDS);
      const text = words.join("\\");
      const value = Buffer.from(text.length % 2 ? `${text} ` : text, "latin1");
      const start = Buffer.from(bytes.subarray(at, at + head));
      if (long) start.writeUInt32LE(value.length, 8);
      else start.writeUInt16LE(value.length, 6);
      return cut(at, end, Buffer.concat([start, value]));
    }
  }
}

/** A number of 1, 2, 4 or 8 bytes at `at` becomes an extreme one. */
function blowUp(out, at, random) {
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const width = pick(
    random,
    [1, 2, 2, 4, 4, 4, 8].filter((w) => at + w <= out.length),
  );
  if (!width) return;
  const little = chance(random, 0.6);
  if (width >= 4 && chance(random, 0.3)) {
    const value = pick(random, NUMBERS);
    if (width === 4) view.setFloat32(at, value, little);
    else view.setFloat64(at, value, little);
    return;
  }
  const value = BigInt(pick(random, SIZES));
  if (width === 1) view.setUint8(at, Number(BigInt.asUintN(8, value)));
  else if (width === 2) view.setUint16(at, Number(BigInt.asUintN(16, value)), little);
  else if (width === 4) view.setUint32(at, Number(BigInt.asUintN(32, value)), little);
  else view.setBigUint64(at, BigInt.asUintN(64, value), little);
}

/** Flips, extreme numbers, cuts, doubled stretches, and stretches of another file. */
function mutateBytes(bytes, random, other) {
  if (bytes.length === 0) return other.slice(0, random.integer(64));
  // Headers stand in front, or behind (ZIP, TIFF).
  const reach = pick(random, [64, 352, 1024, bytes.length, bytes.length]);
  const place = () => {
    const from = random.integer(Math.min(reach, bytes.length));
    return reach < bytes.length && chance(random, 0.15) ? bytes.length - 1 - from : from;
  };
  const at = place();
  const length = Math.min(bytes.length - at, 1 + random.integer(pick(random, [4, 32, 512])));
  const joined = (...parts) => new Uint8Array(Buffer.concat(parts));
  switch (random.integer(10)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 3: {
      const from = random.integer(Math.max(1, other.length));
      return joined(bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at));
    }
    case 4: {
      const out = bytes.slice();
      const from = chance(random, 0.5) ? at : random.integer(Math.max(1, other.length));
      out.set(other.subarray(from, from + length).subarray(0, out.length - at), at);
      return out;
    }
    case 5:
      return bytes.slice().fill(pick(random, [0, 255, random.integer(256)]), at, at + length);
    case 6:
    case 7: {
      const out = bytes.slice();
      for (let n = 1 + random.integer(8); n > 0; n--) out[place()] ^= 1 << random.integer(8);
      return out;
    }
    default: {
      const out = bytes.slice();
      for (let n = 1 + random.integer(3); n > 0; n--) blowUp(out, place(), random);
      return out;
    }
  }
}

/** Small DICOM files made by hand, for tests. */
const implicitVr = "1.2.840.10008.1.2";

export interface DicomImage {
  readonly position?: readonly number[];
  readonly orientation?: readonly number[];
  readonly spacing?: readonly number[];
  readonly series?: string;
  readonly imageType?: string;
  readonly modality?: string;
  readonly slope?: number;
  readonly intercept?: number;
  readonly thickness?: number;
  readonly syntax?: string;
  readonly rows: number;
  readonly columns: number;
  /** Stored as 16 bits, signed. */
  readonly pixels: readonly number[];
  /** Further elements; they replace those of the same tag. */
  readonly more?: readonly DicomElement[];
  /** Tags that are left out. */
  readonly without?: readonly number[];
}

/** Tag (0x00280010), value representation, and text, numbers (US, SS, OW, FL: 16 or 32 bits), bytes (OB), or the items of a sequence. */
export type DicomElement = readonly [
  tag: number,
  vr: string,
  value: string | readonly number[] | Uint8Array | readonly (readonly DicomElement[])[],
];

/** A DICOM file of one image: implicit or explicit little endian, or explicit big endian. */
export function dicomBytes(image: DicomImage): Uint8Array {
  const syntax = image.syntax ?? "1.2.840.10008.1.2.1";
  const little = syntax !== "1.2.840.10008.1.2.2";
  const meta = element(0x0002, 0x0010, "UI", text(syntax, "\0"), true, true);
  const body = new Map<number, Uint8Array>();
  const explicit = syntax !== implicitVr;
  const put = (group: number, number: number, vr: string, value: Uint8Array) =>
    body.set(group * 65536 + number, element(group, number, vr, value, little, explicit));
  const strings = (group: number, number: number, vr: string, values: readonly unknown[] | undefined) =>
    values && put(group, number, vr, text(values.join("\\"), vr === "UI" ? "\0" : " "));
  const short = (group: number, number: number, value: number) => put(group, number, "US", shorts([value], little));
  strings(0x0008, 0x0008, "CS", [image.imageType ?? "ORIGINAL\\PRIMARY\\AXIAL"]);
  strings(0x0008, 0x0060, "CS", [image.modality ?? "CT"]);
  strings(0x0018, 0x0050, "DS", image.thickness === undefined ? undefined : [image.thickness]);
  strings(0x0020, 0x000e, "UI", [image.series ?? "1.2.3"]);
  strings(0x0020, 0x0032, "DS", image.position);
  strings(0x0020, 0x0037, "DS", image.orientation ?? [1, 0, 0, 0, 1, 0]);
  short(0x0028, 0x0002, 1);
  short(0x0028, 0x0010, image.rows);
  short(0x0028, 0x0011, image.columns);
  strings(0x0028, 0x0030, "DS", image.spacing ?? [2, 3]);
  short(0x0028, 0x0100, 16);
  short(0x0028, 0x0101, 16);
  short(0x0028, 0x0102, 15);
  short(0x0028, 0x0103, 1);
  strings(0x0028, 0x1052, "DS", [image.intercept ?? 0]);
  strings(0x0028, 0x1053, "DS", [image.slope ?? 1]);
  put(0x7fe0, 0x0010, "OW", shorts(image.pixels, little));
  for (const [tag, vr, value] of image.more ?? [])
    put(tag >>> 16, tag & 0xffff, vr, bytesOf(vr, value, little, explicit));
  for (const tag of image.without ?? []) body.delete(tag);
  const inOrder = [...body].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  return concatenate([new Uint8Array(128), text("DICM"), meta, ...inOrder]);
}

function bytesOf(vr: string, value: DicomElement[2], little: boolean, explicit: boolean): Uint8Array {
  if (typeof value === "string") return text(value, vr === "UI" ? "\0" : " ");
  if (value instanceof Uint8Array) return value;
  if (vr === "SQ")
    return concatenate(
      (value as readonly (readonly DicomElement[])[]).map((items) => {
        const content = concatenate(
          items.map(([tag, itemVr, inner]) =>
            element(tag >>> 16, tag & 0xffff, itemVr, bytesOf(itemVr, inner, little, explicit), little, explicit),
          ),
        );
        return element(0xfffe, 0xe000, "", content, little, false);
      }),
    );
  if (vr === "FL") return new Uint8Array(new Float32Array(value as readonly number[]).buffer);
  return shorts(value as readonly number[], little);
}

function element(group: number, number: number, vr: string, value: Uint8Array, little: boolean, explicit: boolean) {
  const long = explicit && ["OW", "OB", "SQ"].includes(vr);
  const head = new DataView(new ArrayBuffer(long ? 12 : 8));
  head.setUint16(0, group, little);
  head.setUint16(2, number, little);
  if (explicit) for (let i = 0; i < 2; i++) head.setUint8(4 + i, vr.charCodeAt(i));
  if (!explicit) head.setUint32(4, value.length, little);
  else if (long) head.setUint32(8, value.length, little);
  else head.setUint16(6, value.length, little);
  return concatenate([new Uint8Array(head.buffer), value]);
}

function shorts(values: readonly number[], little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, i) => void view.setInt16(2 * i, value, little));
  return new Uint8Array(view.buffer);
}

function text(words: string, padding = " "): Uint8Array {
  return new TextEncoder().encode(words.length % 2 ? words + padding : words);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

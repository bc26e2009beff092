import type { Warning } from "../../core/errors.js";
import type { Matrix4 } from "../../core/linear.js";
import type { Quantity } from "../../volume/grid.js";
import { noOrientation, orientationDoubt, parseMetadata, spacingAffine } from "../orientation.js";
import { millimetersOf } from "../units.js";
import { type Directory, tags } from "./directory.js";

/** How the pages of a file make volumes. */
export interface Layout {
  readonly quantity: Quantity;
  readonly indexToWorld: Matrix4;
  /** Slices of one volume. */
  readonly slices: number;
  /** Volumes: channels and times. */
  readonly frames: number;
  /** The page of a slice of a volume. */
  page(frame: number, slice: number): number;
  /** All pages lie behind the first one, which alone has a directory. */
  readonly contiguous: boolean;
  readonly warnings: readonly Warning[];
}

/**
 * What the first page's description says: tomograd's own line, ImageJ's or OME's; otherwise one volume of all pages.
 * Sources: ImageJ's FileInfo; OME-TIFF specification 2016-06.
 */
export async function layoutOf(first: Directory, pages: number): Promise<Layout> {
  const text = (await first.text(tags.description)) ?? "";
  const plain: Layout = {
    quantity: "unknown",
    indexToWorld: spacingAffine([1, 1, 1]),
    slices: pages,
    frames: 1,
    page: (_, slice) => slice,
    contiguous: false,
    warnings: [noOrientation("TIFF")],
  };
  const own = parseMetadata(text);
  if (own) return { ...plain, ...own, warnings: orientationDoubt(own, "TIFF") };
  if (text.startsWith("ImageJ=")) return (await imageJ(text, first, plain, pages)) ?? plain;
  if (/<(\w+:)?OME[\s>]/.test(text)) return ome(text, plain, pages) ?? plain;
  return plain;
}

async function imageJ(text: string, first: Directory, plain: Layout, pages: number): Promise<Layout | undefined> {
  const said = new Map(text.split(/\r?\n/).map((line) => line.split("=", 2) as [string, string]));
  const count = (key: string) => {
    const n = Number(said.get(key) ?? 1);
    return Number.isInteger(n) && n >= 1 ? n : 1;
  };
  const [images, channels, times] = [count("images"), count("channels"), count("frames")];
  const contiguous = pages === 1 && images > 1;
  const total = contiguous ? images : pages;
  const slices = total / (channels * times);
  if (!Number.isInteger(slices)) return undefined;
  const unit = millimetersOf(said.get("unit") ?? "");
  const perUnit = [await first.numbers(tags.xResolution), await first.numbers(tags.yResolution)].map((n) => n[0] ?? 1);
  const spacing = [1 / perUnit[0], 1 / perUnit[1], Math.abs(Number(said.get("spacing") ?? 1))];
  return {
    ...plain,
    slices,
    frames: channels * times,
    page: (frame, slice) => (Math.floor(frame / channels) * slices + slice) * channels + (frame % channels),
    contiguous,
    ...scaled(spacing, unit),
  };
}

function ome(text: string, plain: Layout, pages: number): Layout | undefined {
  const pixels = /<(?:\w+:)?Pixels\s([^>]*)>/.exec(text)?.[1] ?? "";
  const said = new Map([...pixels.matchAll(/(\w+)\s*=\s*["']([^"']*)["']/g)].map(([, key, value]) => [key, value]));
  const size = (letter: string) => Number(said.get(`Size${letter}`) ?? 1);
  const order = (said.get("DimensionOrder") ?? "XYZCT").slice(2);
  const [slices, channels, times] = [size("Z"), size("C"), size("T")];
  if (slices * channels * times !== pages || !/^[ZCT]{3}$/.test(order)) return undefined;
  const sizes: Readonly<Record<string, number>> = { Z: slices, C: channels, T: times };
  const letters = ["X", "Y", "Z"];
  const units = letters.map((letter) => millimetersOf(said.get(`PhysicalSize${letter}Unit`) ?? "um"));
  const lengths = letters.map((letter, i) => Number(said.get(`PhysicalSize${letter}`)) * (units[i] ?? Number.NaN));
  return {
    ...plain,
    slices,
    frames: channels * times,
    page(frame, slice) {
      const index: Readonly<Record<string, number>> = {
        Z: slice,
        C: frame % channels,
        T: Math.floor(frame / channels),
      };
      return [...order].reduceRight((page, letter) => page * sizes[letter] + index[letter], 0);
    },
    ...scaled(lengths, 1),
  };
}

/** Spacings where all three are sound; else 1 mm, which the warning says. */
function scaled(spacing: readonly number[], unit: number | undefined) {
  const mm = spacing.map((length) => length * (unit ?? Number.NaN));
  if (!mm.every((length) => Number.isFinite(length) && length > 0)) return {};
  return { indexToWorld: spacingAffine(mm), warnings: [noOrientation("TIFF", true)] };
}

import { fault, type Warning } from "../../core/errors.js";
import { affine, type Matrix4 } from "../../core/linear.js";
import { refuseBadAffine } from "../affine.js";
import { type OwnMetadata, parseMetadata } from "../orientation.js";
import type { NiftiHeader } from "./header.js";

/**
 * Voxel to RAS mm. The sform rules, then the qform, then the spacings alone (method 1 of nifti1.h), which warns
 * `no-orientation`; a qform that disagrees with the sform warns `sform-qform-disagree`.
 * @throws CORRUPT_FILE (`non-finite-affine`, `singular-affine`, `zero-spacing`)
 */
export function niftiAffine(header: NiftiHeader, name: string): { indexToWorld: Matrix4; warnings: Warning[] } {
  const warnings: Warning[] = [];
  let stored: number[];
  if (header.sformCode > 0) {
    stored = [...header.srow, 0, 0, 0, 1];
    refuseBadAffine(stored, name, "sform");
    stored = unrounded(stored, header);
    if (header.qformCode > 0 && disagree(stored, qform(header), header.size))
      warnings.push({
        defect: "sform-qform-disagree",
        message: "sform and qform place the volume differently; the sform is taken",
      });
  } else if (header.qformCode > 0) {
    refuseZeroSpacing(header, name);
    stored = qform(header);
    refuseBadAffine(stored, name, "qform");
  } else {
    refuseZeroSpacing(header, name);
    const [, x, y, z] = header.pixdim.map(Math.abs);
    stored = affine([x, 0, 0, 0, y, 0, 0, 0, z], [0, 0, 0]);
    refuseBadAffine(stored, name, "spacing");
    stored = unoriented(stored, header);
    warnings.push({
      defect: "no-orientation",
      message: "the file does not say how the patient lies; axes are taken as right, anterior, superior, origin 0",
    });
  }
  const mm = header.millimeters;
  return { indexToWorld: stored.map((value, i) => (i < 12 ? value * mm : value)), warnings };
}

/** The affine in float64 that tomograd left in a comment, as long as it is the one that the sform rounds to float32. */
function unrounded(sform: number[], header: NiftiHeader): number[] {
  const own = ownMetadata(header)?.indexToWorld;
  return own?.every((value, i) => Math.fround(value) === sform[i]) ? [...own] : sform;
}

/** The affine that tomograd took for a volume of unknown orientation, as long as the spacings are still its own. */
function unoriented(spacings: number[], header: NiftiHeader): number[] {
  const own = ownMetadata(header);
  const edge = (m: Matrix4, k: number) => Math.fround(Math.hypot(m[k], m[4 + k], m[8 + k]));
  const same = own?.unoriented && [0, 1, 2].every((k) => edge(own.indexToWorld, k) === edge(spacings, k));
  return same ? [...own.indexToWorld] : spacings;
}

function ownMetadata({ metadata, millimeters }: NiftiHeader): OwnMetadata | undefined {
  if (metadata === undefined || millimeters !== 1) return undefined;
  try {
    return parseMetadata(metadata);
  } catch {
    // A comment that is damaged says nothing; the header's own fields do.
    return undefined;
  }
}

/** Method 2 of nifti1.h: a unit quaternion (a from b, c, d), spacings, and qfac for the third axis. */
function qform({ pixdim, quaternion: [b, c, d], qoffset }: NiftiHeader): number[] {
  let [x, y, z] = [b, c, d];
  let aa = 1 - (b * b + c * c + d * d);
  if (aa < 1e-7) {
    const norm = Math.hypot(b, c, d);
    [x, y, z] = [b / norm, c / norm, d / norm];
    aa = 0;
  }
  const w = Math.sqrt(aa);
  const [, sx, sy, length] = pixdim.map(Math.abs);
  const sz = pixdim[0] < 0 ? -length : length;
  return affine(
    [
      (w * w + x * x - y * y - z * z) * sx,
      2 * (x * y - w * z) * sy,
      2 * (x * z + w * y) * sz,
      2 * (x * y + w * z) * sx,
      (w * w + y * y - x * x - z * z) * sy,
      2 * (y * z - w * x) * sz,
      2 * (x * z - w * y) * sx,
      2 * (y * z + w * x) * sy,
      (w * w + z * z - x * x - y * y) * sz,
    ],
    [qoffset[0], qoffset[1], qoffset[2]],
  );
}

function refuseZeroSpacing({ pixdim }: NiftiHeader, name: string): void {
  if (pixdim.slice(1).some((spacing) => spacing === 0))
    throw fault("CORRUPT_FILE", `${name}: a voxel spacing is 0: ${pixdim.slice(1).join(", ")}`, {
      defect: "zero-spacing",
    });
}

/** Whether two affines move a corner of the volume by more than a hundredth of a voxel (a rounding of float32 is far less). */
function disagree(a: Matrix4, b: Matrix4, size: readonly number[]): boolean {
  const edge = Math.min(...[0, 1, 2].map((k) => Math.hypot(a[k], a[4 + k], a[8 + k])));
  for (let row = 0; row < 3; row++) {
    let reach = Math.abs(a[4 * row + 3] - b[4 * row + 3]);
    for (let k = 0; k < 3; k++) reach += Math.abs(a[4 * row + k] - b[4 * row + k]) * (size[k] - 1);
    if (!(reach <= 0.01 * edge)) return Number.isFinite(reach);
  }
  return false;
}

import { totalmem } from "node:os";
import { fault } from "../core/errors.js";

/** Numbers that are in memory at once, host and backend together. */
export interface MemoryNeed {
  readonly voxels: number;
  /** Volumes of that size. */
  readonly volumes: number;
  readonly pixels: number;
  /** Stacks of that size. */
  readonly stacks: number;
  /** Of the backend: 8 on `reference`, else 4. */
  readonly bytesPerNumber: number;
}

const gib = (bytes: number) => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

/**
 * Refuses work that this machine (or its container) cannot hold, before it is begun.
 * @throws TOO_LARGE (defect `too-large`)
 */
export function refuseTooLarge(need: MemoryNeed): void {
  const volumes = need.voxels * need.volumes * need.bytesPerNumber;
  const stacks = need.pixels * need.stacks * need.bytesPerNumber;
  const available = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  if (volumes + stacks <= available) return;
  const advice =
    volumes > stacks
      ? "take fewer or larger voxels (reconstruct: --grid with --spacing)"
      : "take fewer views (--views) or pixels (--size)";
  throw fault(
    "TOO_LARGE",
    `this needs about ${gib(volumes + stacks)} of memory, ${gib(volumes)} for volumes and ${gib(stacks)} for images; the machine has ${gib(available)}: ${advice}`,
    { defect: "too-large", bytes: volumes + stacks, available },
  );
}

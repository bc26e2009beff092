/** Buffers that are used again: making one costs more than a small kernel. */
import type { DeviceFaults } from "./faults.js";

/** Bits of `GPUBufferUsage`, which Node lacks. */
export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;

const KINDS = {
  storage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
  staging: USAGE.mapRead | USAGE.copyTarget,
} as const;

/** A buffer on loan from the pool. */
export interface Slot {
  readonly buffer: GPUBuffer;
  readonly kind: keyof typeof KINDS;
  /** A multiple of 256, at least what was asked for. */
  readonly bytes: number;
  /** Number of the last batch of commands that names it; 0 if none does. */
  batch: number;
  /** Never used before, hence 0 throughout. */
  fresh: boolean;
}

export interface BufferPool {
  /** `idleSince`: only a buffer that no command of this or a later batch names. */
  take(kind: Slot["kind"], bytes: number, label: string, idleSince?: number): Slot;
  give(slot: Slot): void;
  /** Destroys buffers kept beyond the limit that no command of batch `open` or later names. */
  trim(open: number): void;
  destroy(): void;
}

/** Buffers on loan to nobody take at most this much. */
const MOST_KEPT = 256 * 2 ** 20;
const GRAIN = 256;

/** A multiple of 256 and, above 64 KiB, of an eighth of the next lower power of two: few sizes, at most 1/8 unused. */
function sizeClass(bytes: number, most: number): number {
  const grain = bytes < 65536 ? GRAIN : 2 ** (Math.floor(Math.log2(bytes)) - 3);
  const rounded = Math.ceil(bytes / grain) * grain;
  return rounded <= most ? rounded : Math.ceil(bytes / GRAIN) * GRAIN;
}

/** `mostBytes`: of one buffer, that a size is not rounded up beyond. */
export function createBufferPool(device: GPUDevice, faults: DeviceFaults, mostBytes: number): BufferPool {
  const idle = new Map<string, Slot[]>();
  const all = new Set<Slot>();
  let idleBytes = 0;
  const key = (kind: Slot["kind"], bytes: number) => `${kind} ${bytes}`;

  return {
    take(kind, bytes, label, idleSince = Infinity) {
      const size = sizeClass(Math.max(bytes, GRAIN), mostBytes);
      const slots = idle.get(key(kind, size)) ?? [];
      const found = slots.findIndex(({ batch }) => batch < idleSince);
      if (found >= 0) {
        idleBytes -= size;
        return slots.splice(found, 1)[0];
      }
      faults.mention(label);
      const buffer = device.createBuffer({ label, size, usage: KINDS[kind] });
      const slot: Slot = { buffer, kind, bytes: size, batch: 0, fresh: true };
      all.add(slot);
      return slot;
    },
    give(slot) {
      const name = key(slot.kind, slot.bytes);
      slot.fresh = false;
      idle.set(name, [...(idle.get(name) ?? []), slot]);
      idleBytes += slot.bytes;
    },
    trim(open) {
      if (idleBytes <= MOST_KEPT) return;
      for (const [name, slots] of idle) {
        const kept = slots.filter((slot) => {
          if (idleBytes <= MOST_KEPT || slot.batch >= open) return true;
          slot.buffer.destroy();
          all.delete(slot);
          idleBytes -= slot.bytes;
          return false;
        });
        idle.set(name, kept);
      }
    },
    destroy() {
      for (const { buffer } of all) buffer.destroy();
      all.clear();
      idle.clear();
      idleBytes = 0;
    },
  };
}

/**
 * Clearing and copying by plain stores. `memory.fill` and `memory.copy` check against the size of the memory that this
 * thread has seen last, and engines tell other threads lazily that the host has let it grow: now and then they trap in
 * memory that is there. Plain accesses are checked by the pages themselves.
 */

/** Zeros `bytes` (a multiple of 4) from an address. */
export function clear(address: usize, bytes: usize): void {
  const zero = i32x4.splat(0);
  const end = address + bytes;
  let p = address;
  for (; p + 64 <= end; p += 64) {
    v128.store(p, zero);
    v128.store(p, zero, 16);
    v128.store(p, zero, 32);
    v128.store(p, zero, 48);
  }
  for (; p < end; p += 4) store<i32>(p, 0);
}

/** Copies `bytes` (a multiple of 4) to a range that does not overlap, or begins before the one that is read. */
export function move(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 64 <= bytes; at += 64) {
    const p = from + at;
    const q = to + at;
    v128.store(q, v128.load(p));
    v128.store(q, v128.load(p, 16), 16);
    v128.store(q, v128.load(p, 32), 32);
    v128.store(q, v128.load(p, 48), 48);
  }
  for (; at < bytes; at += 4) store<i32>(to + at, load<i32>(from + at));
}

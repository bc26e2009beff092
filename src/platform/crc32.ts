const table = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 of gzip (RFC 1952, section 8), fed piece by piece. */
export function createCrc32(): { add(bytes: Uint8Array): void; value(): number } {
  let state = 0xffffffff;
  return {
    add(bytes) {
      let c = state;
      for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]) & 255] ^ (c >>> 8);
      state = c;
    },
    value: () => (state ^ 0xffffffff) >>> 0,
  };
}

/** jsfive has no types: what the tests use of it. */
declare module "jsfive" {
  export class File {
    constructor(bytes: ArrayBufferLike, name: string);
    get(path: string): { readonly dtype: string; readonly shape: number[]; readonly value: ArrayLike<number | bigint> };
  }
}

/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Of the package. */
  readonly TOMOGRAD_VERSION: string;
}

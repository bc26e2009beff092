/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Of the package. */
  readonly TOMOGRAD_VERSION: string;
}

/** Files of the origin private file system, as workers have them; TypeScript's DOM leaves them out. */
interface FileSystemSyncAccessHandle {
  write(bytes: AllowSharedBufferSource): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}

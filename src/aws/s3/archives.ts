/** How an archive's key ends, after the hash of its content. */
export const ARCHIVE_ENDING = ".tar.gz";

/** True for the key of an archive as the stack names it, `<folder>/<sha256>.tar.gz`: what else is in its bucket is somebody's. */
export const isArchive = (key: string): boolean => /^[^/]+\/[0-9a-f]{64}\.tar\.gz$/.test(key);

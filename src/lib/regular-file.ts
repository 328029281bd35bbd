import { readFileSync, statSync } from "node:fs";

/**
 * The text of a file. A pipe or a device is refused (`ENOTSUP`): reading it may never end, and what is read twice is there once.
 * Throws as `readFileSync` does.
 */
export function readRegular(path: string): string {
  const there = statSync(path);
  // What reading a folder means is the file system's to say.
  if (!there.isFile() && !there.isDirectory())
    throw Object.assign(new Error("it is a pipe or a device, not a file"), { code: "ENOTSUP" });
  return readFileSync(path, "utf8");
}

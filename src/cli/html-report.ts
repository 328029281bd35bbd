import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BuddyError } from "../lib/errors.ts";

/**
 * Makes sure that a report can be written, before the hour of work that it tells of. Answers what writes it.
 * @throws BuddyError `usage` when it cannot be
 */
export function reportFile(path: string): (page: string) => void {
  try {
    accessSync(existsSync(path) ? path : dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `the report ${path} cannot be written`,
      about: { file: path },
      hint: "Name a file in a folder that is there and writable: --report FILE.html.",
      cause: error,
    });
  }
  return (page) => writeFileSync(path, page);
}

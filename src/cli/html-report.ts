import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BuddyError } from "../lib/errors.ts";
import { realTarget } from "../state/file.ts";

/**
 * Makes sure that a page, a picture or a plan can be written, before the hour of work that it tells of. Answers what writes it, and
 * throws `usage` where that fails after all.
 * @param option what named the file
 * @throws BuddyError `usage` when it cannot be
 */
export function reportFile(path: string, option = "--report"): (page: string) => void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory() || /[/\\]$/.test(path)) throw new Error("it is a folder");
    accessSync(there ? path : dirname(resolve(realTarget(path))), constants.W_OK);
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `${option === "--report" ? "the report " : ""}${path} cannot be written`,
      about: { file: path },
      hint: `Name a file in a folder that is there and writable: ${option} FILE${option === "--report" ? ".html" : ""}.`,
      cause: error,
    });
  }
  return (page) => {
    try {
      writeFileSync(path, page);
    } catch (error) {
      throw new BuddyError({
        code: "usage",
        message: `${path} could not be written: ${error instanceof Error ? error.message : String(error)}`,
        about: { file: path },
        hint: `Make room, or name a file elsewhere: ${option} FILE.`,
        cause: error,
      });
    }
  };
}

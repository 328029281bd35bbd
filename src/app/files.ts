import { readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** The files of a project that reach the instances: what stays out is not looked at either. */
export interface ProjectFiles {
  /** With slashes, from the top of the project. */
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** The text of a file. Undefined: there is none, or none that a person has written. */
  read(path: string): string | undefined;
}

/** Longer files are not looked at, bytes. */
export const MOST_READ = 2 ** 20;

/** Files of a folder. @param paths those that are sent, from its top */
export function filesIn(folder: string, paths: readonly string[]): ProjectFiles {
  const all = new Set(paths);
  return {
    paths,
    has: (path) => all.has(path),
    read(path) {
      if (!all.has(path)) return undefined;
      const file = join(folder, path);
      try {
        const stat = statSync(file);
        return stat.isFile() && stat.size <= MOST_READ ? decoded(readFileSync(file)) : undefined;
      } catch {
        // A link that leads nowhere.
        return undefined;
      }
    },
  };
}

/** PowerShell's `pip freeze > requirements.txt` is UTF-16, which pip reads by its byte order mark, too. */
export function decoded(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** Folder of a path; "": the top. */
export const folderOf = (path: string): string => (path.includes("/") ? posix.dirname(path) : "");
export const nameOf = (path: string): string => posix.basename(path);
/** A path in a folder; "" is the top. Undefined: it leads out of the project. */
export function within(folder: string, path: string): string | undefined {
  const joined = posix.normalize(posix.join(folder || ".", path)).replace(/\/$/, "");
  if (joined === ".." || joined.startsWith("../") || joined.startsWith("/")) return undefined;
  return joined === "." ? "" : joined;
}

/** The file of a Python module, looked for from a folder. Undefined: there is none in the project. */
export function moduleFile(files: ProjectFiles, folder: string, module: string): string | undefined {
  const path = [...(folder === "" ? [] : [folder]), ...module.split(".")].join("/");
  return [`${path}.py`, `${path}/__init__.py`].find((one) => files.has(one));
}

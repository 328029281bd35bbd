import type { Config } from "../config/schema.ts";
import type { Problem } from "../lib/errors.ts";
import { oneLine } from "../lib/text.ts";
import { nameOf, type ProjectFiles } from "./files.ts";

/** What of a config decides on how a project is looked at. */
export type Asked = Pick<Config, "app" | "image" | "domain">;

/** What is wrong, and what to do. */
export interface Said {
  readonly message: string;
  readonly hint: string;
}

/** A project while it is looked at, and what was found wrong so far. Paths of what is said are those of the config. */
export interface Inspection {
  readonly files: ProjectFiles;
  readonly asked: Asked;
  /** Where the config names the project. */
  readonly source: "image.app.folder" | "image.app.git";
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** What would fail on the instances. Answers undefined, for what cannot be told then. */
  problem(path: string, message: string, hint: string): undefined;
  /** What runs, but perhaps not as it is meant. */
  warn(path: string, message: string, hint?: string): void;
  has(path: string): boolean;
  /** All files of that name that may be the project's. */
  named(name: string): readonly string[];
}

export function inspectionOf(files: ProjectFiles, asked: Asked): Inspection {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const { app } = asked.image;
  return {
    files,
    asked,
    source: app !== null && "git" in app ? "image.app.git" : "image.app.folder",
    problems,
    warnings,
    problem(path, message, hint) {
      problems.push({ path, message: oneLine(message), hint: oneLine(hint) });
      return undefined;
    },
    warn: (path, message, hint) =>
      void warnings.push({ path, message: oneLine(message), ...(hint === undefined ? {} : { hint: oneLine(hint) }) }),
    has: (path) => files.has(path),
    named: (name) => files.paths.filter((path) => nameOf(path) === name && !isAside(path)),
  };
}

/** Of no project itself, wherever they lie; nor what is hidden. */
const ASIDE: ReadonlySet<string> = new Set(["tests", "site-packages", "node_modules", "venv", "env"]);

/** True for a file in a folder that is not looked at. */
export const isAside = (path: string): boolean =>
  path
    .split("/")
    .slice(0, -1)
    .some((part) => ASIDE.has(part) || part.startsWith("."));

/** The same file beside manage.py and at the top. */
export const placesOf = (directory: string, name: string): readonly string[] => [
  ...new Set([directory === "" ? name : `${directory}/${name}`, name]),
];

import { posix } from "node:path";
import type { Problem } from "../lib/errors.ts";
import { shellWord } from "../lib/shell.ts";
import { type Entry, entryOf } from "./entry.ts";
import { folderOf, type ProjectFiles } from "./files.ts";
import { type Asked, type Inspection, inspectionOf } from "./inspection.ts";
import { hasDriver, installedBy, pyprojectAt, warnOfInstalled } from "./installed.ts";
import { pythonPin } from "./python-pin.ts";
import { settingsOf, settingsWarnings } from "./settings.ts";
import { settingsNamed } from "./settings-module.ts";

/** What is found by looking at the project, as far as the instances are told of it. */
export interface Project {
  /** Folder of manage.py, else the one from which Python finds the WSGI entry; "": the top. */
  readonly directory: string;
  /** Module and name: "config.wsgi:application". */
  readonly wsgi: string;
  readonly settings: string | null;
  /** What pip installs; null: nothing. */
  readonly requirements: string | null;
  /** Whether it has a manage.py. */
  readonly manage: boolean;
  /** The version that it asks for: "3.10"; null: any. */
  readonly python: string | null;
  /** Its requirements name no MySQL driver that Django finds, so that the image adds one. */
  readonly addsDriver: boolean;
  /** Its own release command, as of a Procfile; null: it names none. */
  readonly release: string | null;
}

/** What came of looking at a project. Paths are those of the config. */
export interface Inspected {
  /** Undefined: it cannot be told how it starts, which `problems` says. */
  readonly project: Project | undefined;
  /** What would fail on the instances. */
  readonly problems: readonly Problem[];
  /** What runs, but perhaps not as it is meant. */
  readonly warnings: readonly Problem[];
}

/** Finds out how a project starts, and what of it would not run on the instances. Executes nothing of it. */
export function inspectProject(files: ProjectFiles, asked: Asked): Inspected {
  const inspection = inspectionOf(files, asked);
  const { problems, warnings } = inspection;
  const entry = entryOf(inspection);
  // What is looked for depends on where it starts.
  if (entry === undefined) return { project: undefined, problems, warnings };
  const { directory } = entry;
  const pyproject = pyprojectAt(inspection, directory);
  const installed = installedBy(inspection, directory, pyproject);
  const settings = settingsNamed(inspection, entry);
  const read = settings === null ? undefined : settingsOf(files, directory, settings);
  if (read)
    for (const { message, hint } of settingsWarnings(read, inspection.asked, installed?.names ?? new Set()))
      inspection.warn(inspection.source, message, hint);
  if (installed) warnOfInstalled(inspection, installed, entry.isDjango);
  const project: Project = {
    directory,
    wsgi: entry.wsgi,
    settings,
    requirements: installed?.path ?? null,
    manage: entry.manage !== undefined,
    python: pythonPin(inspection, directory, pyproject, installed),
    addsDriver: installed !== undefined && entry.isDjango && !hasDriver(inspection, directory, installed),
    release: releaseOf(inspection, entry),
  };
  return { project, problems, warnings };
}

/** The release command of its Procfile, as it is run from where the project starts. */
function releaseOf(inspection: Inspection, { directory, procfile }: Entry): string | null {
  const release = procfile?.release;
  if (procfile === undefined || release === undefined || inspection.asked.app.release !== null) return null;
  const from = posix.relative(`/${directory}`, `/${folderOf(procfile.path)}`);
  const command = from === "" ? release : `cd ${shellWord(from)} && ${release}`;
  if (command.length <= 500) return command;
  inspection.problem(
    "app.release",
    `${procfile.path}: the release command is longer than 500 characters`,
    "put it into a script of the project",
  );
  return null;
}

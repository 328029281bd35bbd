import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { appSettings, releaseCommand } from "../../steps/scripts/app-settings.ts";
import type { Inspected, Project } from "../app/project.ts";
import { type Config, SCHEMA_FILE } from "../config/schema.ts";
import { BuddyError, type Problem } from "../lib/errors.ts";
import { list, oneLine, some } from "../lib/text.ts";
import type { RecordedApplication } from "../state/state.ts";
import type { Packed } from "./app-archive.ts";
import { isStackFile, type Paths } from "./paths.ts";
import { priceFileIn } from "./prices.ts";

/** The application of `image.app`, as it lies there now. */
export interface Application {
  /** Its folder, packed; undefined: it is in a repository, or there is none. */
  readonly archive: Packed | undefined;
  /** Undefined: nobody could look, or it cannot be told how it starts. */
  readonly project: Project | undefined;
  /** What would fail on the instances. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** None that could be looked at. */
export const NONE: Application = { archive: undefined, project: undefined, problems: [], warnings: [] };

/**
 * Looks at the application where that is a folder.
 * @throws BuddyError `config`: its folder cannot be packed.
 */
export async function applicationOf(config: Config, paths: Paths): Promise<Application> {
  const { app } = config.image;
  if (app === null || !("folder" in app)) return NONE;
  const folder = resolve(paths.folder, app.folder);
  const archive = await packed(folder, paths);
  const { project, problems, warnings } = await inspect(folder, archive, config);
  return { archive, project, problems, warnings: [...warnings, ...leftOut(archive)] };
}

/** Looks at the application wherever it is, also over the network. @throws as `applicationOf` */
export async function applicationAnywhere(config: Config, paths: Paths, signal?: AbortSignal): Promise<Application> {
  const { app } = config.image;
  if (app === null || !("git" in app)) return applicationOf(config, paths);
  const [{ seeRepository }, { inspectProject }] = await Promise.all([
    import("../app/git.ts"),
    import("../app/project.ts"),
  ]);
  const seen = await seeRepository(app, (files) => inspectProject(files, config), signal);
  if (seen.kind === "seen") return { archive: undefined, ...seen.value };
  return seen.kind === "problem"
    ? { ...NONE, problems: [seen.problem] }
    : { ...NONE, warnings: [unseen(`not looked at: ${seen.why}`)] };
}

const unseen = (why: string): Problem => ({
  path: "image.app.git",
  message: `${why}. The image's builder finds out how it starts, and fails where it cannot`,
});

/** What is looked at is what is sent. */
async function inspect(folder: string, { files }: Packed, config: Config): Promise<Inspected> {
  const [{ filesIn }, { inspectProject }] = await Promise.all([import("../app/files.ts"), import("../app/project.ts")]);
  return inspectProject(filesIn(folder, files), config);
}

/** Packs the folder without the files of this program that may lie in it. */
async function packed(folder: string, paths: Paths): Promise<Packed> {
  const beside = dirname(realPath(paths.state));
  // How the names begin of what this program reads and writes: config, schema, state, backup, lock, keys. None may come into the image.
  const ours = [paths.config, join(paths.folder, SCHEMA_FILE), paths.state, priceFileIn(paths.folder)].map(realPath);
  const { packFolder } = await import("./app-archive.ts");
  return packFolder(
    folder,
    (path) => ours.some((own) => path.startsWith(own)) || (dirname(path) === beside && isStackFile(path)),
  );
}

/** Absolute, with its folder's links followed; the file itself need not be there. */
const realPath = (path: string): string => {
  const folder = dirname(resolve(path));
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : resolve(path);
};

/** How the application will be installed and started, in a line. Undefined: there is none, or nobody could look. */
export function applicationText(config: Config, { project }: Pick<Application, "project">): string | undefined {
  if (project === undefined) return undefined;
  const { wsgi, directory, settings, requirements, addsDriver } = appSettings(config, project);
  const release = releaseCommand(config, project);
  const installed = [...(requirements === null ? [] : [requirements]), ...(addsDriver ? ["mysqlclient"] : [])];
  const parts = [
    `${wsgi}${directory ? ` in ${directory}` : ""}`,
    ...(settings === null ? [] : [`settings ${settings}`]),
    ...(installed.length === 0 ? [] : [`installs ${list(installed)}`]),
    release === "" ? "no release command" : `each release runs: ${release}`,
  ];
  return oneLine(parts.join(", "));
}

/** What was found, as a config says it; what is at the top, or nowhere, as null. */
export const foundOf = ({ project }: Application): Partial<Config["app"]> =>
  project === undefined
    ? {}
    : {
        directory: project.directory || null,
        settings: project.settings,
        wsgi: project.wsgi.replace(/:application$/, ""),
        requirements: project.requirements,
      };

/** What of the folder does not reach the instances. */
function leftOut({ leftOut, ignored }: Packed): readonly Problem[] {
  const parts = [
    leftOut.join(", "),
    ignored.paths.length === 0 ? "" : `by ${ignored.by} ${some(ignored.paths, 8)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? [] : [{ path: "image.app.folder", message: `Not sent: ${parts.join("; ")}.` }];
}

/** Throws what would keep the application from running. @param file the config's */
export function throwUnfit({ problems, archive }: Application, file: string): void {
  if (problems.length === 0) return;
  const unseen = archive === undefined ? [] : leftOut(archive).map(({ message }) => ` ${message}`);
  throw new BuddyError({
    code: "config",
    message: "The application would not run on the instances as it is:",
    about: { file },
    problems,
    hint: `Correct it or the config, then run the command again; nothing was sent to AWS.${unseen.join("")}`,
  });
}

/** What decides on how a project is looked at, besides the project: what was found is of use only while this is the same. */
const lookedAtAs = ({ image, app }: Config): string =>
  JSON.stringify([image.app, app.directory, app.settings, app.wsgi, app.requirements]);

/** What to record of an application when `up` begins to bring it about. */
export const recordOf = (config: Config, { archive, project }: Application): RecordedApplication => ({
  of: lookedAtAs(config),
  project: project === undefined ? null : { ...project },
  ...(archive === undefined ? {} : { sha256: archive.sha256 }),
});

/** The application as it was when `up` last began; undefined: it was another one, or is not recorded. */
export function recordedApplication(
  config: Config,
  recorded: RecordedApplication | undefined,
): Application | undefined {
  if (recorded === undefined || recorded.of !== lookedAtAs(config)) return undefined;
  const { project, sha256 } = recorded;
  return {
    ...NONE,
    // Nothing is sent of it: what is recorded is there already.
    archive:
      sha256 === undefined
        ? undefined
        : { sha256, bytes: new Uint8Array(), files: [], leftOut: [], ignored: { by: "", paths: [] } },
    project: project === null ? undefined : (project as unknown as Project),
    warnings:
      project === null && sha256 === undefined
        ? [unseen("it was not looked at when `up` last brought it about; `up --refresh-image` looks again")]
        : [],
  };
}

import { PROJECT_PATH, PYTHON_MODULE } from "../config/patterns.ts";
import { list, some } from "../lib/text.ts";
import { folderOf, moduleFile, nameOf, type ProjectFiles, within } from "./files.ts";
import { type Inspection, isAside } from "./inspection.ts";
import { type Procfile, procfileOf } from "./procfile.ts";
import { defines, settingsModuleIn } from "./python.ts";
import { settingsOf } from "./settings.ts";

export interface Entry {
  readonly directory: string;
  readonly wsgi: string;
  /** The file of the WSGI entry. */
  readonly file: string;
  readonly manage: string | undefined;
  readonly isDjango: boolean;
  readonly procfile: FoundProcfile | undefined;
}

interface FoundProcfile extends Procfile {
  readonly path: string;
  /** The WSGI entry that its web process starts, where that is in the project. */
  readonly entry: { readonly directory: string; readonly wsgi: string } | undefined;
}

/** Where a project starts. Undefined: that cannot be told, and was said. */
export function entryOf(inspection: Inspection): Entry | undefined {
  const { app } = inspection.asked;
  const { files } = inspection;
  if (app.directory !== null && !files.paths.some((path) => path.startsWith(`${app.directory}/`)))
    return inspection.problem(
      "app.directory",
      `there is no folder ${app.directory} in the project`,
      `its folders are ${some([...new Set(files.paths.map((path) => path.split("/").slice(0, -1).join("/")).filter((path) => path !== "" && !isAside(`${path}/x`)))], 5) || "none"}`,
    );
  const procfile = procfileIn(inspection);
  const manages = managesOf(inspection);
  const directory = directoryOf(inspection, manages, procfile);
  if (directory === "ambiguous") return undefined;
  const wsgi = wsgiOf(inspection, directory, procfile, manages);
  if (wsgi === undefined) return undefined;
  if (wsgi.directory !== "" && !PROJECT_PATH.test(wsgi.directory))
    return inspection.problem(
      "app.directory",
      `the folder "${wsgi.directory}" has characters in its name that cannot be used here`,
      "rename it: letters, digits, and any of _ . + -",
    );
  const manage = [within(wsgi.directory, "manage.py") ?? ""].find((path) => inspection.has(path));
  const isDjango = manage !== undefined || /get_wsgi_application/.test(files.read(wsgi.file) ?? "");
  if (procfile && procfile.others.length > 0)
    inspection.warn(
      inspection.source,
      `${procfile.path}: ${list(procfile.others)} ${procfile.others.length === 1 ? "is" : "are"} not started: web instances serve, and run nothing else`,
    );
  return { ...wsgi, manage, isDjango, procfile };
}

/** Each manage.py; where some are Django's, only those. */
function managesOf(inspection: Inspection): readonly string[] {
  const all = inspection.named("manage.py");
  const ofDjango = all.filter((path) => /django/i.test(inspection.files.read(path) ?? ""));
  return ofDjango.length > 0 ? ofDjango : all;
}

function procfileIn(inspection: Inspection): FoundProcfile | undefined {
  const { directory } = inspection.asked.app;
  const [only, ...others] = inspection.named("Procfile");
  const path =
    ["Procfile", ...(directory === null ? [] : [`${directory}/Procfile`])].find((one) => inspection.has(one)) ??
    (others.length === 0 ? only : undefined);
  const text = path === undefined ? undefined : inspection.files.read(path);
  if (path === undefined || text === undefined) return undefined;
  const procfile = procfileOf(text);
  const { web } = procfile;
  const started = web && within(folderOf(path), web.folder || ".");
  const [entry] =
    web === undefined || web.asgi || started === undefined
      ? []
      : web.entries.filter((one) => moduleFile(inspection.files, started, one.split(":")[0] as string));
  return {
    ...procfile,
    path,
    entry: entry === undefined || started === undefined ? undefined : { directory: started, wsgi: entry },
  };
}

/** The folder of the manage.py that is meant; undefined: there is none. */
function directoryOf(
  inspection: Inspection,
  manages: readonly string[],
  procfile: FoundProcfile | undefined,
): string | undefined | "ambiguous" {
  const { app } = inspection.asked;
  if (app.directory !== null) return app.directory;
  const folders = manages.map(folderOf);
  if (folders.length <= 1) return folders[0];
  const module = (name: string | null) => (name === null ? undefined : name.split(":")[0]);
  for (const meant of [module(app.wsgi), app.settings]) {
    const holding = folders.filter((folder) => meant != null && moduleFile(inspection.files, folder, meant));
    if (holding.length === 1) return holding[0];
  }
  if (app.wsgi === null && procfile?.entry && folders.includes(procfile.entry.directory))
    return procfile.entry.directory;
  const below = folders.filter((folder) => folder !== "");
  inspection.problem(
    "app.directory",
    `there ${manages.length === 2 ? "are two" : `are ${manages.length}`} manage.py: ${some(manages, 5)}`,
    `name the folder of the one that is meant: { "app": { "directory": "${below[0] ?? ""}" } }${folders.includes("") ? `; or name the WSGI entry, in app.wsgi` : ""}`,
  );
  return "ambiguous";
}

interface Wsgi {
  readonly directory: string;
  readonly wsgi: string;
  readonly file: string;
}

function wsgiOf(
  inspection: Inspection,
  directory: string | undefined,
  procfile: FoundProcfile | undefined,
  manages: readonly string[],
): Wsgi | undefined {
  const { app } = inspection.asked;
  const { files } = inspection;
  if (app.wsgi !== null) return wsgiNamed(inspection, app.wsgi, directory);
  if (procfile?.entry && (directory === undefined || procfile.entry.directory === directory)) {
    const { wsgi } = procfile.entry;
    const file = moduleFile(files, procfile.entry.directory, wsgi.split(":")[0] as string);
    if (file !== undefined)
      return {
        directory: procfile.entry.directory,
        wsgi: wsgi.includes(":") ? wsgi : `${wsgi}:${nameIn(inspection, file)}`,
        file,
      };
  }
  const all = inspection.named("wsgi.py").map((file) => located(inspection, file, directory));
  const found = all.flatMap((one) => (typeof one === "string" ? [] : [one]));
  if (found.length === 1) {
    if (procfile?.web?.asgi)
      inspection.warn(
        inspection.source,
        `${procfile.path} starts an ASGI server, and the image serves WSGI (${found[0]?.file}): websockets and other long-lived connections do not work`,
      );
    return found[0];
  }
  if (found.length > 1) return wsgiOfMany(inspection, found);
  return noWsgi(
    inspection,
    directory,
    all.filter((one) => typeof one === "string"),
    manages,
  );
}

function wsgiNamed(inspection: Inspection, named: string, directory: string | undefined): Wsgi | undefined {
  const [module = "", name] = named.split(":");
  const roots = directory === undefined ? foldersOf(inspection.files) : [directory];
  const root = roots.find((folder) => moduleFile(inspection.files, folder, module));
  const file = root === undefined ? undefined : moduleFile(inspection.files, root, module);
  if (root === undefined || file === undefined) {
    const there = inspection.named("wsgi.py");
    return inspection.problem(
      "app.wsgi",
      `there is no ${module.replaceAll(".", "/")}.py in ${directory ? `the project's folder ${directory}` : "the project"}`,
      there.length > 0 ? `there is ${some(there, 5)}` : 'such as "config.wsgi", for config/wsgi.py beside manage.py',
    );
  }
  return { directory: root, wsgi: `${module}:${name ?? "application"}`, file };
}

/** Folders of a project, the highest first. */
const foldersOf = (files: ProjectFiles): readonly string[] =>
  [...new Set(files.paths.filter((path) => !isAside(path)).map(folderOf))].sort(
    (one, other) => one.split("/").length - other.split("/").length || (one < other ? -1 : 1),
  );

/** A wsgi.py as Python finds it; its path alone, where it does not. */
function located(inspection: Inspection, file: string, directory: string | undefined): Wsgi | string {
  const root = directory ?? rootOf(inspection, file);
  if (root !== "" && !file.startsWith(`${root}/`)) return file;
  const module = file.slice(root === "" ? 0 : root.length + 1, -".py".length).replaceAll("/", ".");
  return PYTHON_MODULE.test(module) ? { directory: root, wsgi: `${module}:${nameIn(inspection, file)}`, file } : file;
}

/** The folder from which Python finds a wsgi.py without a manage.py: where the settings that it names are, else above its package. */
function rootOf(inspection: Inspection, file: string): string {
  const above = (folder: string): readonly string[] => (folder === "" ? [""] : [folder, ...above(folderOf(folder))]);
  const folders = above(folderOf(file));
  const named = settingsModuleIn(inspection.files.read(file) ?? "");
  const byName =
    named === undefined || named === "computed"
      ? undefined
      : folders.find((folder) => moduleFile(inspection.files, folder, named));
  if (byName !== undefined) return byName;
  return folders.find((folder) => !inspection.has(within(folder, "__init__.py") ?? "")) ?? "";
}

/** Its name in the module: Django's, unless it is certainly another one. */
function nameIn(inspection: Inspection, file: string): string {
  const text = inspection.files.read(file) ?? "";
  return defines(text, "application") === false && defines(text, "app") === true ? "app" : "application";
}

/** One of several: that of the settings' WSGI_APPLICATION, else the one beside the settings. */
function wsgiOfMany(inspection: Inspection, found: readonly Wsgi[]): Wsgi | undefined {
  const directory = found[0]?.directory ?? "";
  const script = settingsModuleIn(inspection.files.read(within(directory, "manage.py") ?? "") ?? "");
  const settings = inspection.asked.app.settings ?? (script === "computed" ? undefined : script);
  const read = settings === undefined ? undefined : settingsOf(inspection.files, directory, settings);
  const [, said] = /^["']([\w.]+)\.\w+["']/.exec(read?.setting("WSGI_APPLICATION")?.code ?? "") ?? [];
  const top = settings?.split(".")[0];
  for (const isMeant of [(module: string) => module === said, (module: string) => module.split(".")[0] === top]) {
    const meant = found.filter(({ wsgi }) => isMeant(wsgi.split(":")[0] as string));
    if (meant.length === 1) return meant[0];
  }
  return inspection.problem(
    "app.wsgi",
    `there ${found.length === 2 ? "are two" : `are ${found.length}`} WSGI entries: ${some(
      found.map(({ file }) => file),
      5,
    )}`,
    `name the one that is meant: { "app": { "wsgi": "${found[0]?.wsgi.split(":")[0]}" } }`,
  );
}

function noWsgi(
  inspection: Inspection,
  directory: string | undefined,
  unreachable: readonly string[],
  manages: readonly string[],
): undefined {
  if (unreachable.length > 0)
    return inspection.problem(
      "app.wsgi",
      `Python does not find ${some(unreachable, 5)} from ${directory ? `the folder ${directory}` : "the project's top"}, where it starts`,
      directory
        ? `move it below ${directory}, or name the folder that it starts in: app.directory`
        : "rename its folders: letters, digits and underscores, not a digit first",
    );
  const aside = inspection.files.paths.filter((path) => nameOf(path) === "wsgi.py" && isAside(path));
  const besides = aside.length > 0 ? `, but for ${some(aside)}, which is not looked at` : "";
  if (manages.length > 0)
    return inspection.problem(
      "app.wsgi",
      `there is a manage.py, but no wsgi.py${besides}`,
      'write one: "from django.core.wsgi import get_wsgi_application", then "application = get_wsgi_application()"; or name the module of the WSGI entry in app.wsgi',
    );
  return inspection.problem(
    inspection.source,
    `no Django project was found: there is no manage.py, no wsgi.py and no Procfile that names a WSGI entry${besides}`,
    inspection.source === "image.app.git"
      ? "name a repository with a Django project; or the module of its WSGI entry in app.wsgi"
      : "name the folder with the Django project; or the module of its WSGI entry in app.wsgi",
  );
}

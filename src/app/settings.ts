import { endpointDomain } from "../aws/partition.ts";
import type { Config } from "../config/schema.ts";
import { list } from "../lib/text.ts";
import { folderOf, moduleFile, type ProjectFiles } from "./files.ts";
import type { Said } from "./inspection.ts";
import { bracketed, codeOf, isComputed } from "./python.ts";

/** A name that the settings set, where it is certain that this is its value in the end. */
interface Setting {
  /** "config/settings.py:76". */
  readonly place: string;
  /** What stands behind the "=", and all that follows in its file. */
  readonly code: string;
}

/** The settings of a project, with those that they take in by `from … import *`. */
export interface Settings {
  /** Undefined: it is not set, or it is not certain to what. */
  setting(name: string): Setting | undefined;
}

/** Code that sets names in ways that cannot be followed. */
const UNFOLLOWED = /\b(globals|locals|vars|exec|eval|setattr|import_module|include|optional)\s*\(|\b__import__\b/;

/** Reads a settings module as text. @param directory from which Python finds its own modules */
export function settingsOf(files: ProjectFiles, directory: string, module: string): Settings | undefined {
  const start = moduleFile(files, directory, module);
  if (start === undefined) return undefined;
  const set = new Map<string, Setting | undefined>();
  const codes: string[] = [];
  let followed = true;

  const read = (path: string, seen: readonly string[]): void => {
    const text = files.read(path);
    if (text === undefined || seen.includes(path)) {
      followed = false;
      return;
    }
    const code = codeOf(text);
    codes.push(code);
    if (UNFOLLOWED.test(code)) followed = false;
    for (const match of code.matchAll(
      /^([ \t]*)from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*\*|^([A-Z][A-Z0-9_]*)[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*/gm,
    )) {
      const [whole, indent, dots = "", name = "", setting] = match;
      if (setting !== undefined) {
        const line = code.slice(0, match.index).split("\n").length;
        set.set(setting, { place: `${path}:${line}`, code: code.slice(match.index + whole.length) });
        continue;
      }
      const taken = starred(path, dots, name);
      if (taken === undefined) followed &&= dots !== "" || /^django\.conf\b/.test(name);
      // In a try or an if nobody knows whether it is read.
      else if (indent !== "") followed = false;
      else read(taken, [...seen, path]);
    }
  };
  const starred = (path: string, dots: string, name: string): string | undefined => {
    if (dots === "") return moduleFile(files, directory, name);
    const up = [...folderOf(path).split("/")].slice(0, dots.length === 1 ? undefined : 1 - dots.length).join("/");
    return name === "" ? undefined : moduleFile(files, up, name);
  };
  read(start, []);

  return {
    setting: (name) => (followed && !codes.some((code) => isTouched(code, name)) ? set.get(name) : undefined),
  };
}

/** True where more is done to a name than to set it at the top of the file, or to read it. */
function isTouched(code: string, name: string): boolean {
  const touches = new RegExp(
    String.raw`(^|[^\w."'\n])${name}[ \t]*((\[[^\n]*?\][ \t]*)+(\.\w+[ \t]*\(|[-+*|/]?=(?!=))|\.\w+[ \t]*\(|[-+*|/]=|=(?!=))|\bimport\b[^\n]*\b${name}\b|\bdel\b[^\n]*\b${name}\b`,
    "gm",
  );
  return [...code.matchAll(touches)].some(([, before, what]) => !(before === "" && what?.startsWith("=")));
}

const ENGINES: readonly (readonly [RegExp, string])[] = [
  [/(sqlite3|spatialite)$/, "SQLite"],
  [/(postgresql|postgresql_psycopg2|postgis)$/, "PostgreSQL"],
  [/\boracle$/, "Oracle"],
];

/**
 * What in the settings will not do here, as far as that is certain.
 * @param names of the packages that are installed
 */
export function settingsWarnings(
  settings: Settings,
  { domain }: Pick<Config, "domain">,
  names: ReadonlySet<string>,
): readonly Said[] {
  return [databaseWarning(settings, names), hostsWarning(settings, domain), debugWarning(settings)].flatMap(
    (warning) => warning ?? [],
  );
}

function databaseWarning(settings: Settings, names: ReadonlySet<string>): Said | undefined {
  const setting = settings.setting("DATABASES");
  const block = setting && bracketed(setting.code);
  const inside = block && /["']default["']\s*:\s*(?=\{)/.exec(block);
  const database = inside && bracketed(block.slice(inside.index + inside[0].length));
  if (!setting || !block || !database) return undefined;
  // What follows it may choose another one.
  const rest =
    block.slice(inside.index + inside[0].length + database.length) + setting.code.slice(block.length).split("\n")[0];
  if (isComputed(rest.split(/[,}]/)[0] ?? "") || isComputed(setting.code.slice(block.length).split("\n")[0] ?? ""))
    return undefined;
  const engine = /["']ENGINE["']\s*:\s*["']([\w.]+)["']\s*[,}]/.exec(database)?.[1];
  if (engine === undefined || isComputed(database)) return undefined;
  const host = /["']HOST["']\s*:\s*["']([^"']*)["']\s*[,}]/.exec(database)?.[1];
  const called = ENGINES.find(([pattern]) => pattern.test(engine))?.[1];
  const elsewhere = /\bmysql$/.test(engine) && host !== undefined && !database.includes("read_default_file");
  if (called === undefined && !elsewhere) return undefined;
  const how = names.has("django-environ")
    ? 'DATABASES = {"default": env.db()}'
    : 'DATABASES = {"default": dj_database_url.config()}, with dj-database-url among the requirements';
  return {
    message: `${setting.place}: the database is always ${called ?? `the MySQL server at ${host === "" ? "localhost" : host}`}, never the stack's`,
    hint: `take it from DATABASE_URL: ${how}`,
  };
}

function hostsWarning(settings: Settings, domain: Config["domain"]): Said | undefined {
  const setting = settings.setting("ALLOWED_HOSTS");
  const block = setting && bracketed(setting.code);
  if (!setting || !block || !/^[[(](\s*["'][\w.*:[\]-]*["']\s*,?)*\s*[\])]$/.test(block)) return undefined;
  if (setting.code.slice(block.length).split("\n")[0]?.trim() !== "") return undefined;
  const hosts = [...block.matchAll(/["']([^"']*)["']/g)].map((match) => (match[1] as string).toLowerCase());
  const names = domain === null ? [] : [domain.name, ...(domain.www ? [`www.${domain.name}`] : [])];
  const refused = names.filter((name) => !hosts.some((host) => allows(host, name)));
  // Without a domain the site is called by the load balancer's name, which AWS makes up.
  const unnamed = domain === null && !hosts.some((host) => host === "*" || host.endsWith(endpointDomain(host)));
  if (refused.length === 0 && !unnamed) return undefined;
  return {
    message: `${setting.place}: ALLOWED_HOSTS refuses the site's name, ${unnamed ? "which is the load balancer's own" : list(refused)}`,
    hint: 'take it from the environment: ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")',
  };
}

/** As django.http.request.validate_host: "*", a name, or a name and all below it. */
const allows = (host: string, name: string): boolean =>
  host === "*" || host === name || (host.startsWith(".") && (name === host.slice(1) || name.endsWith(host)));

function debugWarning(settings: Settings): Said | undefined {
  const setting = settings.setting("DEBUG");
  if (!setting || !/^True[ \t]*(\n|$)/.test(setting.code)) return undefined;
  return {
    message: `${setting.place}: DEBUG is always on: whoever meets an error sees the settings and the code`,
    hint: 'take it from the environment: DEBUG = os.environ.get("DEBUG") == "1"',
  };
}

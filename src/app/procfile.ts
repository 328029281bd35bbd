import { PYTHON_MODULE, WSGI_ENTRY } from "../config/patterns.ts";

/** How a project says that it is started, as Heroku and others read it. */
export interface Procfile {
  readonly web: WebProcess | undefined;
  readonly release: string | undefined;
  /** Names of the other processes. */
  readonly others: readonly string[];
}

export interface WebProcess {
  /** Words that may be the WSGI entry. */
  readonly entries: readonly string[];
  /** The folder that it is started in, from that of the Procfile. */
  readonly folder: string;
  readonly settings: string | undefined;
  /** Its server speaks ASGI. */
  readonly asgi: boolean;
}

/** https://devcenter.heroku.com/articles/procfile: a name, a colon, a command line. */
const LINE = /^([A-Za-z0-9_-]+):[ \t]*(.+)$/;

export function procfileOf(text: string): Procfile {
  const processes = new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const [, name, command] = LINE.exec(line.trim()) ?? [];
      return name !== undefined && command !== undefined ? [[name, command]] : [];
    }),
  );
  const web = processes.get("web");
  return {
    web: web === undefined ? undefined : webProcess(web),
    release: processes.get("release"),
    others: [...processes.keys()].filter((name) => name !== "web" && name !== "release"),
  };
}

function webProcess(line: string): WebProcess {
  const commands = line.split(/\s*(?:&&|;|\|\|)\s*/);
  const words = commands.at(-1)?.split(/\s+/).map(unquoted) ?? [];
  const option = (...names: readonly string[]): string | undefined => {
    const at = words.findIndex((word) => names.includes(word));
    const joined = words.find((word) => names.some((name) => word.startsWith(`${name}=`)));
    return joined?.slice(joined.indexOf("=") + 1) ?? (at < 0 ? undefined : words[at + 1]);
  };
  const entries = words.filter((word) => WSGI_ENTRY.test(word) && /[.:]/.test(word));
  const settings = words.find((word) => word.startsWith("DJANGO_SETTINGS_MODULE="))?.split("=")[1];
  const changed = commands.flatMap((command) => /^cd\s+(\S+)$/.exec(command)?.[1] ?? []).map(unquoted);
  return {
    entries,
    folder: [...changed, option("--chdir") ?? ""].filter((part) => part !== "").join("/"),
    settings: settings !== undefined && PYTHON_MODULE.test(settings) ? settings : undefined,
    asgi:
      words.some((word) => /(^|\/)(daphne|uvicorn|hypercorn)$/.test(word)) ||
      /uvicorn|asgi/i.test(option("-k", "--worker-class") ?? "") ||
      entries.some((entry) => /(^|\.)asgi(:|$)/.test(entry)),
  };
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, "$2");

import { PYTHON_MODULE } from "../config/patterns.ts";
import { some } from "../lib/text.ts";
import type { Entry } from "./entry.ts";
import { moduleFile } from "./files.ts";
import { type Inspection, isAside } from "./inspection.ts";
import { settingsModuleIn } from "./python.ts";

/** The module of the settings; null: nobody names one, or it is computed. */
export function settingsNamed(
  inspection: Inspection,
  { directory, manage, file, procfile, isDjango }: Entry,
): string | null {
  const { app } = inspection.asked;
  const exists = (module: string) => moduleFile(inspection.files, directory, module) !== undefined;
  const isOurs = (module: string) => {
    const [top = ""] = module.split(".");
    const path = directory === "" ? top : `${directory}/${top}`;
    return inspection.files.paths.some((one) => one === `${path}.py` || one.startsWith(`${path}/`));
  };
  if (app.settings !== null) {
    if (!exists(app.settings) && isOurs(app.settings))
      inspection.problem(
        "app.settings",
        `there is no ${app.settings.replaceAll(".", "/")}.py in the project`,
        modulesHint(inspection, directory),
      );
    return app.settings;
  }
  const wsgi = settingsModuleIn(inspection.files.read(file) ?? "");
  const script = manage === undefined ? undefined : settingsModuleIn(inspection.files.read(manage) ?? "");
  // What serves decides: a manage.py often names the settings of development.
  const found = procfile?.web?.settings ?? wsgi ?? script;
  if (found === "computed") return null;
  if (found === undefined) {
    if (isDjango)
      inspection.problem(
        "app.settings",
        manage === undefined
          ? `${file} does not name the settings`
          : `neither ${file} nor ${manage} names the settings`,
        modulesHint(inspection, directory),
      );
    return null;
  }
  if (!exists(found) && isOurs(found)) {
    inspection.problem(
      "app.settings",
      `${procfile?.web?.settings ? procfile.path : wsgi ? file : manage} names the settings ${found}, which are not in the project`,
      modulesHint(inspection, directory),
    );
    return found;
  }
  const production = forServers(inspection, directory, found);
  if (production !== undefined)
    inspection.warn(
      "app.settings",
      `${found} is used, by its name the settings of development; there is ${production}, too`,
      `to choose, and to hear no more of it: { "app": { "settings": "${production}" } }`,
    );
  else if (script !== undefined && script !== "computed" && script !== found)
    inspection.warn(
      "app.settings",
      `${found} is used, for manage.py too, which itself names ${script}`,
      `to choose, and to hear no more of it: { "app": { "settings": "${found}" } }`,
    );
  return found;
}

/** The settings of production beside such as are, by their name, those of development. */
function forServers({ files }: Inspection, directory: string, module: string): string | undefined {
  const [, start] = /^(.*[._])(dev|devel|development|local)$/.exec(module) ?? [];
  if (start === undefined) return undefined;
  return ["production", "prod"].map((name) => start + name).find((one) => moduleFile(files, directory, one));
}

/** Modules that look like settings. */
function modulesHint(inspection: Inspection, directory: string): string {
  const start = directory === "" ? "" : `${directory}/`;
  const modules = inspection.files.paths
    .filter((path) => path.startsWith(start) && !isAside(path) && /(^|\/)settings(\/\w+|\w*)\.py$/.test(path))
    .map((path) =>
      path
        .slice(start.length, -".py".length)
        .replaceAll("/", ".")
        .replace(/\.__init__$/, ""),
    )
    .filter((module) => PYTHON_MODULE.test(module));
  return modules.length > 0
    ? `name them: { "app": { "settings": "${modules[0]}" } }${modules.length > 1 ? `, or ${some(modules.slice(1), 4)}` : ""}`
    : 'name them: { "app": { "settings": "config.settings" } }';
}

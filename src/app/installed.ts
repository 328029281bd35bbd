import { some } from "../lib/text.ts";
import { folderOf, nameOf } from "./files.ts";
import { type Inspection, isAside, placesOf } from "./inspection.ts";
import { type Pyproject, pyprojectOf } from "./pyproject.ts";
import { codeOf } from "./python.ts";
import { type Requirements, requirementsFile, requirementsList } from "./requirements.ts";

/** Names of files with what a server installs, in a folder or beside others. */
const FOR_SERVERS =
  /^(requirements\/(production|prod|live|deploy)|requirements[-_.](production|prod|live|deploy)|(production|prod)[-_.]requirements)\.txt$/;
const FOR_SOMEBODY = /^(requirements\/[\w.-]+|requirements[-_.][\w.-]+|[\w.-]+[-_.]requirements)\.txt$/;

export interface Installed extends Requirements {
  readonly path: string;
}

export interface PyprojectFile extends Pyproject {
  readonly path: string;
}

/** The pyproject.toml beside manage.py, else at the top. */
export function pyprojectAt(inspection: Inspection, directory: string): PyprojectFile | undefined {
  const path = placesOf(directory, "pyproject.toml").find((one) => inspection.has(one));
  return path === undefined ? undefined : pyprojectIn(inspection, path);
}

function pyprojectIn(inspection: Inspection, path: string): PyprojectFile | undefined {
  const pyproject = pyprojectOf(inspection.files.read(path) ?? "");
  if (typeof pyproject !== "string") return { ...pyproject, path };
  return inspection.problem(
    inspection.source,
    `${path} cannot be read: ${pyproject}`,
    "correct it: pip and other tools refuse it, too",
  );
}

/** What pip installs for a project. Undefined: nothing, or it cannot be told, which was said. */
export function installedBy(
  inspection: Inspection,
  directory: string,
  pyproject: PyprojectFile | undefined,
): Installed | undefined {
  const path = requirementsPath(inspection, directory, pyproject);
  if (path === undefined) return undefined;
  if (nameOf(path) !== "pyproject.toml") {
    const found = requirementsFile(inspection.files, path);
    for (const { message, hint } of found.problems) inspection.problem(inspection.source, message, hint);
    return { path, ...found };
  }
  const own = path === pyproject?.path ? pyproject : pyprojectOf(inspection.files.read(path) ?? "");
  return { path, ...requirementsList(typeof own === "string" ? [] : (own.dependencies ?? [])) };
}

function requirementsPath(
  inspection: Inspection,
  directory: string,
  pyproject: PyprojectFile | undefined,
): string | undefined {
  const { app } = inspection.asked;
  if (app.requirements !== null) {
    if (inspection.has(app.requirements)) return readable(inspection, app.requirements);
    const there = inspection.files.paths.filter((path) => !isAside(path) && /requirements|pyproject\.toml$/.test(path));
    return inspection.problem(
      "app.requirements",
      `there is no ${app.requirements} in the project`,
      there.length > 0 ? `there is ${some(there, 5)}` : "use null where nothing is to be installed",
    );
  }
  const plain = placesOf(directory, "requirements.txt").find((path) => inspection.has(path));
  if (plain !== undefined) return plain;
  for (const folder of new Set([directory, ""])) {
    const start = folder === "" ? "" : `${folder}/`;
    const here = inspection.files.paths
      .filter((path) => path.startsWith(start))
      .map((path) => path.slice(start.length));
    const somebody = here.filter((path) => FOR_SOMEBODY.test(path));
    const servers = somebody.filter((path) => FOR_SERVERS.test(path));
    const [only, ...others] = servers.length > 0 ? servers : somebody;
    if (only === undefined) continue;
    if (others.length === 0) return start + only;
    return inspection.problem(
      "app.requirements",
      `there are ${some(
        [only, ...others].map((path) => start + path),
        5,
      )}, and no requirements.txt`,
      `name what a server installs: { "app": { "requirements": "${start}${only}" } }`,
    );
  }
  return pyproject?.dependencies ? pyproject.path : notInstalled(inspection, directory, pyproject);
}

/** Where a pyproject.toml is named, it has to have dependencies that pip reads. */
function readable(inspection: Inspection, path: string): string | undefined {
  if (nameOf(path) !== "pyproject.toml") return path;
  const own = pyprojectIn(inspection, path);
  return own === undefined || own.dependencies ? path : notInstalled(inspection, folderOf(path), own);
}

/** Ways to name requirements that pip does not read, and the command that writes a file that it does. */
function notInstalled(inspection: Inspection, directory: string, pyproject: PyprojectFile | undefined): undefined {
  const say = (path: string, what: string, command: string) =>
    inspection.problem(
      "app.requirements",
      `${path}: ${what} are not read here`,
      `write a requirements.txt beside it: ${command}`,
    );
  if (pyproject?.poetry)
    return say(
      pyproject.path,
      "Poetry's own dependencies",
      "poetry export --without-hashes -o requirements.txt (with poetry-plugin-export)",
    );
  if (pyproject?.dynamic)
    return say(pyproject.path, "dependencies that are worked out when it is built", "pip-compile pyproject.toml");
  const others: readonly (readonly [string, string, string])[] = [
    ["Pipfile", "Pipenv's requirements", "pipenv requirements > requirements.txt"],
    ["environment.yml", "conda's dependencies", "pip list --format=freeze > requirements.txt"],
    ["setup.py", "its dependencies", "pip list --format=freeze > requirements.txt, in its virtual environment"],
    ["setup.cfg", "its dependencies", "pip list --format=freeze > requirements.txt, in its virtual environment"],
  ];
  for (const [name, what, command] of others) {
    const path = placesOf(directory, name).find((one) => inspection.has(one));
    const text = path === undefined ? "" : (inspection.files.read(path) ?? "");
    if (path !== undefined && (!name.startsWith("setup") || /install_requires/.test(text)))
      return say(path, what, command);
  }
  inspection.warn(
    "app.requirements",
    "there is no requirements.txt and no pyproject.toml with dependencies: nothing is installed, and Ubuntu's own Django runs it",
    "write a requirements.txt, with a line: Django",
  );
  return undefined;
}

/** Says what is odd in what is installed. */
export function warnOfInstalled(inspection: Inspection, { path, names }: Installed, isDjango: boolean): void {
  if (isDjango && names.size > 0 && ![...names].some((name) => BRINGS_DJANGO.test(name)))
    inspection.warn(
      inspection.source,
      `${path} does not name Django, and only what it names is installed`,
      "add a line: Django",
    );
  const other = POSTGRESQL_DRIVERS.find((name) => names.has(name));
  if (other !== undefined && !MYSQL_DRIVERS.some((name) => names.has(name)))
    inspection.warn(
      inspection.source,
      `${path} names a driver of PostgreSQL (${other}) and none of MySQL, which the stack's database is: the image adds mysqlclient`,
      "where the application uses what only PostgreSQL has, it fails",
    );
}

/**
 * Whether Django's MySQL backend finds its driver: mysqlclient, or PyMySQL where the project puts it in its place. Where it is not
 * seen that it does, mysqlclient beside it does no harm.
 */
export function hasDriver({ files }: Inspection, directory: string, { names }: Installed): boolean {
  if (names.has("mysqlclient")) return true;
  if (!names.has("pymysql")) return false;
  const start = directory === "" ? "" : `${directory}/`;
  return files.paths
    .filter((path) => path.startsWith(start))
    .filter((path) =>
      /^(manage|\w+\/(__init__|wsgi|settings))\.py$|^\w+\/settings\/\w+\.py$/.test(path.slice(start.length)),
    )
    .some((path) => codeOf(files.read(path) ?? "").includes("install_as_MySQLdb"));
}

/** Drivers of MySQL that there are for Django (docs.djangoproject.com, ref/databases, "MySQL DB API Drivers"). */
const MYSQL_DRIVERS = ["mysqlclient", "pymysql", "mysql-connector-python"];
const POSTGRESQL_DRIVERS = ["psycopg", "psycopg-binary", "psycopg2", "psycopg2-binary", "asyncpg"];
/** Frameworks that bring Django without being called after it. */
const BRINGS_DJANGO = /django|wagtail|mezzanine|oscar|saleor|netbox|edx/;

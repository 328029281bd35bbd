import { folderOf, type ProjectFiles, within } from "./files.ts";
import type { Said } from "./inspection.ts";

/** What pip would install, as far as the project itself says. */
export interface Requirements {
  /** Names as PyPI compares them (PEP 503): "dj-database-url". */
  readonly names: ReadonlySet<string>;
  /** What follows each name: "==4.2.11". */
  readonly versions: ReadonlyMap<string, string>;
  /** What pip would fail at. */
  readonly problems: readonly Said[];
}

/** The name as PyPI compares it. */
export const normalised = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

/** PyPI has it for Windows only (pypi.org/project/pywin32, files), or it is what needs that. */
const NOT_ON_LINUX = new Set(["pywin32", "pypiwin32"]);

/** Reads a requirements file, and those that it takes in. */
export function requirementsFile(files: ProjectFiles, path: string): Requirements {
  const found = { names: new Set<string>(), versions: new Map<string, string>() };
  const problems: Said[] = [];
  const read = (file: string, seen: readonly string[]): void => {
    if (seen.includes(file)) return;
    for (const { line, number } of logicalLines(files.read(file) ?? "")) {
      const place = `${file}:${number}`;
      const [, option, taken] = /^(-r|--requirement|-c|--constraint)[\s=]*(\S+)$/.exec(line) ?? [];
      if (taken !== undefined && option !== undefined) {
        if (/^\w+:\/\//.test(taken)) continue;
        const target = within(folderOf(file), taken);
        if (target === undefined || files.read(target) === undefined)
          problems.push({
            message: `${place} takes in ${taken}, which is not in the project`,
            hint: "add that file, or take the line out",
          });
        else if (option.startsWith("-r") || option === "--requirement") read(target, [...seen, file]);
        continue;
      }
      const problem = lineProblem(line);
      if (problem) problems.push({ message: `${place} ${problem.message}`, hint: problem.hint });
      const named = requirement(line);
      if (named) {
        found.names.add(named.name);
        found.versions.set(named.name, named.version);
      }
    }
  };
  read(path, []);
  return { ...found, problems };
}

/** Lines without comments, with what continues them (pip's documentation, "Requirements File Format"). */
function logicalLines(text: string): readonly { readonly line: string; readonly number: number }[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((_, i) => {
    if (i > 0 && lines[i - 1]?.endsWith("\\")) return [];
    const end = lines.findIndex((line, j) => j >= i && !line.endsWith("\\"));
    const joined = lines
      .slice(i, end + 1)
      .map((line) => line.replace(/\\$/, ""))
      .join("");
    return [{ line: joined.replace(/(^|\s)#.*$/, "").trim(), number: i + 1 }];
  });
}

/** Requirements from a list, as a pyproject.toml has them. */
export function requirementsList(lines: readonly string[]): Requirements {
  const all = lines.flatMap((line) => requirement(line) ?? []);
  return {
    names: new Set(all.map(({ name }) => name)),
    versions: new Map(all.map(({ name, version }) => [name, version])),
    problems: [],
  };
}

function requirement(line: string): { readonly name: string; readonly version: string } | undefined {
  const [, egg] = /#egg=([A-Za-z0-9._-]+)/.exec(line) ?? [];
  if (egg !== undefined) return { name: normalised(egg), version: "" };
  const [, name, version = ""] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;@#]*)/.exec(line) ?? [];
  return name === undefined
    ? undefined
    : { name: normalised(name), version: version.replace(/\s+(--.*)?$/, "").trim() };
}

function lineProblem(line: string): Said | undefined {
  if (/\bgit\+(ssh:\/\/|git@)/.test(line))
    return { message: "is fetched by ssh, for which the image's builder has no key", hint: "use an https address" };
  if (/@\s*file:\/\/\/|^-e\s+(\/|file:\/\/\/)/.test(line))
    return {
      message: "names a file of the machine that wrote it",
      hint: 'write the version: "name==1.2.3" (`pip list --format=freeze` writes all of them so)',
    };
  const named = requirement(line);
  if (named && NOT_ON_LINUX.has(named.name) && !line.includes(";"))
    return {
      message: `asks for ${named.name}, which there is for Windows only`,
      hint: `take it out, or write: ${line}; sys_platform == "win32"`,
    };
  // What a `pip freeze` of Debian and Ubuntu adds by mistake: bugs.launchpad.net/ubuntu/+source/python-pip/+bug/1635463
  if (named?.name === "pkg-resources" && named.version === "==0.0.0")
    return { message: "asks for pkg-resources, of which there is no such version", hint: "take the line out" };
  return undefined;
}

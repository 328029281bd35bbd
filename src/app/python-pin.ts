import { type Inspection, placesOf } from "./inspection.ts";
import type { PyprojectFile } from "./installed.ts";
import { admits, BASES, minorOf, pinned, pythonOf } from "./python-version.ts";
import { normalised, type Requirements } from "./requirements.ts";

/** The version that the project pins and the base has; null: it pins none. What the base does not have is a problem. */
export function pythonPin(
  inspection: Inspection,
  directory: string,
  pyproject: PyprojectFile | undefined,
  requirements: Requirements | undefined,
): string | null {
  const { base } = inspection.asked.image;
  const python = pythonOf(base);
  const range = pyproject?.python;
  const pin = pinOf(inspection, directory);
  if (python === undefined) return pin === undefined ? null : minorOf(pin.version);
  const has = `and the Python of ${base} is ${minorOf(python)}`;
  const other = (fits: (version: string) => boolean): string => {
    const better = BASES.find((one) => one.base !== base && fits(one.python));
    return better ? `set image.base to "${better.base}", which has ${minorOf(better.python)}; or ` : "";
  };
  if (pyproject && range !== undefined && admits(range, python) === false) {
    inspection.problem(
      "image.base",
      `${pyproject.path} wants Python ${range}, ${has}`,
      `${other((version) => admits(range, version) === true)}change it there, if ${minorOf(python)} will do`,
    );
    return null;
  }
  if (pin !== undefined && minorOf(pin.version) !== minorOf(python)) {
    // A range says with what it runs; a pin beside it, what it is developed with.
    if (range !== undefined && admits(range, python) === true) return null;
    inspection.problem(
      "image.base",
      `${pin.path} wants Python ${pin.version}, ${has}`,
      `${other((version) => minorOf(version) === minorOf(pin.version))}write ${pin.written(minorOf(python))} there, if it runs on that`,
    );
    return null;
  }
  newerDjango(inspection, python, base, requirements, other);
  return pin === undefined ? null : minorOf(pin.version);
}

interface Pin {
  readonly path: string;
  readonly version: string;
  readonly written: (version: string) => string;
}

/** What a deployment pins counts more than what pyenv and uv do. */
function pinOf(inspection: Inspection, directory: string): Pin | undefined {
  for (const name of ["runtime.txt", ".python-version"])
    for (const path of placesOf(directory, name)) {
      const versions = (inspection.files.read(path) ?? "").split(/\r?\n/).flatMap((line) => pinned(line) ?? []);
      const base = pythonOf(inspection.asked.image.base);
      const version = versions.find((one) => base !== undefined && minorOf(one) === minorOf(base)) ?? versions[0];
      const written = (other: string) => (name === "runtime.txt" ? `python-${other}` : other);
      if (version !== undefined) return { path, version, written };
    }
  return undefined;
}

/** Django 6.0 and later want Python 3.12 (docs.djangoproject.com, releases/6.0): pip finds none for an older one. */
function newerDjango(
  inspection: Inspection,
  python: string,
  base: string,
  requirements: Requirements | undefined,
  other: (fits: (version: string) => boolean) => string,
): void {
  const version = requirements?.versions.get(normalised("Django")) ?? "";
  const [, major] = /^(?:==|~=|>=|>)\s*(\d+)/.exec(version) ?? [];
  if (major === undefined || Number(major) < 6 || admits(">=3.12", python) !== false) return;
  inspection.problem(
    "image.base",
    `Django ${version} wants Python 3.12 or later, and the Python of ${base} is ${minorOf(python)}`,
    `${other((one) => admits(">=3.12", one) === true)}ask for an earlier Django: "Django>=5.2,<6"`,
  );
}

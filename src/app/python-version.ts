/** The Python of a base, as `python3` of Ubuntu is (packages.ubuntu.com, python3.10 of jammy and python3.12 of noble). */
const PYTHON_OF: Readonly<Record<string, string>> = { "22.04": "3.10.12", "24.04": "3.12.3" };
const CODENAMES: Readonly<Record<string, string>> = { jammy: "22.04", noble: "24.04" };

/** Names of the bases that the tool knows, with their Python. */
export const BASES: readonly { readonly base: string; readonly python: string }[] = Object.entries(PYTHON_OF).map(
  ([release, python]) => ({ base: `ubuntu-${release}`, python }),
);

/** The Python of a base. Undefined: it is an image of one's own, and nobody knows. */
export function pythonOf(base: string): string | undefined {
  const [, release = ""] =
    /^(?:ubuntu-|\/aws\/service\/canonical\/ubuntu\/server\/)(\d\d\.\d\d|[a-z]+)(?:\/|$)/.exec(base) ?? [];
  return PYTHON_OF[CODENAMES[release] ?? release];
}

/** "3.10" of "3.10.12". */
export const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

/** The version that a runtime.txt or a .python-version pins. Undefined: it is no version, as the name of an environment. */
export const pinned = (line: string): string | undefined =>
  /^(?:c?python[-@])?(\d\.\d{1,2}(?:\.\d{1,2})?)$/.exec(line.trim())?.[1];

/**
 * Whether a version of Python is one of those that a specifier allows (PEP 440, or Poetry's "^3.11"). Undefined: it is
 * written in a way that is not known here.
 */
export function admits(specifier: string, version: string): boolean | undefined {
  const answers = specifier.split("||").map((alternative) => {
    const clauses = alternative
      .split(/\s*,\s*|(?<=[\d*])\s+(?=[<>=!~^])/)
      .map((clause) => clause.trim())
      .filter((clause) => clause !== "");
    const each = clauses.map((clause) => clauseAdmits(clause, numbers(version)));
    if (each.includes(false)) return false;
    return each.includes(undefined) ? undefined : true;
  });
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

const numbers = (version: string): readonly number[] => version.split(".").map(Number);

const compare = (one: readonly number[], other: readonly number[]): number => {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

const beginsWith = (version: readonly number[], start: readonly number[]): boolean =>
  start.every((number, i) => version[i] === number);

function clauseAdmits(clause: string, version: readonly number[]): boolean | undefined {
  if (clause === "*") return true;
  const [, operator = "", text = "", any] =
    /^(===?|!=|~=|>=|<=|>|<|\^|~|)\s*(\d+(?:\.\d+)*)(\.\*)?$/.exec(clause) ?? [];
  if (text === "") return undefined;
  const wanted = numbers(text);
  if (any !== undefined) {
    if (operator === "==" || operator === "") return beginsWith(version, wanted);
    return operator === "!=" ? !beginsWith(version, wanted) : undefined;
  }
  const order = compare(version, wanted);
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "!=":
      return order !== 0;
    case "~=":
      return wanted.length < 2 ? undefined : order >= 0 && beginsWith(version, wanted.slice(0, -1));
    case "^":
      return order >= 0 && beginsWith(version, wanted.slice(0, 1));
    case "~":
      return order >= 0 && beginsWith(version, wanted.slice(0, 2));
    default:
      // Who writes "3.10" means every patch of it.
      return beginsWith(version, wanted);
  }
}

import { parse, TomlError } from "smol-toml";

/** What a pyproject.toml says of what a project needs. */
export interface Pyproject {
  /** Its `dependencies` (PEP 621); undefined: it names none there. */
  readonly dependencies: readonly string[] | undefined;
  /** They are worked out when it is built. */
  readonly dynamic: boolean;
  /** They are in Poetry's own table, which pip does not read. */
  readonly poetry: boolean;
  /** Which Pythons it runs on: ">=3.10", or Poetry's "^3.10". */
  readonly python: string | undefined;
}

type Table = Readonly<Record<string, unknown>>;
const table = (value: unknown): Table =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {};
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/** Reads a pyproject.toml; a text: why it is none. */
export function pyprojectOf(content: string): Pyproject | string {
  let root: Table;
  try {
    root = parse(content);
  } catch (error) {
    if (error instanceof TomlError) return `line ${error.line}: ${error.message.split("\n")[0]}`;
    throw error;
  }
  const project = table(root.project);
  const poetry = table(table(root.tool).poetry);
  const ofPoetry = table(poetry.dependencies);
  const dependencies = Array.isArray(project.dependencies) ? texts(project.dependencies) : undefined;
  return {
    dependencies,
    dynamic: texts(project.dynamic).includes("dependencies"),
    poetry: dependencies === undefined && Object.keys(ofPoetry).some((name) => name !== "python"),
    python: text(project["requires-python"]) ?? text(ofPoetry.python),
  };
}

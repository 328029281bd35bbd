import type * as z from "zod";
import type { Problem } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { configJsonSchema } from "./for-editors.ts";

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** What the schema found wrong, for a person: one problem per mistake, each with its place and, where known, its remedy. */
export function problemsOf(error: z.ZodError, value: unknown): Problem[] {
  return error.issues.flatMap((issue) => describe(issue, [], value));
}

/** A path in JavaScript's notation: `network.web[1]`, `tags["cost center"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = String(part);
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

function describe(issue: Issue, above: Path, value: unknown): Problem[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case "custom":
      return [problem(path, issue.message, issue.params?.hint)];
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(path, key));
    case "invalid_key":
      return issue.issues.flatMap((inner) => describe(inner, path, value));
    case "invalid_union": {
      // The branch that the keys point at says more than "none of the branches fits".
      const keys = Object.keys(at(value, path) ?? {});
      const meant = issue.errors.filter((_, i) => keys.some((key) => branchKeys(path, i).includes(key)));
      const [only] = meant;
      if (meant.length === 1 && only !== undefined) return only.flatMap((inner) => describe(inner, path, value));
      return [problem(path, issue.message)];
    }
    case "invalid_type":
      if (at(value, path) === undefined) return [problem(path, "is missing", issue.message)];
      return [problem(path, `${issue.message}, but is ${show(at(value, path))}`)];
    case "too_small":
    case "too_big":
      // A text in place of a list is counted, too; that it is no list is said already.
      if (issue.origin === "string") return [];
      return [problem(path, `${issue.message}, but is ${show(at(value, path))}`)];
    default:
      return [problem(path, `${issue.message}, but is ${show(at(value, path))}`)];
  }
}

function problem(path: Path, message: string, hint?: unknown): Problem {
  return { path: formatPath(path), message, ...(typeof hint === "string" ? { hint } : {}) };
}

function unknownKey(parent: Path, key: string): Problem {
  const known = keysAt(parent);
  if (known.includes(key)) {
    // Known, but in another alternative of the same object.
    const alternatives = nodesAt(parent).flatMap(({ properties }) =>
      properties ? [Object.keys(properties).join(" and ")] : [],
    );
    return problem(
      [...parent, key],
      "cannot stand beside the other keys here",
      `give either ${alternatives.join(", or ")}`,
    );
  }
  const near = nearest(key, known);
  const elsewhere = allPaths().filter((path) => path.at(-1) === key);
  const meant = near !== undefined ? [[...parent, near]] : elsewhere;
  return problem(
    [...parent, key],
    "is not a known key",
    meant.length > 0 ? `did you mean ${meant.map(formatPath).join(" or ")}?` : `the keys here are ${known.join(", ")}`,
  );
}

// ---- What the schema allows, read from its JSON Schema --------------------------------------------------------------

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

let root: Node | undefined;

/** The alternatives of a node, flat: `null` beside a union beside its branches. */
function branches(node: Node | undefined): readonly Node[] {
  return node === undefined ? [] : (node.anyOf?.flatMap(branches) ?? [node]);
}

function nodesAt(path: Path): readonly Node[] {
  root ??= configJsonSchema() as Node;
  return path.reduce<readonly Node[]>(
    (nodes, part) =>
      nodes.flatMap((node) => branches(typeof part === "number" ? node.items : node.properties?.[String(part)])),
    [root],
  );
}

function keysAt(path: Path): string[] {
  return [...new Set(nodesAt(path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function branchKeys(path: Path, index: number): string[] {
  return Object.keys(nodesAt(path)[index]?.properties ?? {});
}

function allPaths(above: Path = []): string[][] {
  return keysAt(above).flatMap((key) => [[...above.map(String), key], ...allPaths([...above, key])]);
}

// ---- Values -----------------------------------------------------------------------------------------------------------

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[part],
    value,
  );
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? "a list of one" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

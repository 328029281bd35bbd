import { ownershipTags } from "../aws/owned.ts";
import { BuddyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { Recorded } from "../state/state.ts";
import type { AnyResource, AnyType, Need, Owner, Step, Tags } from "./resource.ts";

/** One object of the stack as the walks see it: from the config, or only from the state file or AWS. */
export interface Node {
  readonly key: string;
  readonly name: string;
  readonly type: AnyType;
  /** The step it belongs to; undefined for what the config no longer wants. */
  readonly step: string | undefined;
  /** Undefined for what the config no longer wants. */
  readonly resource: AnyResource | undefined;
  /** Keys of what must be there before it, and may go only after it. */
  readonly needs: readonly string[];
  readonly owner: Owner;
  /** Keys of the graph's nodes of its type, its own too. */
  readonly siblings: ReadonlySet<string>;
  /**
   * Found by the stack's tag alone, in neither the config nor the state, and looked at by this id only: it may share its key
   * with one that is wanted.
   */
  readonly onlyId?: string;
}

/** What a node is called, as events, plans and results tell of it. */
export interface NodeName {
  readonly key: string;
  readonly name: string;
  /** Its type: "ec2:vpc". */
  readonly object: string;
  readonly step: string | undefined;
}

/** Where an error about a node happened. */
export const aboutNode = ({ key, step }: Node, id?: string): { key: string; step?: string; id?: string } => ({
  key,
  ...(step ? { step } : {}),
  ...(id ? { id } : {}),
});

export const nameOf = ({ key, name, type, step }: Node): NodeName => ({ key, name, object: type.name, step });

export interface Graph {
  /** In the order of the steps. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly steps: readonly string[];
}

const flat = (need: Need): readonly AnyResource[] => (Array.isArray(need) ? need : [need as AnyResource]);
const resourcesOf = (step: Step): readonly AnyResource[] => Object.values(step.resources).flatMap(flat);
const needsOf = (resource: AnyResource): readonly AnyResource[] => Object.values(resource.needs).flatMap(flat);

/** The graph of a stack. Throws `internal` on a key used twice, or a need that is in no step. */
export function graphOf(steps: readonly Step[], stack: string, tags: Tags): Graph {
  const nodes = new Map<string, Node>();
  const keysOf = new Map<AnyResource["type"], Set<string>>();
  for (const { type, key } of steps.flatMap(resourcesOf)) keysOf.set(type, (keysOf.get(type) ?? new Set()).add(key));
  for (const step of steps) {
    for (const resource of resourcesOf(step)) {
      if (nodes.has(resource.key))
        throw new BuddyError({ code: "internal", message: `two resources have the key "${resource.key}"` });
      const needs = [...new Set(needsOf(resource).map((need) => need.key))];
      nodes.set(resource.key, {
        key: resource.key,
        name: resource.name,
        type: resource.type,
        step: step.name,
        resource,
        needs,
        siblings: keysOf.get(resource.type) ?? new Set(),
        owner: {
          stack,
          key: resource.key,
          name: resource.name,
          tags: ownershipTags(stack, resource.key, resource.name, tags),
          needs,
        },
      });
    }
  }
  for (const node of nodes.values()) {
    for (const need of node.needs) {
      if (!nodes.has(need))
        throw new BuddyError({ code: "internal", message: `"${node.key}" needs "${need}", which is in no step` });
    }
  }
  return { nodes, steps: steps.map((step) => step.name) };
}

/** The part of a graph that brings one step about: its resources and all that they need. Throws `usage` for an unknown step. */
export function upTo(graph: Graph, step: string): Graph {
  if (!graph.steps.includes(step)) {
    const near = nearest(step, graph.steps);
    throw new BuddyError({
      code: "usage",
      message: `there is no step "${step}"`,
      hint: `${near ? `Did you mean ${near}? ` : ""}The steps are: ${graph.steps.join(", ")}.`,
    });
  }
  const wanted = new Set<string>();
  const add = (key: string) => {
    if (wanted.has(key)) return;
    wanted.add(key);
    for (const need of graph.nodes.get(key)?.needs ?? []) add(need);
  };
  for (const node of graph.nodes.values()) if (node.step === step) add(node.key);
  return { steps: graph.steps, nodes: new Map([...graph.nodes].filter(([key]) => wanted.has(key))) };
}

/** What stands in the place of earlier ones of its type, which stay beside it (`Resource.keeps`). */
export const keepersOf = (graph: Graph, type: AnyType): readonly Node[] =>
  [...graph.nodes.values()].filter((node) => node.type === type && node.resource?.keeps !== undefined);

/** Nodes for what is recorded but not in the graph. Throws `state` when this program does not know a recorded type. */
export function recordedExtras(
  graph: Graph,
  recorded: Readonly<Record<string, Recorded>>,
  types: ReadonlyMap<string, AnyType>,
  stack: string,
): Node[] {
  return Object.entries(recorded)
    .filter(([key]) => !graph.nodes.has(key))
    .map(([key, { id, type: typeName, name, needs }]) => {
      const type = types.get(typeName);
      if (!type)
        throw new BuddyError({
          code: "state",
          message: `the state file has "${key}" of a type that this version does not know: ${typeName}`,
          about: { key },
          hint: "Use the version that made it.",
        });
      const node = extraNode(stack, key, name, type, needs);
      // What `down --remove` was at: it shares the key of another one, by which it is not found.
      return id !== undefined && key.endsWith(`#${id}`) ? { ...node, onlyId: id } : node;
    });
}

/** What to say of something that is only looked up and is not there. */
export const missingMessage = ({ type, name }: Node): string =>
  `${type.name} ${name} is not there${type.absent ? `: ${type.absent}` : ""}`;

export function extraNode(stack: string, key: string, name: string, type: AnyType, needs: readonly string[]): Node {
  // What shares its key with another one has its id after it, which AWS takes in no tag.
  const [own = key] = key.split("#");
  return {
    key,
    name,
    type,
    step: undefined,
    resource: undefined,
    needs,
    siblings: new Set(),
    owner: { stack, key: own, name, tags: ownershipTags(stack, own, name, {}), needs },
  };
}

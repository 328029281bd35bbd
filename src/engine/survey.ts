import { KEY_TAG } from "../aws/owned.ts";
import type { Recorded } from "../state/state.ts";
import type { Decision } from "./decide.ts";
import type { Difference } from "./differences.ts";
import { extraNode, type Graph, type Node, recordedExtras } from "./graph.ts";
import { judge, type Look, look, patiently, specOf } from "./look.ts";
import { type Dependents, dependentsIn, NO_DEPENDENTS, type Refusal, refusalOf, secretCommands } from "./refusal.ts";
import type { AnyType, Identified, Remedy, Tags } from "./resource.ts";
import type { Run } from "./run.ts";

/** One node, looked at. */
export interface Surveyed {
  readonly node: Node;
  readonly look: Look;
  readonly recorded: Recorded | undefined;
  /** Undefined: it shall not be there. */
  readonly wanted: object | undefined;
  readonly decision: Decision;
  /** Where it is not as wanted. */
  readonly differences: readonly Difference[];
  /** What needs it, as far as that forbids something. */
  readonly dependents: Dependents;
  /** Why the decision is not carried out. */
  readonly refused: Refusal | undefined;
  /** What a person can do where the decision leaves it to them. */
  readonly remedies: readonly Remedy[];
}

export interface Survey {
  readonly graph: Graph;
  /** The graph's nodes in order, then what nobody wants any more. */
  readonly surveyed: ReadonlyMap<string, Surveyed>;
}

/** Keys of what needs this one, by the config or by the record. */
export const dependentsOf = (surveyed: Survey["surveyed"], key: string): readonly string[] =>
  [...surveyed.values()]
    .filter(({ node, recorded }) => node.key !== key && (node.needs.includes(key) || recorded?.needs.includes(key)))
    .map(({ node }) => node.key);

export interface SurveyOptions {
  readonly stack: string;
  /**
   * Which types are asked for objects that carry the stack's tag but are neither wanted nor recorded: `all` of them, or
   * only the `known` ones that the stack has anyway, which costs no call more.
   */
  readonly sweep: "none" | "known" | "all";
  /** Only a part of the stack is looked at: what else is recorded is left alone. */
  readonly partial?: boolean;
}

/**
 * Looks at the whole stack at once, so that reads of one kind become one call, and judges every object. Sends nothing that
 * changes anything, writes nothing.
 */
export async function survey(
  run: Run,
  graph: Graph,
  types: ReadonlyMap<string, AnyType>,
  options: SurveyOptions,
): Promise<Survey> {
  const extras = options.partial ? [] : recordedExtras(graph, run.store.resources, types, options.stack);
  const known = [...graph.nodes.values(), ...extras];
  const looks = new Map<string, Look>();
  const swept = () => {
    if (options.sweep === "all") return [...types.values()];
    return [...new Set(known.map(({ type }) => type))].filter(({ listCosts }) => !listCosts);
  };
  const [unclaimed] = await Promise.all([
    options.sweep === "none" ? [] : sweep(run, swept(), options.stack),
    ...known.map(async (node) => {
      looks.set(node.key, await look(run, node, run.store.get(node.key)));
    }),
  ]);

  const liveOf = (key: string): Identified | undefined => looks.get(key)?.live;
  const surveyed = new Map<string, Surveyed>();
  const now = run.clock.now();
  const judged = (node: Node, wanted: object | undefined, seen: Look): Surveyed => {
    const recorded = run.store.get(node.key);
    const { drift, ...decision } = judge(node, wanted, seen, recorded, now);
    return {
      node,
      look: seen,
      recorded,
      wanted,
      decision,
      differences: drift,
      dependents: NO_DEPENDENTS,
      refused: undefined,
      remedies: [],
    };
  };

  for (const node of known) {
    const seen = looks.get(node.key) as Look;
    surveyed.set(node.key, judged(node, node.resource ? specOf(node, liveOf) : undefined, seen));
  }
  // A scaffold is wanted only while something is still to be made with it.
  for (const node of graph.nodes.values()) {
    const purposes = node.resource?.scaffoldFor() ?? [];
    if (purposes.length === 0) continue;
    const needed = purposes.some((purpose) => {
      const kind = surveyed.get(purpose.key)?.decision.kind;
      return kind === "create" || kind === "replace" || kind === "wait";
    });
    if (!needed) surveyed.set(node.key, judged(node, undefined, looks.get(node.key) as Look));
  }
  const ids = new Set([...looks.values()].flatMap(({ live }) => (live ? [live.id] : [])));
  for (const { type, live } of unclaimed) {
    if (ids.has(live.id)) continue;
    const key = live.tags[KEY_TAG] ?? "";
    const name = live.tags.Name ?? live.id;
    const own = surveyed.has(key) || key === "" ? `${key || type.name}#${live.id}` : key;
    const node = { ...extraNode(options.stack, own, name, type, []), onlyId: live.id };
    surveyed.set(node.key, judged(node, undefined, { live, health: type.health?.(live) ?? "ready" }));
  }
  return { graph, surveyed: withDependents(run, surveyed) };
}

/** The survey's second half: what depends on what, and what is therefore refused. */
function withDependents(run: Run, surveyed: ReadonlyMap<string, Surveyed>): ReadonlyMap<string, Surveyed> {
  const dependentsOf = dependentsIn(run, surveyed);
  const whole = [...surveyed.values()].map((one): Surveyed => {
    const { node, look, recorded, decision } = one;
    const dependents = dependentsOf(node);
    const refused = refusalOf(run, node, decision, dependents);
    const accepted =
      decision.kind === "accept"
        ? node.type.irreplaceable?.remedies(run.aws, node.owner, secretCommands(dependents.copies), {
            live: look.live,
            recorded: recorded?.revision ?? "",
          })
        : undefined;
    const remedies = refused?.remedies ?? accepted ?? [];
    return { ...one, dependents, refused, remedies };
  });
  return new Map(whole.map((one) => [one.node.key, one]));
}

/** All objects that carry the stack's tag, of all types that can be listed by it. */
export async function sweep(
  run: Run,
  types: readonly AnyType[],
  stack: string,
): Promise<{ readonly type: AnyType; readonly live: Identified & { readonly tags: Tags } }[]> {
  const lists = await Promise.all(
    types.map(async (type) => {
      const list = type.list;
      if (!list) return [];
      const found = (await patiently(run, () => list(run.aws, stack))) as readonly (Identified & {
        readonly tags: Tags;
      })[];
      return found.map((live) => ({ type, live }));
    }),
  );
  return lists.flat();
}

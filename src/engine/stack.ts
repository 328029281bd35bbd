import { setMaxListeners } from "node:events";
import type { Aws } from "../aws/aws.ts";
import { oneLook } from "../aws/look.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { StateStore } from "../state/store.ts";
import { applyUp, type Result } from "./apply.ts";
import { converge } from "./converge.ts";
import { destroy, type Leftover, leftovers } from "./destroy.ts";
import type { Emit } from "./events.ts";
import { type Graph, graphOf, type Node, upTo } from "./graph.ts";
import { type NodeResult, resultOf, resultOfError } from "./node-result.ts";
import { observe } from "./observe.ts";
import { type Plan, planUp } from "./plan.ts";
import type { AnyType, Identified, Step, Tags } from "./resource.ts";
import type { Run } from "./run.ts";
import { readLag } from "./schedule.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { type StatusItem, statusOf } from "./status.ts";
import type { Measured } from "./usual.ts";

export interface StackOptions {
  readonly name: string;
  /** The config's own tags, for every object. */
  readonly tags: Tags;
  readonly steps: readonly Step[];
  /** Every type that this version knows, by name: what the state or AWS has may be of one that no step names. */
  readonly types: ReadonlyMap<string, AnyType>;
  readonly aws: Aws;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly token: Run["token"];
  /** Deletes leave no final snapshot or other copy of data. */
  readonly discardData?: boolean | undefined;
  /** Deletes leave no copy of files. */
  readonly discardFiles?: boolean | undefined;
  /** What protects the stack's objects from being deleted is lifted by `down`. */
  readonly unprotect?: boolean | undefined;
  /** Also what is kept unless that is asked for. */
  readonly deleteKept?: boolean | undefined;
  /** What cannot be changed in place may be replaced, where no data would be lost. */
  readonly replace?: boolean | undefined;
  /** Changes may interrupt the use of an object. */
  readonly allowOutage?: boolean | undefined;
  /** Names of objects of which changes that cannot be taken back may be done. */
  readonly upgrade?: readonly string[] | undefined;
  /** How long changes took in earlier runs. */
  readonly measured?: Measured | undefined;
}

/** What of the stack a refresh looks at. */
export interface Scope {
  /** Only what brings this step about. */
  readonly step?: string | undefined;
  /**
   * Objects that carry the stack's tag but are neither in the config nor recorded: of all types, of the known ones that the
   * stack has (which costs no call more), or none, with nothing but the config's objects looked at. Without it: `known`, or
   * `all` where there is no state, which otherwise records what is no longer wanted.
   */
  readonly orphans?: "none" | "known" | "all" | undefined;
  /** For `down`: nothing is wanted. */
  readonly removing?: boolean | undefined;
  /** What it reads by, for who reads on after it; else one of its own. */
  readonly aws?: Aws | undefined;
}

/**
 * One stack: the tool as a library. It prints nothing and asks nobody; commands are screens over it, and rehearsals, drills
 * and tests stand on the same.
 */
export interface Stack {
  readonly run: Run;
  readonly graph: Graph;
  /** The graph of the whole stack, or of what brings one step about. Throws `usage` for an unknown step. */
  graphOf(step?: string): Graph;
  /** Looks at every object. Sends nothing that changes anything, writes nothing. */
  refresh(scope?: Scope): Promise<Snapshot>;
  plan(scope?: Scope): Promise<Plan>;
  status(): Promise<readonly StatusItem[]>;
  up(seen?: Snapshot): Promise<Result>;
  /** @param seen a refresh for `removing`. */
  down(seen?: Snapshot): Promise<readonly NodeResult[]>;
  /** What of the stack is still there and is not kept on purpose, by recorded ids, names and tags. */
  leftovers(): Promise<readonly Leftover[]>;
  /** Brings one object that is there to what is wanted of it, and touches nothing else. @param key one of the graph's */
  bring(key: string, wanted: object): Promise<NodeResult>;
  /** One object of the stack, looked at now; undefined when there is none, or the stack has no such key. */
  find(key: string): Promise<Identified | undefined>;
}

export function openStack(options: StackOptions): Stack {
  const { name, types } = options;
  // Each of the many waits listens for it.
  setMaxListeners(0, options.signal);
  const run: Run = {
    ...options,
    discardData: options.discardData ?? false,
    discardFiles: options.discardFiles ?? false,
    unprotect: options.unprotect ?? false,
    remove: new Set(),
    lag: readLag(),
    deleteKept: options.deleteKept ?? false,
    replace: options.replace ?? false,
    allowOutage: options.allowOutage ?? false,
    upgrade: new Set(options.upgrade),
  };
  const graph = graphOf(options.steps, name, options.tags);
  throwUnknown(run.upgrade, graph);
  const graphUpTo = (step?: string) => (step === undefined ? graph : upTo(graph, step));

  async function refresh({ step, orphans, removing = false, aws = oneLook(run.aws) }: Scope = {}): Promise<Snapshot> {
    const stateless = Object.keys(run.store.resources).length === 0;
    const sweep = step !== undefined ? "none" : (orphans ?? (stateless ? "all" : "known"));
    return takeSnapshot({ ...run, aws }, graphUpTo(step), types, {
      stack: name,
      sweep,
      partial: sweep === "none",
      removing,
    });
  }

  return {
    run,
    graph,
    graphOf: graphUpTo,
    refresh,
    plan: async (scope) => planUp(await refresh(scope)),
    status: async () => statusOf(await refresh()),
    up: async (seen) => applyUp(run, seen ?? (await refresh())),
    down: async (seen) => destroy(run, seen ?? (await refresh({ orphans: "all", removing: true }))),
    leftovers: async () => leftovers(await refresh({ orphans: "all", removing: true })),
    async bring(key, wanted) {
      const node = graph.nodes.get(key) as Node;
      try {
        const { live, outcome, reason } = await converge(run, node, wanted);
        return resultOf(node, outcome, { id: live?.id, reason });
      } catch (error) {
        return resultOfError(run, node, run.store.get(key)?.id, error);
      }
    },
    async find(key) {
      const node = graph.nodes.get(key);
      return node && (await observe(run, node, run.store.get(key))).live;
    },
  };
}

/** A name that is none of the stack's allows nothing, and whoever typed it believes that it does. Throws `usage`. */
function throwUnknown(upgrade: ReadonlySet<string>, { nodes }: Graph): void {
  const names = [...nodes.values()].map(({ name }) => name);
  const unknown = [...upgrade].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, names);
  throw new BuddyError({
    code: "usage",
    message: `--upgrade ${unknown}: the stack has no object of that name`,
    hint: near === undefined ? "`buddyverse plan` says what asks for it." : `Did you mean ${near}?`,
  });
}

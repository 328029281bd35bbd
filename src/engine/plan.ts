import { isOwnTag } from "../aws/owned.ts";
import { isUnknown } from "../lib/unknown.ts";
import { courseIn, interruptionOf, isAskedFor, type PlannedInterruption, secondsOf } from "./course.ts";
import { type Difference, showable } from "./differences.ts";
import { forecastUp, secondsIn } from "./forecast.ts";
import { type Graph, keepersOf, missingMessage, type NodeName, nameOf } from "./graph.ts";
import { ABSENT, evaluate, mayHoldData, specOf } from "./observe.ts";
import { upOrder, visitOf } from "./order.ts";
import { NO_DEPENDENTS, OUTAGE_OPTION } from "./refusal.ts";
import { type Remedy, removable } from "./resource.ts";
import { doingOf, notesOf, type Observed, type Snapshot } from "./snapshot.ts";

/**
 * `wait`: it is on its way already. `blocked`: it, or what it needs, waits for a person. `accept`: somebody else wrote it; only
 * the record of it changes. `retain`: nobody claims it, but it holds data, so it is left alone.
 */
export type PlannedAction =
  | "create"
  | "accept"
  | "update"
  | "replace"
  | "delete"
  | "retain"
  | "wait"
  | "none"
  | "blocked"
  | "failed";

export interface PlanItem extends NodeName {
  readonly id: string | undefined;
  readonly action: PlannedAction;
  readonly differences: readonly Difference[];
  /** Why it is replaced, retained, blocked, or has failed. */
  readonly reason: string | undefined;
  /** What a person should know before it is done. */
  readonly note: string | undefined;
  /** Set where `up` refuses to do it, and so does nothing at all: what to do about that, as a sentence. */
  readonly refused: string | undefined;
  /** The option with which `up` does what it refuses: "--replace". Undefined: there is none, or it is not refused. */
  readonly option: string | undefined;
  /** The option that `up --yes` wants for what `up` asks about: "--allow-outage". Undefined: none. */
  readonly asks: string | undefined;
  /** What its users notice of it. */
  readonly interruption: PlannedInterruption;
  /** How an update goes that takes its time while all goes on: "2 instances are replaced one at a time, …". */
  readonly rollout: string | undefined;
  /** How long it usually takes by itself, seconds; 0: nothing is done. */
  readonly seconds: number;
  /** What says what it is, of `values`. */
  readonly matters: readonly string[];
  /** What it will be, where it is created or replaced: values that are known before, without those that are not shown. */
  readonly values: Readonly<Record<string, unknown>> | undefined;
  /** What a person should know of it although it is as wanted. */
  readonly notes: readonly string[];
  /** What a person can do about it, where it is left to them. */
  readonly remedies: readonly Remedy[];
  /** It holds data, and the state does not know it: it was found by its name or tags, and `up` records it as the stack's. */
  readonly adopted: boolean;
  /** Its removal or replacement loses data that is not elsewhere. */
  readonly holdsData: boolean;
}

export interface Plan {
  readonly items: readonly PlanItem[];
  /** How long `up` will take, by what such objects usually take and by what overlaps, seconds. */
  readonly seconds: number;
  /**
   * Keys of tags on objects that the state does not know, where the config has no such tags: `up` may have set them once, or
   * somebody else. They stay.
   */
  readonly unrecordedTags: readonly string[];
}

function actionOf({ decision, wanted, node, look, refused }: Observed): PlannedAction {
  // A replacement is still shown as what it would be.
  const blocks = decision.kind === "create" || decision.kind === "none" || (decision.kind === "wait" && !look.live);
  if (refused && blocks) return "blocked";
  switch (decision.kind) {
    case "wait":
      if (wanted === undefined) return look.live ? "delete" : "none";
      return decision.why === "deleting" ? "create" : "wait";
    case "create":
      // What is looked up in something that is yet to be made is not missing.
      if (node.type.external) return node.needs.length > 0 ? "wait" : "blocked";
      return "create";
    case "delete":
      return removable(node.type) ? "delete" : "none";
    case "earlier":
      return "none";
    case "keep":
      return removable(node.type) ? "retain" : "none";
    default:
      return decision.kind;
  }
}

/** What keeps `up` from something until a person has done something else. */
interface Waiting {
  /** Name of what the person sees to. */
  readonly on: string;
  readonly reason: string;
  /** It waits for another, so that nothing of it is looked at; else it is itself what a person sees to. */
  readonly skipped: boolean;
}

/**
 * What waits for a person, by key, as `up` has it: what is blocked, all that needs such a thing, and what nobody wants any more
 * while such a thing may still use it.
 */
function waitingIn(snapshot: Snapshot): ReadonlyMap<string, Waiting> {
  const { graph, entries } = snapshot;
  const waiting = new Map<string, Waiting>();
  for (const [key, entry] of entries) {
    const { node, wanted, refused, decision } = entry;
    const cause = wanted && node.needs.map((need) => waiting.get(need)).find((one) => one !== undefined);
    if (cause) waiting.set(key, { on: cause.on, reason: `waits for ${cause.on}`, skipped: true });
    else if (actionOf(entry) === "blocked") {
      const reason = refused?.message ?? ("reason" in decision ? decision.reason : missingMessage(node));
      waiting.set(key, { on: node.name, reason, skipped: false });
    }
  }
  if (waiting.size === 0) return waiting;
  const { order } = upOrder(snapshot);
  const looked = new Set<string>();
  const look = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined || looked.has(key)) return;
    looked.add(key);
    if (entry.wanted !== undefined || entry.decision.kind !== "delete") return;
    const users = order(key).map((visit) => visitOf(visit).key);
    for (const user of users) look(user);
    const mayBeUsed = keepersOf(graph, entry.node.type).length > 0;
    const user = users.find((one) => waiting.has(one) && (mayBeUsed || waiting.get(one)?.skipped));
    if (user === undefined) return;
    const { on } = waiting.get(user) as Waiting;
    waiting.set(key, { on, reason: `stays until ${on} is there`, skipped: true });
  };
  for (const key of entries.keys()) look(key);
  return waiting;
}

/** What `up` would do, from a snapshot. Pure. */
export function planUp(snapshot: Snapshot): Plan {
  const items: PlanItem[] = [];
  const waiting = waitingIn(snapshot);
  for (const entry of snapshot.entries.values()) {
    const { node, decision, differences, refused, remedies } = entry;
    const own = actionOf(entry);
    const temporary = (node.resource?.temporaryFor().length ?? 0) > 0;
    // What a run before this one made for something that is still to be made goes after that.
    const goes = temporary && entry.wanted !== undefined && own === "none";
    const waits = own !== "none" && own !== "retain" ? waiting.get(node.key) : undefined;
    const action = waits ? "blocked" : goes ? "delete" : own;
    const reason =
      refused && (own === "blocked" || own === "update")
        ? refused.message
        : waits
          ? waits.reason
          : "reason" in decision
            ? decision.reason
            : doingOf(entry);
    // What is only looked up, something temporary that is not needed, and what stays to go back to, are nothing to count.
    if ((temporary || node.type.external || decision.kind === "earlier") && action === "none") continue;
    // How a replacement goes is worth knowing before one asks for it.
    const { rollout } = refused && own !== "replace" ? {} : courseIn(entry);
    items.push({
      ...nameOf(node),
      id: entry.look.live?.id,
      action,
      differences: action === "update" || action === "replace" ? showable(node.type, differences) : [],
      reason,
      note: entry.note,
      refused: refused?.hint,
      option: refused?.option,
      asks: asksOf(entry),
      interruption: interruptionOf(entry, snapshot),
      rollout: rollout?.what,
      seconds: action === "blocked" ? 0 : secondsOf(entry, goes ? "removal" : "whole", new Set(), snapshot),
      matters: node.type.matters ?? [],
      values: action === "create" || action === "replace" ? valuesOf(entry) : undefined,
      notes: notesOf(entry),
      remedies,
      adopted:
        action !== "blocked" && entry.wanted !== undefined && entry.look.live !== undefined && !entry.look.claimed,
      holdsData: mayHoldData(node.type, entry.look.live, entry.recorded),
    });
  }
  const plan = { items, seconds: 0, unrecordedTags: unrecordedTags(snapshot) };
  return isEmpty(plan) ? plan : { ...plan, seconds: criticalPath(snapshot, new Set(waiting.keys())) };
}

function unrecordedTags({ entries }: Snapshot): readonly string[] {
  const forgotten = [...entries.values()].filter(
    ({ node, recorded, wanted }) => wanted && !recorded && !node.type.external,
  );
  return [
    ...new Set(
      forgotten.flatMap(({ node, look }) =>
        Object.keys(look.live?.tags ?? {}).filter((key) => !isOwnTag(key) && node.owner.tags[key] === undefined),
      ),
    ),
  ].sort();
}

/** What `up` would do in an empty account: everything is made; what is only looked up is taken to be there. Asks nobody. Pure. */
export function planOffline(graph: Graph): Plan {
  const entries = new Map(
    [...graph.nodes.values()].map((node): [string, Observed] => {
      const look = ABSENT;
      const wanted = specOf(node, () => undefined);
      const { drift, ...decision } = evaluate(node, wanted, look, undefined, { now: 0, deleteKept: false });
      return [
        node.key,
        {
          node,
          look,
          recorded: undefined,
          wanted,
          decision: node.type.external ? { kind: "none" } : decision,
          differences: drift,
          dependents: NO_DEPENDENTS,
          note: undefined,
          refused: undefined,
          remedies: [],
          lifted: [],
        },
      ];
    }),
  );
  return planUp({ graph, entries });
}

/** How long `up` takes with what is decided, seconds. Pure. */
export const criticalPath = (snapshot: Snapshot, blocked: ReadonlySet<string> = new Set()): number =>
  secondsIn(forecastUp(snapshot, blocked));

/** The option by which a person answers for it. */
function asksOf(entry: Observed): string | undefined {
  if (entry.refused || entry.decision.kind !== "update") return undefined;
  return isAskedFor(courseIn(entry).interruption) ? OUTAGE_OPTION : undefined;
}

/** What is wanted of an object, as far as it is known and may be shown. */
function valuesOf({ node: { type }, wanted = {} }: Observed): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([field, value]) => {
      if (value === undefined || value === null || type.unrecorded?.includes(field)) return [];
      return [[field, type.shown?.[field] && !isUnknown(value) ? type.shown[field](value) : value]];
    }),
  );
}

/** True when `up --yes` would refuse it, with the same options. @param allowOutage that was said */
export const isRefused = ({ items }: Plan, allowOutage: boolean): boolean =>
  items.some(({ refused, asks }) => refused !== undefined || (asks !== undefined && !allowOutage));

/** True when `up` has nothing to do, and refuses nothing. */
export const isEmpty = (plan: Plan): boolean =>
  plan.items.every(
    ({ action, refused }) =>
      refused === undefined && (action === "none" || action === "blocked" || action === "retain"),
  );

export const count = (plan: Plan, action: PlannedAction): number =>
  plan.items.filter((item) => item.action === action).length;

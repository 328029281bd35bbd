import type { Action, Event, Outcome } from "../engine/events.ts";
import type { Forecast, ForeseenVisit } from "../engine/forecast.ts";
import type { Graph } from "../engine/graph.ts";
import { duration, roughly } from "../lib/duration.ts";
import { oneLine } from "../lib/text.ts";
import { nounOf } from "./names.ts";

/** What shall be shown, in the order in which a person reads it. */
export interface ShownStep {
  readonly name: string;
  readonly resources: readonly {
    readonly key: string;
    readonly name: string;
    readonly object: string;
    /** Keys of what must be there before it. */
    readonly needs: readonly string[];
  }[];
}

/** `down` shows the same block from the last step to the first. */
export type Direction = "up" | "down";

/** A stretch of time on the run's clock, milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** An object, and how far the run is with it. */
export interface Item {
  readonly key: string;
  readonly name: string;
  readonly object: string;
  readonly step: string | undefined;
  readonly needs: readonly string[];
  readonly phase: "idle" | "working" | "settled";
  readonly action?: Action;
  readonly usual?: number | undefined;
  /** When this visit of it began, and when its present action did; the run's clock, milliseconds. */
  readonly began?: number | undefined;
  readonly since?: number | undefined;
  /** How many visits are over, and when they were at work. */
  readonly visited: number;
  readonly spans: readonly Span[];
  readonly note?: { readonly text: string; readonly at: number };
  readonly outcome?: Outcome;
  readonly reason?: string | undefined;
}

/** How far a run is. Only `advance` makes the next one. */
export interface Progress {
  readonly direction: Direction;
  readonly steps: readonly string[];
  readonly items: ReadonlyMap<string, Item>;
  readonly interrupting: boolean;
  /** When the run began, by its clock, milliseconds. */
  readonly began: number;
  /** Undefined: nobody knows how long it takes. */
  readonly forecast?: Forecast | undefined;
  /** The visits that are foreseen, by key, in their order. */
  readonly foreseen: ReadonlyMap<string, readonly ForeseenVisit[]>;
}

/** The steps of a graph as the reporters want them; `shown` leaves out what the run will not touch. */
export function shownSteps(graph: Graph, shown: (key: string) => boolean = () => true): ShownStep[] {
  return graph.steps.map((name) => ({
    name,
    resources: [...graph.nodes.values()]
      .filter((node) => node.step === name && !node.type.external && shown(node.key))
      .map(({ key, name, type, needs }) => ({ key, name, object: type.name, needs })),
  }));
}

export function startProgress(
  steps: readonly ShownStep[],
  direction: Direction = "up",
  { began = 0, forecast }: { readonly began?: number; readonly forecast?: Forecast | undefined } = {},
): Progress {
  const items = steps.flatMap((step) =>
    step.resources.map((one) => ({ ...one, step: step.name, phase: "idle" as const, visited: 0, spans: [] })),
  );
  return {
    direction,
    steps: steps.map(({ name }) => name),
    items: new Map(items.map((item) => [item.key, item])),
    interrupting: false,
    began,
    forecast,
    foreseen: byKey(forecast?.visits ?? []),
  };
}

/** Those of former ones are not among them: what they are about has other keys. */
function byKey(visits: readonly ForeseenVisit[]): ReadonlyMap<string, readonly ForeseenVisit[]> {
  const found = new Map<string, ForeseenVisit[]>();
  for (const visit of visits)
    if (visit.part !== "former") found.set(visit.key, [...(found.get(visit.key) ?? []), visit]);
  return found;
}

/** The state after an event. Pure. */
export function advance(state: Progress, event: Event): Progress {
  if (event.type === "run.interrupting") return { ...state, interrupting: true };
  if (event.type === "run.note") return state;
  const before: Item = state.items.get(event.key) ?? {
    key: event.key,
    name: event.name,
    object: event.object,
    step: event.step,
    needs: [],
    phase: "idle",
    visited: 0,
    spans: [],
  };
  const items = new Map(state.items);
  items.set(event.key, afterEvent(before, event, state.foreseen.get(event.key)?.[before.visited]));
  return { ...state, items };
}

function afterEvent(
  item: Item,
  event: Exclude<Event, { readonly type: "run.note" | "run.interrupting" }>,
  foreseen: ForeseenVisit | undefined,
): Item {
  const { note, outcome, reason, ...rest } = item;
  const worked = (ms: number): readonly Span[] => [
    ...item.spans,
    { from: item.phase === "working" ? (item.began ?? event.at - ms) : event.at - ms, to: event.at },
  ];
  switch (event.type) {
    case "resource.started":
      return {
        ...rest,
        phase: "working",
        action: event.action,
        usual: event.usual ?? (event.action === "update" ? foreseen?.seconds : undefined),
        began: item.phase === "working" ? item.began : event.at,
        since: event.at,
      };
    case "resource.note":
      return { ...item, note: { text: oneLine(event.note), at: event.at } };
    case "resource.prepared":
      return { ...rest, phase: "idle", spans: worked(event.ms) };
    case "resource.settled": {
      const untouched = item.phase !== "working" && (event.outcome === "unchanged" || event.outcome === "skipped");
      return {
        ...rest,
        phase: "settled",
        visited: item.visited + 1,
        spans: untouched ? item.spans : worked(event.ms),
        outcome: event.outcome,
        reason: event.reason,
      };
    }
  }
}

/** What is under way, that which will take longest first. */
export function underWay(state: Progress, now: number): readonly Item[] {
  return [...state.items.values()].filter(({ phase }) => phase === "working").toSorted(byRemaining(now));
}

/** That which will take longest first. */
export const byRemaining = (now: number) => (a: Item, b: Item) => remaining(b, now) - remaining(a, now);
const remaining = ({ usual, since }: Item, now: number): number => (usual ?? 0) * 1000 - (now - (since ?? now));

/** "6m12s of ~9m": how long the present action has taken, of how long it usually takes where that is worth knowing. */
export function elapsed({ since, usual }: Pick<Item, "since" | "usual">, now: number): string {
  const so = duration(now - (since ?? now));
  const late = isLate({ since, usual }, now) ? ", late" : "";
  return usual !== undefined && usual >= 10 ? `${so} of ${roughly(usual)}${late}` : so;
}

const CREATING: Readonly<Record<string, string>> = {
  "load balancer": "provisioning",
  certificate: "validating",
};

/** So much longer than usual is late: by a part of it, and by so many seconds. */
const LATE = { part: 0.2, seconds: 30 };

/** It takes clearly longer than it usually does. */
export const isLate = ({ since, usual }: Pick<Item, "since" | "usual">, now: number): boolean =>
  usual !== undefined &&
  usual >= 10 &&
  (now - (since ?? now)) / 1_000 > usual + Math.max(usual * LATE.part, LATE.seconds);

/** What is being done to it: "creating". */
export function doing(action: Action | undefined, object: string, direction: Direction = "up"): string {
  switch (action) {
    case "create":
      return CREATING[nounOf(object)] ?? "creating";
    case "update":
      return "updating";
    case "replace":
      return "replacing";
    case "delete":
      return "deleting";
    case "unprotect":
      return "losing its protection";
    case "stop":
      return "stopping";
    case "copy":
      return "copying";
    default:
      return direction === "up" ? "pending" : "deleting";
  }
}

/** AWS's reason without the object's name, which stands before it anyway. */
export function reasonOf({ object, name, reason }: Pick<Item, "object" | "name" | "reason">): string {
  const text = oneLine(reason ?? "");
  const prefix = `${object} ${name}: `;
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

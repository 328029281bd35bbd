import type { SyncStatus } from "../../engine/status.ts";

/** How an object stands: as `status` says, or, where nobody was asked, that the state has it. */
export type Standing = SyncStatus | "recorded";

/** What is known of an object beyond the config. */
export interface Condition {
  readonly standing: Standing;
  /** AWS's id. */
  readonly id: string | undefined;
  /** What differs, or why: "inbound", "stopped". */
  readonly why: string | undefined;
}

/** One thing in the picture. It stands for one object of the stack or more. */
export interface Part {
  readonly id: string;
  /** The first is what it is named after. Empty: it is none of the stack's objects (visitors). */
  readonly keys: readonly string[];
  /** What it is: "load balancer". */
  readonly kind: string;
  readonly name: string;
  /** What matters of it: "t3.micro". */
  readonly note: string;
  /** Its type, which says the colour; undefined: it is none of the stack's objects. */
  readonly object: string | undefined;
  /** It stands for several of a sort, of which none gives it its id. */
  readonly several?: true;
}

/** Where in the width of its zone a part stands. `body` leaves room for what passes on the right, `beside` and `inner` also on the left. */
export type Slot = "left" | "middle" | "right" | "body" | "inner" | "beside" | "whole" | "first-half" | "second-half";
/** Where in the width of a zone a line runs. */
export type Lane = "out" | "middle" | "right" | "edge";

export interface Placed {
  readonly part: Part;
  readonly slot: Slot;
}

/** Parts side by side, by zone. */
export interface Row {
  /** What all of them belong to, across the zones. */
  readonly group?: Part;
  readonly zones: readonly (readonly Placed[])[];
}

/** A kind of subnet, one in each zone. */
export interface Tier {
  readonly name: string;
  readonly subnets: readonly Part[];
  readonly rows: readonly Row[];
}

/** What a line tells: who visits, who operates, what is read and written, what goes out. */
export type FlowKind = "visit" | "operate" | "data" | "out";

/** A line from one part to another. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly kind: FlowKind;
  /** "80, 443"; empty: nothing is written beside it. */
  readonly label: string;
  /** Where it runs in its zone; `across`: from zone to zone. */
  readonly lane: Lane | "across";
}

/** That some may reach others, in words. */
export interface Reach {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** "tcp 80, 443". */
  readonly what: string;
  /** What allows it: "security group Buddy-WEB". */
  readonly by: string;
}

/** Parts that are in no zone. */
export interface Card {
  readonly name: string;
  readonly parts: readonly Part[];
}

/** An object that the config does not have, and the stack does. */
export interface Extra extends Condition {
  readonly key: string;
  readonly name: string;
  readonly object: string;
}

/** A stack as a person would draw it. */
export interface Topology {
  readonly stack: string;
  readonly region: string;
  /** Who is outside of the VPC: the internet, visitors, operators. In the lanes `out`, `middle`, `right`. */
  readonly outside: readonly Part[];
  readonly network: Part;
  readonly gateway: Part;
  readonly zones: readonly string[];
  readonly tiers: readonly Tier[];
  readonly flows: readonly Flow[];
  readonly reaches: readonly Reach[];
  readonly cards: readonly Card[];
}

/** What is known of the stack's objects, and from where. */
export interface Known {
  /** "as the state records it, 2026-11-22 09:14 UTC". */
  readonly source: string;
  readonly conditions: ReadonlyMap<string, Condition>;
  readonly extras: readonly Extra[];
}

/** All parts of a picture, from the outside in. */
export const partsOf = ({ outside, network, gateway, tiers, cards }: Topology): readonly Part[] => [
  ...outside,
  network,
  gateway,
  ...tiers.flatMap(({ subnets, rows }) => [
    ...subnets,
    ...rows.flatMap(({ group, zones }) => [...(group ? [group] : []), ...zones.flat().map(({ part }) => part)]),
  ]),
  ...cards.flatMap(({ parts }) => parts),
];

/** What most needs to be seen first. */
const WORST: readonly Standing[] = [
  "unhealthy",
  "blocked",
  "extra",
  "missing",
  "under-way",
  "drift",
  "watched",
  "pending-change",
  "retained",
  "in-sync",
  "recorded",
];

/** How a part stands: as the worst of its objects, with the id of its first. Undefined: nothing is known. */
export function conditionOf({ keys, several }: Part, known: Known | undefined): Condition | undefined {
  const found = keys.flatMap((key) => known?.conditions.get(key) ?? []);
  const [worst] = found.toSorted((one, other) => WORST.indexOf(one.standing) - WORST.indexOf(other.standing));
  return worst && { ...worst, id: several ? undefined : known?.conditions.get(keys[0] ?? "")?.id };
}

/** A standing as a sign, in words, and as the class of its colours. */
export const STANDINGS: Readonly<
  Record<Standing, { readonly sign: string; readonly words: string; readonly tone: Tone }>
> = {
  "in-sync": { sign: "✓", words: "as the config says", tone: "good" },
  recorded: { sign: "•", words: "made, says the state", tone: "good" },
  drift: { sign: "≠", words: "changed by others", tone: "off" },
  watched: { sign: "≠", words: "changed by others", tone: "off" },
  "pending-change": { sign: "~", words: "to be changed", tone: "off" },
  "under-way": { sign: "…", words: "under way", tone: "off" },
  retained: { sign: "=", words: "left alone", tone: "off" },
  missing: { sign: "+", words: "not there", tone: "gone" },
  unhealthy: { sign: "!", words: "not healthy", tone: "bad" },
  blocked: { sign: "!", words: "waits for a person", tone: "bad" },
  extra: { sign: "−", words: "no longer wanted", tone: "bad" },
};
export type Tone = "good" | "off" | "gone" | "bad";

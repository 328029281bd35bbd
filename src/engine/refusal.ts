import { BuddyError } from "../lib/errors.ts";
import type { Recorded } from "../state/state.ts";
import { courseOf, isAskedFor } from "./course.ts";
import type { Decision } from "./decide.ts";
import type { Node } from "./graph.ts";
import { narrowedFields } from "./narrowing.ts";
import { mayHoldData } from "./observe.ts";
import type { Identified, Interruption, Protection, Remedy } from "./resource.ts";
import type { Run } from "./run.ts";
import type { Observed, Snapshot } from "./snapshot.ts";

/** Why a decision is not carried out, and the way out. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
  readonly remedies: readonly Remedy[];
  /** The option with which it is done; undefined: none. */
  readonly option?: string;
  /** Its name is somebody else's. */
  readonly clash?: true;
}

/** The option with which what interrupts the use of an object is done. */
export const OUTAGE_OPTION = "--allow-outage";

/** What needs an object and would be lost, or locked out, with it. */
export interface Dependents {
  /** Names of what holds data and stands on it, itself included. */
  readonly data: readonly string[];
  /** What was given a copy of its value and stays. Only of irreplaceable types. */
  readonly copies: readonly Copy[];
  /** Its fields out of which something is taken that nobody uses any more by then. */
  readonly narrowed: readonly string[];
}

export interface Copy {
  readonly name: string;
  /** The command that gives it a new value; undefined: it takes none, or is not there yet. */
  readonly setSecret: string | undefined;
}

export const NO_DEPENDENTS: Dependents = { data: [], copies: [], narrowed: [] };

export const secretCommands = (copies: readonly Copy[]): string[] => copies.flatMap(({ setSecret }) => setSecret ?? []);

/** What a decision is about. */
export interface Seen {
  readonly live: Identified | undefined;
  readonly wanted: object | undefined;
  readonly recorded: Recorded | undefined;
  readonly dependents: Dependents;
  /** What may hold its data under another name (`Observation.strays`). */
  readonly strays?: readonly Identified[];
  /** This run has made it, so nobody uses it yet. */
  readonly unused?: boolean;
}

/**
 * What `up` must not do, the one rule for what the snapshot finds and for what a run meets: nothing that holds data, or carries
 * what holds data, is replaced; other replacements need `--replace`, unless the object has failed or is disposable; a value
 * of which there are copies is not made up a second time; nothing empty is made beside what may hold its data; what AWS never
 * does is not tried; and a change that interrupts the use of an object, or is final, is asked for.
 * Undefined: the decision may be carried out.
 */
export function refusalOf(
  run: Run,
  node: Node,
  decision: Decision,
  { live, wanted, recorded, dependents: on, strays = [], unused = false }: Seen,
): Refusal | undefined {
  // What is recreated is not changed.
  if (live && wanted && decision.kind !== "replace") {
    const impossible = node.type.impossible?.(live, wanted, recorded?.spec ?? {});
    if (impossible) return { ...impossible, remedies: [] };
  }
  if (decision.kind === "update")
    return refusedInterruption(run, node, courseOf(node, decision, live, wanted, on.narrowed).interruption, unused);
  if (decision.kind !== "create" && decision.kind !== "replace") return undefined;
  if (decision.kind === "create" && strays.length > 0) return besideStrays(run, node, strays);
  const { irreplaceable } = node.type;
  if (irreplaceable && on.copies.length > 0 && !(wanted && irreplaceable.madeAnew?.(wanted))) {
    const names = on.copies.map(({ name }) => name).join(", ");
    return {
      message: `${node.name} is gone, but ${names} still ${on.copies.length === 1 ? "has" : "have"} the value that it held: it is not created again with another one`,
      hint: "Put the old value back, or set a new one everywhere.",
      remedies: irreplaceable.remedies(run.aws, node.owner, secretCommands(on.copies), undefined),
    };
  }
  return decision.kind === "replace" ? refusedReplacement(run, node, decision, on.data) : undefined;
}

function refusedInterruption(
  run: Run,
  { name }: Node,
  interruption: Interruption | undefined,
  unused: boolean,
): Refusal | undefined {
  if (interruption === undefined) return undefined;
  const { what, final } = interruption;
  if (final !== undefined && !run.upgrade.has(name))
    return {
      message: `${what}. ${final}`,
      hint: `Say --upgrade ${name} to have it done, or put the config back as it was.`,
      remedies: [],
      option: `--upgrade ${name}`,
    };
  if (run.allowOutage || unused || !isAskedFor(interruption)) return undefined;
  return { message: what, hint: "Say --allow-outage to have it done now.", remedies: [], option: OUTAGE_OPTION };
}

function besideStrays({ aws }: Run, { name, type, owner }: Node, strays: readonly Identified[]): Refusal {
  const { byHand } = type;
  const [ids, verb, it] = [
    strays.map(({ id }) => id).join(", "),
    ...(strays.length === 1 ? ["carries", "it"] : ["carry", "them"]),
  ];
  return {
    message: `${name} is not there, but ${ids} ${verb} the stack's tags and may hold its data: nothing empty is created beside ${it}`,
    hint: "Choose what shall hold the data.",
    remedies: strays.flatMap((stray) => [
      ...(byHand?.adopt ? [byHand.adopt(aws, stray, owner)] : []),
      {
        to: `have a new, empty ${name}, and keep ${stray.id} apart from the stack`,
        commands: byHand?.disown(aws, stray) ?? [],
      },
    ]),
  };
}

/** What a person can do about something that holds data and is left alone. */
export function retainedRemedies({ aws }: Run, { type }: Node, live: Identified): readonly Remedy[] {
  const { byHand } = type;
  if (!byHand) return [];
  return [
    { to: "remove it", commands: byHand.remove(aws, live) },
    { to: "keep it, apart from the stack", commands: byHand.disown(aws, live) },
  ];
}

/**
 * Why something that is to be deleted, or replaced, will not be: AWS would refuse it, and a run would end half way.
 * @param offered `--unprotect` is an option of this run, and was not said.
 */
export function refusedDeletion(
  { name }: Node,
  protections: readonly Protection[],
  offered: boolean,
): Refusal | undefined {
  if (protections.length === 0) return undefined;
  const liftable = offered && protections.every(({ unprotect }) => unprotect !== undefined);
  return {
    message: `AWS would refuse to delete ${name}: ${protections.map(({ what }) => what).join("; ")}`,
    hint: `Lift what protects ${liftable ? "it from being deleted, or say --unprotect to have it lifted" : "it from being deleted"}.`,
    remedies: protections.map(({ lift }) => lift).filter(({ commands }) => commands.length > 0),
  };
}

function refusedReplacement(
  run: Run,
  { name, type, resource }: Node,
  { differences, reason }: Extract<Decision, { kind: "replace" }>,
  data: readonly string[],
): Refusal | undefined {
  if (type.disposable || (resource?.temporaryFor().length ?? 0) > 0) return undefined;
  const message = `${name} would have to be recreated: ${reason}`;
  if (data.length > 0) {
    const hint = `The data of ${data.join(", ")} would be lost, so up does not do that. Put the config back as it was; or save the data and take the stack down.`;
    return { message, hint, remedies: [] };
  }
  // What has failed is of no use to anybody.
  if (run.replace || differences.length === 0) return undefined;
  return {
    message,
    hint: "Say --replace to have it done, or put the config back as it was.",
    remedies: [],
    option: "--replace",
  };
}

const hintOf = (refusals: readonly Refusal[]): string =>
  [
    ...new Set(
      refusals.flatMap(({ hint, remedies }) => [
        hint,
        ...remedies.map(({ to, commands }) => `to ${to}: ${commands.join(" && ")}`),
      ]),
    ),
  ].join("\n");

/** A refusal that a run meets at a node. */
export const refusedError = (refusal: Refusal, node: Node, id: string | undefined): BuddyError =>
  new BuddyError({
    code: "refused",
    message: refusal.message,
    about: { key: node.key, ...(node.step ? { step: node.step } : {}), ...(id ? { id } : {}) },
    hint: hintOf([refusal]),
  });

/** What hangs on something whose name is taken would have to change for its sake alone: that is said of the name. */
function causesIn(entries: Snapshot["entries"]): readonly Refusal[] {
  const hangs = new Set([...entries.values()].flatMap(({ node, refused }) => (refused?.clash ? [node.key] : [])));
  // In the order of the graph what is needed comes first.
  for (const { node } of entries.values()) if (node.needs.some((need) => hangs.has(need))) hangs.add(node.key);
  return [...entries.values()].flatMap(({ node, refused }) =>
    refused && (refused.clash || !hangs.has(node.key)) ? [refused] : [],
  );
}

/** Where names are taken, more are shown as a list. */
const SHOWN_IN_A_LINE = 2;

/**
 * Throws `refused` when a snapshot shows what `up`, or `down`, must not do: then nothing at all is changed.
 * @param more what else is in the way.
 */
export function throwIfRefused({ entries }: Snapshot, more: readonly Refusal[] = []): void {
  const refusals = [...causesIn(entries), ...more];
  if (refusals.length === 0) return;
  // What is somebody else's is in the way of all that hangs on it: it is named once.
  const messages = [...new Set(refusals.map(({ message }) => message))];
  const many = messages.length > SHOWN_IN_A_LINE && refusals.some(({ clash }) => clash);
  const what = refusals.every(({ clash }) => clash) ? "names are taken" : "things are in the way";
  throw new BuddyError({
    code: "refused",
    message: many ? `${messages.length} ${what}` : messages.join("; "),
    problems: many ? messages.map((message) => ({ path: "", message })) : undefined,
    hint: `${hintOf(refusals)}\nNothing was changed.`,
  });
}

/**
 * What depends on each node of a snapshot. What is recorded but was not looked at (`up --step`) counts as there.
 */
export function dependentsIn(run: Run, entries: ReadonlyMap<string, Observed>): (one: Observed) => Dependents {
  const holders = new Map<string, Set<string>>();
  const mark = (key: string, holder: string): void => {
    const known = holders.get(key) ?? new Set();
    if (known.has(holder)) return;
    holders.set(key, known.add(holder));
    for (const need of entries.get(key)?.node.needs ?? []) mark(need, holder);
  };
  for (const { node, look, recorded } of entries.values())
    if (look.live && mayHoldData(node.type, look.live, recorded)) mark(node.key, node.name);
  const dataOn = (key: string) => [...(holders.get(key) ?? [])];

  /** False when it is certainly not there, or goes before anything uses it again. */
  const stays = ({ node, look, decision }: Observed): boolean => {
    if (decision.kind === "create" || decision.kind === "delete") return false;
    if (decision.kind === "replace") return refusedReplacement(run, node, decision, dataOn(node.key)) !== undefined;
    if (decision.kind === "wait") return look.health !== "deleting";
    return decision.kind !== "none" || look.live !== undefined;
  };
  const copiesOf = (key: string): readonly Copy[] => {
    const users = [...entries.values()].filter(
      (one) => (one.node.needs.includes(key) || one.recorded?.needs.includes(key)) && stays(one),
    );
    const unseen = Object.entries(run.store.resources).filter(
      ([other, { needs }]) => !entries.has(other) && needs.includes(key),
    );
    return [
      ...users.map(({ node, look }) => ({
        name: node.name,
        setSecret: look.live && node.type.setSecret?.(run.aws, look.live),
      })),
      ...unseen.map(([, { name }]) => ({ name, setSecret: undefined })),
    ];
  };
  return (one) => ({
    data: dataOn(one.node.key),
    copies: one.node.type.irreplaceable ? copiesOf(one.node.key) : [],
    narrowed: narrowedFields(entries, one),
  });
}

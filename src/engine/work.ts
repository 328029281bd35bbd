import { BuddyError } from "../lib/errors.ts";
import { type Attempt, attempter } from "./attempt.ts";
import type { Action, Outcome } from "./events.ts";
import { aboutNode, type Node, nameOf } from "./graph.ts";
import type { Identified, Timing } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";
import { pauseSeconds, untilBeat } from "./schedule.ts";
import { usualSeconds } from "./usual.ts";

const DEFAULT_TIMING: Timing = { createSeconds: 3, timeoutSeconds: 300 };

interface Updated {
  /** The differences that it closes, each as JSON. */
  readonly fields: readonly string[];
  readonly at: number;
  readonly times: number;
}

/** The work on one object, from its first look to its end. */
export interface Work {
  readonly run: Run;
  readonly node: Node;
  /** Undefined: it shall not be there. */
  readonly wanted: object | undefined;
  /** Fields that stay as they are for now: their turn comes later. */
  readonly later: ReadonlySet<string>;
  /** All of it is done now. */
  readonly whole: boolean;
  readonly timing: Timing;
  /** Milliseconds on the run's clock. */
  readonly started: number;
  /** How it would end if it ended now. */
  outcome: Outcome;
  /** A create call was sent. */
  tried: boolean;
  /** What is there goes first; then what is wanted is created. */
  replacing: boolean;
  /** The id of what this work has set aside, as it was not to stay. */
  aside: string | undefined;
  /** AWS has taken a delete call: it may be gone, though reads still show it. */
  deleteAccepted: boolean;
  /** The id of what a delete left behind on purpose. */
  leaves: string | undefined;
  /** The last update that AWS accepted, and how often. */
  updated: Updated | undefined;
  /** As it was when it was last seen at work by itself. */
  pending: Identified | undefined;
  /** Why what it was pending for was given up. */
  gaveUp: string | undefined;
  readonly attempt: Attempt;
  /**
   * Says that something is being done to the object, once for each sort of thing.
   * @param about `fields` of a change in place; `rest`: how long what is on its way usually still takes, seconds
   */
  begin(
    action: Action,
    id?: string,
    about?: { readonly fields?: readonly string[]; readonly rest?: number | undefined },
  ): void;
  /** Says what it is doing by itself. */
  note(text: string | undefined): void;
  sleep(ms: number): Promise<void>;
  /** Sleeps until the first look after a change that AWS has taken. */
  untilShown(): Promise<void>;
  /** A look after that did not show it. */
  notShown(): void;
  /** Sleeps until the next look. Throws `timeout` when that has been waited for too long. */
  waitFor(why: string, usualSeconds: number, limitSeconds: number, live: Identified | undefined): Promise<void>;
  /** What was waited for is over: the next wait begins anew. */
  waited(): void;
}

/** What is wanted of it for now: fields whose turn comes later are as they are. */
export const wantedNow = ({ wanted = {}, later }: Work, live: Identified): object => ({
  ...wanted,
  ...Object.fromEntries(Object.entries(live).filter(([field]) => later.has(field))),
});

/** @param later undefined: all of it is done now */
export function workOn(run: Run, node: Node, wanted?: object, later?: ReadonlySet<string>): Work {
  const { clock, emit } = run;
  const timing = { ...DEFAULT_TIMING, ...node.type.timing };
  let action: Action | undefined;
  let noted: string | undefined;
  let fresh = false;
  const [service = ""] = node.type.name.split(":");
  let waiting: { readonly why: string; readonly since: number } | undefined;
  const tell = () => ({ at: clock.now(), ...nameOf(node) });
  const sleep = (ms: number) =>
    clock.sleep(untilBeat(clock.now(), ms), run.signal).catch(() => throwIfInterrupted(run));
  /** What only prepares a deletion has a time of its own. */
  function usualOf(next: Action, fields: readonly string[] | undefined): number | undefined {
    if (next === "stop") return timing.quietSeconds;
    if (next === "copy") return timing.copySeconds;
    if (next === "unprotect") return undefined;
    const verb = next === "delete" || next === "update" ? next : "create";
    return usualSeconds(node.type, verb, run.measured, { fields, spec: wanted });
  }

  return {
    run,
    node,
    wanted,
    later: later ?? new Set(),
    whole: later === undefined,
    timing,
    started: clock.now(),
    outcome: "unchanged",
    tried: false,
    replacing: false,
    aside: undefined,
    deleteAccepted: false,
    leaves: undefined,
    updated: undefined,
    pending: undefined,
    gaveUp: undefined,
    attempt: attempter(run, node, sleep),
    sleep,
    async untilShown() {
      fresh = true;
      await sleep(run.lag.pauseMs(service));
    },
    notShown() {
      if (fresh) run.lag.missed(service);
      fresh = false;
    },
    begin(next, id, { fields, rest } = {}) {
      if (action === next || (action && next === "wait")) return;
      action = next;
      const usual = rest ?? usualOf(next, fields);
      emit({ ...tell(), type: "resource.started", action: next, id, usual, fields });
    },
    note(text) {
      if (text !== undefined && text !== noted) emit({ ...tell(), type: "resource.note", note: text });
      noted = text;
    },
    async waitFor(why, usualSeconds, limitSeconds, live) {
      if (waiting?.why !== why) waiting = { why, since: clock.now() };
      const elapsed = (clock.now() - waiting.since) / 1000;
      if (elapsed > limitSeconds) throw timedOut(run, node, live, why, elapsed);
      await sleep(pauseSeconds(elapsed, usualSeconds) * 1000);
    },
    waited() {
      waiting = undefined;
    },
  };
}

function timedOut({ aws }: Run, node: Node, live: Identified | undefined, why: string, seconds: number): BuddyError {
  const shows = live && (node.type.stuck?.(aws, live) ?? node.type.doing?.(live));
  return new BuddyError({
    code: "timeout",
    message: `${node.type.name} ${live?.id ?? node.name} is still ${why} after ${Math.round(seconds / 60)} min${shows ? `: ${shows}` : ""}`,
    about: aboutNode(node, live?.id),
    hint: "Look at it in the AWS console; the next run continues from where it stands then.",
  });
}

import type { Clock } from "../lib/clock.ts";
import { duration } from "../lib/duration.ts";
import { classify } from "./classify.ts";
import { codeOf, Unreachable } from "./errors.ts";

/** Trouble that passes before this is nobody's business, milliseconds. */
const FIRST_MS = 4_000;
/** A call without any answer for so long is in trouble, milliseconds. Some of AWS's take seconds when all is well. */
const SILENT_MS = 10_000;
const AGAIN_MS = 30_000;
/** What fails and is not tried again within this time was given up, milliseconds: no pause between two attempts is longer. */
const GIVEN_UP_MS = 60_000;

/** One attempt of a call. One of the two is called when it has ended. */
export interface Attempt {
  answered(): void;
  failed(error: unknown): void;
}

/** Calls are named as "ec2:DescribeVpcs". */
export interface TroubleWatch {
  /** A call begins, in one or more attempts. @returns ends it */
  begin(call: string): () => void;
  attempt(call: string): Attempt;
}

interface Troubled {
  /** When its first attempt that failed began, and when it last failed; the clock's milliseconds. */
  readonly since: number;
  readonly at: number;
  readonly what: string;
  /** It is the way to AWS, not a service: any answer shows that it is over. */
  readonly ofWay: boolean;
}

/** What is known of the calls of a run. */
interface Calls {
  readonly troubled: Map<string, Troubled>;
  /** How many of each are under way. */
  readonly underWay: Map<string, number>;
  readonly attempts: Set<{ readonly call: string; readonly since: number }>;
}

/** What is in trouble now, the longest first. */
function present({ troubled, underWay, attempts }: Calls, now: number): readonly Pick<Troubled, "since" | "what">[] {
  for (const [call, { at }] of troubled) if (now - at > GIVEN_UP_MS && !underWay.has(call)) troubled.delete(call);
  const silent = [...attempts]
    .filter(({ call, since }) => now - since >= SILENT_MS && !troubled.has(call))
    .map(({ call, since }) => ({ since, what: `AWS has not answered ${call}` }));
  return [...troubled.values(), ...silent].sort((a, b) => a.since - b.since);
}

/** When there is something to tell for the first time, if nothing else happens until then; undefined: never. */
function firstDue({ troubled, underWay, attempts }: Calls): number | undefined {
  const times = [
    ...[...troubled].filter(([call]) => underWay.has(call)).map(([, { since }]) => since + FIRST_MS),
    ...[...attempts].filter(({ call }) => !troubled.has(call)).map(({ since }) => since + SILENT_MS),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * Tells of trouble on the way to AWS that lasts, of all calls together: within seconds, then each half minute, and once when
 * it is over. It wakes up only for calls that are under way, so nothing of it outlives a run.
 * @param silence false: a call that is not answered for long is no trouble
 */
export function watchTrouble(clock: Clock, tell: (note: string) => void, { silence = true } = {}): TroubleWatch {
  const calls: Calls = { troubled: new Map(), underWay: new Map(), attempts: new Set() };
  const { troubled, underWay, attempts } = calls;
  const look = teller(clock, calls, tell);
  return {
    begin(call) {
      underWay.set(call, (underWay.get(call) ?? 0) + 1);
      return () => {
        const left = (underWay.get(call) ?? 1) - 1;
        if (left > 0) underWay.set(call, left);
        else underWay.delete(call);
        look();
      };
    },
    attempt(call) {
      const attempt = { call, since: clock.now() };
      if (silence) attempts.add(attempt);
      look();
      const ended = (trouble: Pick<Troubled, "what" | "ofWay"> | undefined) => {
        attempts.delete(attempt);
        if (trouble) {
          troubled.set(call, { since: troubled.get(call)?.since ?? attempt.since, at: clock.now(), ...trouble });
        } else {
          troubled.delete(call);
          for (const [other, { ofWay }] of troubled) if (ofWay && !underWay.has(other)) troubled.delete(other);
        }
        look();
      };
      return { answered: () => ended(undefined), failed: (error) => ended(troubleOf(call, error)) };
    },
  };
}

/** Tells what is due whenever it is called, and wakes up by itself for what will be. */
function teller(clock: Clock, calls: Calls, tell: (note: string) => void): () => void {
  let told: { readonly since: number; readonly at: number } | undefined;
  let sleeping: { readonly until: number; readonly end: AbortController } | undefined;

  function speak(): void {
    const now = clock.now();
    const [first, ...others] = present(calls, now);
    if (!first) return;
    told = { since: told?.since ?? first.since, at: now };
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    const since = new Date(first.since).toISOString().slice(11, 19);
    tell(`Waiting: ${first.what}${more}, for ${duration(now - first.since)}, since ${since} UTC. It is tried again.`);
  }

  const due = () => {
    const first = firstDue(calls);
    return first === undefined ? undefined : Math.max(first, told ? told.at + AGAIN_MS : 0);
  };

  return function look(): void {
    if (told && present(calls, clock.now()).length === 0) {
      tell(`AWS answers again, after ${duration(clock.now() - told.since)}.`);
      told = undefined;
    }
    let at = due();
    if (at !== undefined && at <= clock.now()) {
      speak();
      at = due();
    }
    // Who wakes up too early looks again: to sleep anew for each attempt of a call would take longer than all else here.
    if (at !== undefined && sleeping && sleeping.until <= at) return;
    sleeping?.end.abort();
    sleeping = undefined;
    if (at === undefined) return;
    const own = { until: at, end: new AbortController() };
    sleeping = own;
    clock.sleep(at - clock.now(), own.end.signal).then(
      () => {
        if (sleeping !== own) return;
        sleeping = undefined;
        look();
      },
      () => {},
    );
  };
}

/** The trouble that an attempt met, in words; undefined: AWS has answered, if with a refusal. */
function troubleOf(call: string, error: unknown): Pick<Troubled, "what" | "ofWay"> | undefined {
  const kind = classify(error);
  if (kind !== "throttled" && kind !== "transient" && kind !== "network") return undefined;
  if (error instanceof Unreachable) return { what: `${error.message} (${call})`, ofWay: true };
  const name = codeOf(error) ?? "";
  if (kind === "throttled") return { what: `AWS throttles ${call} (${name})`, ofWay: false };
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (status === undefined && /^E[A-Z_]+$/.test(name))
    return { what: `the connection for ${call} was lost (${name})`, ofWay: true };
  const said = [status === undefined ? "" : `HTTP ${status}`, name].filter(Boolean).join(" ");
  return { what: `${call} fails on AWS's side${said ? ` (${said})` : ""}`, ofWay: false };
}

import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { list } from "../lib/text.ts";
import { CheckFailed, messageOf } from "../verify/check.ts";
import type { Machines } from "../verify/machines.ts";
import { type PasswordSaid, type PasswordVerb, scriptFor } from "../verify/scripts.ts";

/** The parameter with the password, and the one with the new value beside it. Each call may be made again. */
export interface PasswordParameter {
  /** Makes the new value up, unless it is there. */
  begin(): Promise<void>;
  /** Puts the new value in the old one's place, and waits until reads show it. */
  adopt(): Promise<void>;
  /** Removes the second parameter. */
  end(): Promise<void>;
}

/** An instance that has the password, or will read it when it starts. */
export interface PasswordUser {
  readonly id: string;
  readonly inService: boolean;
}

/** What a rotation sees and does. */
export interface RotationStack {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly parameter: PasswordParameter;
  readonly machines: Machines;
  /** Those of the instances on which a script can be run now. */
  online(instanceIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** All that use the password, except for those that are on their way out. */
  users(): Promise<readonly PasswordUser[]>;
  /** How a person sets a new password in both places, at the price of some requests: a sentence with the commands. */
  readonly byHand: string;
}

export interface Rotated {
  /** The instances that have logged in with the new password. */
  readonly instances: readonly string[];
}

/** How long each step is tried again, and after how long, milliseconds. A new instance takes minutes until it can be asked. */
const PATIENCE_MS = 15 * 60_000;
const AGAIN_MS = 5_000;

const BOTH_WORK = "The old and the new password both work, and stay so";
const AGAIN = "Run `buddyverse rotate password` again: it continues.";

const unfinished = (message: string): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `the password is not rotated yet: ${message}`,
    hint: `${BOTH_WORK}. ${AGAIN}`,
  });

/**
 * Gives the databases a new password without a failed request: MySQL takes both until each instance has logged in with the new
 * one. Each step looks first, so the same call continues what was interrupted at any point.
 * @param say told what it is about, a few words each time
 */
export async function rotatePassword(stack: RotationStack, say: (what: string) => void): Promise<Rotated> {
  const { parameter } = stack;
  const serving = await inServiceAndOnline(stack);
  say("making up a new password");
  await parameter.begin();
  say(`giving the databases the new one beside the old one, from ${serving[0]}`);
  await setOnDatabases(stack, serving);
  say("putting it into Parameter Store");
  await parameter.adopt();
  say("waiting until each instance has logged in with it");
  const instances = await usedByAll(stack, say);
  say("taking the old one from the databases");
  await discardOld(stack, instances);
  await parameter.end();
  return { instances };
}

/** Instances that can do it. Throws `refused`, with nothing changed, when there are none. */
async function inServiceAndOnline({ users, online, byHand }: RotationStack): Promise<readonly string[]> {
  const serving = (await users()).filter(({ inService }) => inService).map(({ id }) => id);
  const reached = serving.length === 0 ? new Set<string>() : await online(serving);
  const able = serving.filter((id) => reached.has(id));
  if (able.length > 0) return able;
  const why =
    serving.length === 0 ? "no web instance is in service" : `Systems Manager does not reach ${list(serving)}`;
  throw new BuddyError({
    code: "refused",
    message: `the databases can be given a new password only from a web instance, and ${why}`,
    hint: `Nothing was changed. ${byHand}`,
  });
}

type Said = PasswordSaid | { readonly outcome: "unreached"; readonly why: string };

async function ask({ machines, signal }: RotationStack, id: string, verb: PasswordVerb): Promise<Said> {
  try {
    return JSON.parse((await machines.run([id], scriptFor("password", verb))).get(id) ?? "") as PasswordSaid;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BuddyError) throw error;
    // What a script says of itself names it; an instance that is not there any more answers nothing.
    return { outcome: "unreached", why: error instanceof CheckFailed ? error.message : messageOf(error) };
  }
}

const whyOf = (id: string, said: Said): string => {
  if ("why" in said) return said.why;
  if (said.outcome === "denied") return `${id}: the ${said.role ?? "primary"} does not take the password`;
  if (said.outcome === "unfetched") return `${id} cannot fetch its settings`;
  return `${id} does not see the new password yet`;
};

/** Tries again, in turn on these instances, until one answers what is wanted. Throws what `ends` makes of an answer. */
async function onOneOf(
  stack: RotationStack,
  ids: readonly string[],
  verb: PasswordVerb,
  { done, ends = () => undefined }: { readonly done: string; readonly ends?: (said: readonly Said[]) => unknown },
): Promise<void> {
  const { clock, signal } = stack;
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    const round: Said[] = [];
    for (const id of ids) {
      const said = await ask(stack, id, verb);
      if (said.outcome === done) return;
      round.push(said);
    }
    const error = await ends(round);
    if (error !== undefined) throw error;
    if (clock.now() >= until) throw unfinished(list(round.map((said, index) => whyOf(ids[index] as string, said))));
    await clock.sleep(AGAIN_MS, signal);
  }
}

/** Both databases take the new password, and the old one too. */
const setOnDatabases = (stack: RotationStack, serving: readonly string[]): Promise<void> =>
  onOneOf(stack, serving, "set", {
    done: "set",
    async ends(said) {
      if (said.some(({ outcome }) => outcome === "behind"))
        return unfinished("the replica has not got the new one within a minute, as if it did not follow its primary");
      const refused = (message: string) =>
        new BuddyError({ code: "refused", message, hint: `Nothing was changed. ${stack.byHand}` });
      const forbidden = said.some(({ outcome }) => outcome === "forbidden");
      if (!forbidden && !said.every(({ outcome }) => outcome === "denied")) return undefined;
      // No database has it.
      await stack.parameter.end();
      return refused(
        forbidden
          ? "the database's user may not have two passwords (it lacks APPLICATION_PASSWORD_ADMIN)"
          : "the primary takes neither the password in the parameter nor that of a web instance",
      );
    },
  });

/**
 * All instances have fetched the new password, and log in with it, also those that started meanwhile: they may have read the
 * old one.
 */
async function usedByAll(stack: RotationStack, say: (what: string) => void): Promise<readonly string[]> {
  const { clock, signal, users } = stack;
  const until = clock.now() + PATIENCE_MS;
  const using = new Set<string>();
  for (;;) {
    const open = (await users()).map(({ id }) => id).filter((id) => !using.has(id));
    if (open.length === 0 && using.size > 0) return [...using];
    const said = await Promise.all(open.map((id) => ask(stack, id, "fetch")));
    const waiting = open.filter((id, index) => {
      if (said[index]?.outcome !== "in-use") return true;
      using.add(id);
      say(`${id} uses it`);
      return false;
    });
    // Whoever came meanwhile is asked too.
    if (waiting.length === 0) continue;
    if (clock.now() >= until) throw unfinished(list(waiting.map((id) => whyOf(id, said[open.indexOf(id)] as Said))));
    await clock.sleep(AGAIN_MS, signal);
  }
}

const discardOld = (stack: RotationStack, using: readonly string[]): Promise<void> =>
  onOneOf(stack, using, "discard", { done: "discarded" });

import { type Databases, freeReplica, PRIMARY, REPLICA } from "../../steps/databases.ts";
import { FENCE_GROUP } from "../../steps/security-groups.ts";
import { KEY_TAG } from "../aws/owned.ts";
import { type InstanceLive, instanceNamed, instanceNames } from "../aws/rds/read-instances.ts";
import { markFenced, refusesInState, setGroups, tagAs, takeKey } from "../aws/rds/succession.ts";
import { isFenced } from "../aws/rds/tags.ts";
import { writeParameter } from "../aws/ssm/parameter.ts";
import { patiently } from "../engine/observe.ts";
import { record } from "../engine/record.ts";
import { throwIfInterrupted } from "../engine/run.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";

/** Key of the parameter that says where the site writes to. */
const ENDPOINT = "database-endpoint";

export interface Succession {
  readonly stack: Stack;
  /** Tells what is being done, a sentence at a time. */
  say(text: string): void;
}

/** Looks every few seconds until there is an answer. Throws `timeout`. */
export async function until<T>(
  { run }: Pick<Stack, "run">,
  { what, seconds }: { readonly what: string; readonly seconds: number },
  look: () => Promise<T | undefined>,
): Promise<T> {
  const since = run.clock.now();
  for (;;) {
    const found = await patiently(run, look);
    if (found !== undefined) return found;
    if (run.clock.now() - since > seconds * 1000)
      throw new BuddyError({
        code: "timeout",
        message: `${what} after ${Math.round(seconds / 60)} min`,
        hint: "Look at it in the AWS console; the same command continues from where it stands then.",
      });
    await run.clock.sleep(3_000, run.signal).catch(() => throwIfInterrupted(run));
  }
}

/** The group without rules. Throws `failed` where an older version made the stack. */
async function fenceGroup({ find }: Stack): Promise<string> {
  const group = await find(FENCE_GROUP);
  if (group) return group.id;
  throw new BuddyError({
    code: "failed",
    message: "the stack has no security group yet that shuts a database off",
    hint: "`buddyverse up --step security-groups` creates it.",
  });
}

/** In these states it serves nobody, and AWS changes nothing of it: there is no use in waiting. */
const BUSY_SECONDS = 120;

/**
 * Shuts the old primary off: from then on nobody can connect to it; connections that there are stay. Answers AWS's words where
 * it refuses because of the instance's state.
 */
export async function fence({ stack, say }: Succession, primary: InstanceLive): Promise<string | undefined> {
  const { aws } = stack.run;
  const group = await fenceGroup(stack);
  const isShut = ({ groupIds, groupsSettled }: InstanceLive) =>
    groupsSettled && groupIds.length === 1 && groupIds[0] === group;
  if (isFenced(primary) && isShut(primary)) return undefined;
  say(`shuts ${primary.id} off: security group ${group} has no rules`);
  // First: an `up` after a kill must not open it again.
  if (!isFenced(primary)) await patiently(stack.run, () => markFenced(aws, primary));
  const since = stack.run.clock.now();
  for (;;) {
    try {
      await patiently(stack.run, () => setGroups(aws, primary, [group]));
      break;
    } catch (error) {
      if (!refusesInState(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const now = await patiently(stack.run, () => instanceNamed(aws, primary.id));
      if (!now || stack.run.clock.now() - since > BUSY_SECONDS * 1000 || !/ing$/.test(now.status)) return why;
      await stack.run.clock.sleep(5_000, stack.run.signal).catch(() => throwIfInterrupted(stack.run));
    }
  }
  await until(stack, { what: `${primary.id} is still not shut off`, seconds: 300 }, async () => {
    const now = await instanceNamed(aws, primary.id);
    return now === undefined || isShut(now) ? true : undefined;
  });
  return undefined;
}

/**
 * Makes an instance that takes writes the stack's primary, in place of `from`, which is shut off first, is kept, and is under no
 * key of the stack any more. Every call can be repeated: killed anywhere, the same command, or `up`, ends it. Answers the names
 * with which the stack is to be opened from then on; its replica is yet to be made.
 * @param from the old primary; undefined: it is gone
 */
export async function switchPrimary(
  succession: Succession,
  from: InstanceLive | undefined,
  to: InstanceLive,
): Promise<Databases> {
  const { stack, say } = succession;
  const { run, graph } = stack;
  const { aws, store, clock } = run;
  const [node, endpoint] = [graph.nodes.get(PRIMARY), graph.nodes.get(ENDPOINT)];
  if (!node || !endpoint) throw new BuddyError({ code: "internal", message: "the stack has no primary" });
  if (from) {
    const refused = await fence(succession, from);
    if (refused !== undefined)
      say(
        `! AWS did not shut ${from.id} off (${refused}): where it still answers, who does not know the new address writes to it`,
      );
  }
  say(`${to.id} becomes the primary`);
  // The state first: with it, `up` does all that is left.
  if (store.get(PRIMARY)?.id !== to.id) {
    record(
      run,
      { ...node, name: to.id },
      { id: to.id, status: "created", since: Math.round(clock.now()), token: run.token() },
    );
  }
  const replica = store.get(REPLICA);
  if (replica?.id === to.id || replica?.name === to.id) store.drop(REPLICA);
  await patiently(run, () => tagAs(aws, to, { ...node.owner.tags, Name: to.id }));
  await patiently(run, () => writeParameter(aws, endpoint.name, to.endpoint));
  say(`the site writes to ${to.endpoint}`);
  if (from && from.tags[KEY_TAG] !== undefined && (await patiently(run, () => instanceNamed(aws, from.id))))
    await patiently(run, () => takeKey(aws, from));
  const recorded = store.get(REPLICA)?.name;
  const owned = { stack: node.owner.stack, region: aws.region };
  return { primary: to.id, replica: recorded ?? freeReplica(owned, await patiently(run, () => instanceNames(aws))) };
}

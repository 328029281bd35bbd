import { PRIMARY, REPLICA } from "../../steps/databases.ts";
import { KEY_TAG } from "../aws/owned.ts";
import { type InstanceLive, instanceHealth, instanceNamed, listInstances } from "../aws/rds/read-instances.ts";
import { followsNobody, isPromoted } from "../aws/rds/standing.ts";
import { promote, reboot, refusesInState, setGroups, takesWrites, unmarkFenced } from "../aws/rds/succession.ts";
import { isFenced } from "../aws/rds/tags.ts";
import { patiently } from "../engine/observe.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Replication, WebInstances } from "./replication.ts";
import { fence, type Succession, switchPrimary, until } from "./switch-primary.ts";

/**
 * What there is to do. `fresh`: a replica follows the primary. `promoted`: it is a database of its own already, and the primary
 * is still the other one. `switched`: it is the primary already, and not all calls were made.
 */
export type Stage = "fresh" | "promoted" | "switched";

export interface Situation {
  readonly stage: Stage;
  /** The primary whose place is taken; undefined: it is gone. */
  readonly from: InstanceLive | undefined;
  /** What takes its place. */
  readonly to: InstanceLive;
  /** The old primary answers, or would if it were not shut off. */
  readonly alive: boolean;
  /** It is shut off first, and the replica is waited for: nothing is lost. */
  readonly planned: boolean;
  /** What MySQL says, or why no web instance could be asked. */
  readonly replication: Replication | { readonly unseen: string };
}

/** Most that a replica is waited for until it has everything. */
const CATCH_UP_SECONDS = 15 * 60;
const REBOOT_SECONDS = 15 * 60;
/** "Several minutes or longer to complete, depending on the size of the read replica" (user guide, "Promoting a read replica"). */
const PROMOTION_SECONDS = 60 * 60;

const refuse = (message: string, hint: string): BuddyError => new BuddyError({ code: "refused", message, hint });

/** The stack's databases, and which of them is what. Undefined: there is nothing that could take the primary's place. */
async function partsOf({
  graph,
  run,
}: Stack): Promise<
  { readonly stage: Stage; readonly from: InstanceLive | undefined; readonly to: InstanceLive } | undefined
> {
  const node = graph.nodes.get(PRIMARY);
  if (!node) return undefined;
  const all = (await patiently(run, () => listInstances(run.aws, node.owner.stack))).filter(
    (one) => instanceHealth(one) !== "deleting",
  );
  const primary = all.find(({ id }) => id === node.name);
  // Beside a primary that is shut off, one that is under its key was tagged, and not recorded.
  const promoted = all.filter(
    (one) =>
      one !== primary &&
      !isFenced(one) &&
      (primary && !isFenced(primary) ? isPromoted(node.owner, one) : followsNobody(one)),
  );
  const [heir, ...others] = promoted;
  if (heir && others.length > 0)
    throw refuse(
      `several replicas were promoted: ${promoted.map(({ id }) => id).join(", ")}`,
      "Keep one: save what the others hold and remove them, or take their buddyverse:key tag away.",
    );
  if (heir) return { stage: "promoted", from: primary, to: heir };
  const old = all.find((one) => one !== primary && isFenced(one) && one.tags[KEY_TAG] === PRIMARY);
  if (primary && takesWrites(primary) && !isFenced(primary) && (old || primary.tags[KEY_TAG] !== PRIMARY))
    return { stage: "switched", from: old, to: primary };
  const followers = all.filter(({ source }) => source === node.name);
  const own = graph.nodes.get(REPLICA)?.name;
  const to = followers.find(({ id }) => id === own) ?? followers.find(({ tags }) => tags[KEY_TAG] === REPLICA);
  return to && { stage: "fresh", from: primary, to };
}

/**
 * Looks at the databases, changes nothing. Throws `refused` with the reason where no failover can be done.
 * @param allowDataLoss what the replica has not got may be lost: where it cannot be waited for that is refused without it
 */
export async function situationOf(
  stack: Stack,
  web: Pick<WebInstances, "replication">,
  allowDataLoss: boolean,
): Promise<Situation> {
  const parts = await partsOf(stack);
  const primary = stack.graph.nodes.get(PRIMARY)?.name;
  if (!parts && primary !== undefined && !(await patiently(stack.run, () => instanceNamed(stack.run.aws, primary))))
    throw refuse(
      `${primary} is not there, nor a replica that could take its place`,
      "`buddyverse up` makes both. What is kept of earlier data, `buddyverse snapshots` lists.",
    );
  if (!parts)
    throw refuse(
      "there is no read replica that could become the primary",
      "With database.replica true, `buddyverse up` makes one, of a primary that answers. If the primary is lost: its automated backups and snapshots have what it held.",
    );
  const { stage, from, to } = parts;
  const replication = await web.replication(to.endpoint);
  const asked = "unseen" in replication ? undefined : replication;
  const wellSays = from !== undefined && instanceHealth(from) === "ready";
  // One that is shut off answers nobody but its replica.
  const alive = wellSays && asked !== undefined && (isFenced(from) ? asked.follows : asked.primaryError === undefined);
  const planned = stage === "fresh" && alive && asked?.follows === true;
  // One that is shut off was consented to.
  if (stage === "fresh" && !(from && isFenced(from))) {
    refuseUnfit(to, allowDataLoss);
    if (!planned && !allowDataLoss)
      throw refuse(
        `${lossReason({ from, to, replication })}, so ${to.id} cannot be waited for: what it has not got is not in the new primary`,
        "Where the old primary is lost, or that is meant: say --allow-data-loss.",
      );
  }
  return { stage, from, to, alive, planned, replication };
}

/** Why the replica is not waited for. */
export function lossReason({ from, to, replication }: Pick<Situation, "from" | "to" | "replication">): string {
  if ("unseen" in replication) return `whether ${from?.id} answers is not known (${replication.unseen})`;
  return replication.primaryError === undefined
    ? `${to.id} does not follow ${from?.id}`
    : `${from?.id} does not answer (MySQL error ${replication.primaryError})`;
}

/** A replica that is not fit to take over. */
function refuseUnfit({ id, status, replicationTrouble }: InstanceLive, allowDataLoss: boolean): void {
  if (!takesPromotion(status))
    throw refuse(
      `${id} is ${status}: AWS promotes a replica only while it is available`,
      status === "creating"
        ? "`buddyverse up` waits for it, and ends what an interrupted failover has left."
        : "Wait until it is, then run the same command again.",
    );
  if (replicationTrouble !== "" && !allowDataLoss)
    throw refuse(
      `${id} does not follow its primary, and lacks what was written since: ${replicationTrouble}`,
      "Mend the replication; or say --allow-data-loss to have it as it is.",
    );
}
const takesPromotion = (status: string): boolean => status === "available" || status === "storage-optimization";

export interface FailoverResult {
  readonly primary: string;
  /** The old primary, which is kept; undefined: it was gone. */
  readonly kept: string | undefined;
  /** From when on nobody could write to the old primary until the web instances knew the new one, seconds. */
  readonly awaySeconds: number;
}

/** Has the replica take the primary's place. Killed anywhere, the same command continues. */
export async function failOver(
  succession: Succession,
  { stage, from, to, alive, planned }: Situation,
  web: WebInstances,
  retentionDays: number,
): Promise<FailoverResult & { readonly names: Awaited<ReturnType<typeof switchPrimary>> }> {
  const { stack, say } = succession;
  const { run } = stack;
  const began = run.clock.now();
  if (stage !== "switched" && from) {
    const refused = await fence(succession, from);
    if (refused !== undefined && planned)
      throw refuse(
        `AWS does not shut ${from.id} off now: ${refused}`,
        "Run the same command again when it is available.",
      );
    if (refused !== undefined) say(`! AWS does not shut ${from.id} off (${refused}): continues without`);
    else if (alive) await cutConnections(succession, from);
    if (planned) await catchUp(succession, from, to, web);
  }
  const heir = await promoted(succession, to, retentionDays);
  if (stage !== "switched") await untilWritable(succession, heir, web);
  const old = from && (await patiently(run, () => instanceNamed(run.aws, from.id)));
  const names = await switchPrimary(succession, old, heir);
  const told = await web.fetchSettings().catch((error: unknown) => {
    if (run.signal.aborted) throw error;
    return 0;
  });
  const awaySeconds = Math.round((run.clock.now() - began) / 1000);
  say(
    told > 0
      ? `${told} web instance${told === 1 ? "" : "s"} write to it`
      : "the web instances learn its address within a minute",
  );
  return { primary: heir.id, kept: from?.id, awaySeconds, names };
}

/** Nobody gets in any more; who was in is thrown out. */
export async function cutConnections({ stack, say }: Succession, primary: InstanceLive): Promise<void> {
  const { run } = stack;
  say(`reboots ${primary.id}: open connections end`);
  try {
    await reboot(run.aws, primary);
  } catch (error) {
    // Its answer was lost, or it reboots already: the wait tells.
    if (!refusesInState(error) && !isAmbiguous(error)) throw error;
  }
  const since = run.clock.now();
  await until(stack, { what: `${primary.id} is still rebooting`, seconds: REBOOT_SECONDS }, async () => {
    const now = await instanceNamed(run.aws, primary.id);
    // The reboot takes some seconds to show.
    return now === undefined || (instanceHealth(now) === "ready" && run.clock.now() - since > 15_000)
      ? true
      : undefined;
  });
}

const isAmbiguous = (error: unknown): boolean => error instanceof Error && error.name === "AmbiguousOutcome";

/** Waits until the replica has all that was written. Where it does not get there, the primary is opened again. */
async function catchUp(
  succession: Succession,
  primary: InstanceLive,
  replica: InstanceLive,
  web: Pick<WebInstances, "replication">,
): Promise<void> {
  const { stack, say } = succession;
  say(`waits until ${replica.id} has all that was written`);
  let before: string | undefined;
  try {
    await until(stack, { what: `${replica.id} still lacks writes`, seconds: CATCH_UP_SECONDS }, async () => {
      const seen = await web.replication(replica.endpoint);
      const position = "unseen" in seen ? undefined : seen.caughtUp;
      const same = position !== undefined && position === before;
      before = position;
      return same ? true : undefined;
    });
  } catch (error) {
    if (!(error instanceof BuddyError) || error.code !== "timeout") throw error;
    const open = await stack.find("group-db");
    if (open) await patiently(stack.run, () => setGroups(stack.run.aws, primary, [open.id]));
    await patiently(stack.run, () => unmarkFenced(stack.run.aws, primary));
    throw new BuddyError({
      code: "failed",
      message: `${replica.id} does not catch up: ${primary.id} is open again, and nothing else was changed`,
      hint: "See `buddyverse status` for its replication. Without waiting for it: remove the cause, or say --allow-data-loss while it is broken.",
      cause: error,
    });
  }
}

/** Promotes it unless that is done, and waits until it takes writes. */
async function promoted(
  { stack, say }: Succession,
  replica: InstanceLive,
  retentionDays: number,
): Promise<InstanceLive> {
  const { run } = stack;
  let asked = false;
  if (replica.source !== "") say(`promotes ${replica.id}, which reboots: about five minutes`);
  return until(stack, { what: `${replica.id} is still not promoted`, seconds: PROMOTION_SECONDS }, async () => {
    const now = await instanceNamed(run.aws, replica.id);
    if (!now) throw new BuddyError({ code: "failed", message: `${replica.id} is gone` });
    if (takesWrites(now)) return now;
    const health = instanceHealth(now);
    if (typeof health === "object" && "failed" in health)
      throw new BuddyError({
        code: "failed",
        message: health.failed,
        hint: "Its automated backups and snapshots, and those of the old primary, have what they held.",
      });
    if (asked || now.source === "" || !takesPromotion(now.status)) return undefined;
    try {
      await promote(run.aws, now, retentionDays);
      asked = true;
    } catch (error) {
      // It is busy, or the answer to an earlier call was lost.
      if (!refusesInState(error) && !isAmbiguous(error)) throw error;
    }
    return undefined;
  });
}

/** AWS shows it as its own; MySQL has the last word on whether it takes writes, where a web instance can ask. */
async function untilWritable(
  { stack }: Succession,
  heir: InstanceLive,
  web: Pick<WebInstances, "replication">,
): Promise<void> {
  await until(stack, { what: `${heir.id} still takes no writes`, seconds: 600 }, async () => {
    const seen = await web.replication(heir.endpoint);
    return "unseen" in seen || seen.replicaError !== undefined || seen.readOnly !== true ? true : undefined;
  });
}

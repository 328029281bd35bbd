import { createHash } from "node:crypto";
import { type Databases, firstDatabases, PRIMARY, REPLICA } from "../../steps/databases.ts";
import type { Aws } from "../aws/aws.ts";
import { AmbiguousOutcome, saysExists } from "../aws/errors.ts";
import type { Named } from "../aws/names.ts";
import { configTags, KEY_TAG } from "../aws/owned.ts";
import { type Origin, originText, restoreBeside, restoredBeside, unmarkRestored, windowOf } from "../aws/rds/beside.ts";
import {
  type InstanceLive,
  instanceHealth,
  instanceNamed,
  instanceNames,
  listInstances,
} from "../aws/rds/read-instances.ts";
import { findSnapshot, passwordFrom, takePassword } from "../aws/rds/restore.ts";
import { refusesInState, removal } from "../aws/rds/succession.ts";
import { isFenced, ORIGIN_TAG } from "../aws/rds/tags.ts";
import { major } from "../aws/rds/version.ts";
import type { Node } from "../engine/graph.ts";
import { patiently } from "../engine/observe.ts";
import type { Identified } from "../engine/resource.ts";
import type { Stack } from "../engine/stack.ts";
import { at } from "../lib/duration.ts";
import { BuddyError } from "../lib/errors.ts";
import { type Succession, switchPrimary, until } from "./switch-primary.ts";

/** Key of the password's parameter. */
const PASSWORD = "database-password";
/** A restore takes as long as the data is large. */
const RESTORE_SECONDS = 6 * 3_600;

/** What is restored, where, and how far that is. */
export interface Restoration {
  readonly origin: Origin;
  /** The name of the restored instance. */
  readonly name: string;
  /** The primary as it is. */
  readonly primary: InstanceLive;
  /** The restored instance, where it is there already: an earlier run has begun. */
  readonly restored: InstanceLive | undefined;
  /** It is the primary already, and not all calls were made. `old`: the one whose place it took, if that is still under its key. */
  readonly switched: { readonly old: InstanceLive | undefined } | undefined;
  /** The moment that it will have the data of, milliseconds since 1970; undefined: it is not said. */
  readonly asOf: number | undefined;
  /** Why it cannot take the primary's place; undefined: it can. */
  readonly unfit: string | undefined;
}

const refuse = (message: string, hint: string): BuddyError =>
  new BuddyError({ code: "refused", message, hint: `${hint}\nNothing was changed.` });

/** The same for the same origin: a second process makes no second instance. */
function labelOf(origin: Origin): string {
  if (origin.kind === "snapshot") return createHash("sha256").update(origin.id).digest("hex").slice(0, 8);
  if (origin.at === undefined) return "latest";
  return new Date(origin.at).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
}

/** What the names of instances begin with that are restored beside the primary. */
export const namesBeside = (named: Named, purpose: string): string => `${firstDatabases(named).primary}-${purpose}`;

/** The first name of that sort that nobody has. */
function freeName(prefix: string, origin: Origin, taken: ReadonlySet<string>): string {
  const first = `${prefix}-${labelOf(origin)}`;
  for (let number = 1; ; number++) {
    const name = number === 1 ? first : `${first}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Looks at what there is, changes nothing. Throws `refused` with the reason where nothing can be restored. @param purpose a part of its name */
export async function restorationOf(stack: Stack, origin: Origin, purpose = "restored"): Promise<Restoration> {
  const { run, graph } = stack;
  const { aws } = run;
  const node = graph.nodes.get(PRIMARY);
  const stackName = node?.owner.stack ?? "";
  const prefix = namesBeside({ stack: stackName, region: aws.region }, purpose);
  // One look for all: by two, one that shows only now would be somebody else's of the very name that is wanted.
  const [primary, beside, all, taken] = await patiently(run, () =>
    Promise.all([
      node && instanceNamed(aws, node.name),
      restoredBeside(aws, stackName),
      listInstances(aws, stackName),
      instanceNames(aws),
    ]),
  );
  if (!primary || instanceHealth(primary) === "deleting")
    throw refuse(
      "the stack has no database beside which one could be restored",
      "`buddyverse up` makes an empty one, `buddyverse up --from-snapshot ID` one of a copy: `buddyverse snapshots` lists what there is.",
    );
  const mine = beside.filter(
    (one) =>
      one.tags[ORIGIN_TAG] === originText(origin) && one.id.startsWith(prefix) && instanceHealth(one) !== "deleting",
  );
  const old = all.find((one) => one.id !== primary.id && isFenced(one) && one.tags[KEY_TAG] === PRIMARY);
  const whole = old === undefined && (!graph.nodes.has(REPLICA) || all.some(({ source }) => source === primary.id));
  // One that took the primary's place by an earlier command, to which `up` has put the last hand: another moment is the latest now.
  const past = (one: InstanceLive) =>
    one.id === primary.id && whole && origin.kind === "time" && origin.at === undefined;
  const [restored] = mine.filter((one) => !past(one));
  const facts = { origin, name: restored?.id ?? freeName(prefix, origin, taken), primary, restored };
  if (restored && restored.id === primary.id) return { ...facts, switched: { old }, asOf: undefined, unfit: undefined };
  const known = { ...facts, switched: undefined };
  if (origin.kind === "snapshot") return { ...known, ...(await snapshotFacts(stack, origin.id, primary, restored)) };
  return {
    ...known,
    asOf: restored ? origin.at : await timeOf(stack, stackName, origin.at, primary),
    unfit: undefined,
  };
}

async function snapshotFacts(
  { run }: Stack,
  id: string,
  primary: InstanceLive,
  restored: InstanceLive | undefined,
): Promise<Pick<Restoration, "asOf" | "unfit">> {
  const snapshot = await patiently(run, () => findSnapshot(run.aws, id));
  if (!snapshot && !restored) throw refuse(`there is no snapshot ${id}`, "See what there is: `buddyverse snapshots`");
  const { Status, Engine, EngineVersion = restored?.engineVersion ?? "", MasterUsername } = snapshot ?? {};
  if (!restored && Status !== "available")
    throw refuse(`snapshot ${id} is ${Status}`, "Wait until it is available, then run the same command again.");
  if (snapshot && Engine !== "mysql") throw refuse(`snapshot ${id} is of ${Engine}, not of MySQL`, "Choose another.");
  if (MasterUsername !== undefined && MasterUsername !== primary.user)
    throw refuse(`the user of snapshot ${id} is ${MasterUsername}, not ${primary.user}`, "It is not of this stack.");
  const made = snapshot?.OriginalSnapshotCreateTime ?? snapshot?.SnapshotCreateTime;
  return {
    asOf: made?.getTime(),
    unfit:
      major(EngineVersion) === major(primary.engineVersion)
        ? undefined
        : `it is of MySQL ${EngineVersion}, and ${primary.id} runs ${primary.engineVersion}`,
  };
}

async function timeOf(
  { run }: Stack,
  stackName: string,
  wanted: number | undefined,
  { id, backupRetentionDays }: InstanceLive,
): Promise<number> {
  const window = await patiently(run, () => windowOf(run.aws, stackName, id));
  if (!window)
    throw refuse(
      `${id} has no automated backups${backupRetentionDays > 0 ? " yet" : ""}, so it cannot be restored to a time`,
      "Restore a snapshot of it: `buddyverse snapshots` lists them.",
    );
  if (wanted !== undefined && (wanted > window.latest || wanted < window.earliest))
    throw refuse(
      `${id} can be restored to any second from ${at(window.earliest)} to ${at(window.latest)}, not to ${at(wanted)}`,
      `Say another time: --to ${new Date(window.latest).toISOString().slice(0, 19)}Z, or --to latest.`,
    );
  return wanted ?? window.latest;
}

/** What of the restored instance is not the primary's. */
export interface Kept {
  /** Days of automated backups; 0: none, of what is removed again. */
  readonly retentionDays: number;
}

/**
 * Restores it beside the primary, with the stack's password, reachable from the web instances. Nothing of the running site is touched.
 * Answers a look, which is to be called until it answers the instance: then it can be used. Killed anywhere, the same continues.
 */
export async function restoring(
  { stack, say }: Succession,
  restoration: Restoration,
  { retentionDays }: Kept,
): Promise<() => Promise<InstanceLive | undefined>> {
  const { run, graph } = stack;
  const { aws } = run;
  const { name, origin, primary, unfit } = restoration;
  const node = graph.nodes.get(PRIMARY);
  const [password, group] = await Promise.all([stack.find(PASSWORD), stack.find("group-db")]);
  if (!node || !password || !group)
    throw new BuddyError({
      code: "failed",
      message: "the stack's password parameter or the database's security group is not there",
      hint: "`buddyverse up` creates them.",
    });
  const once = sayOnce(say);
  async function begin(): Promise<void> {
    once(`restores ${name} from ${originText(origin)}`);
    try {
      await restoreBeside(aws, {
        name,
        stack: (node as Node).owner.stack,
        origin,
        source: primary.id,
        tags: configTags((node as Node).owner.tags),
        spec: {
          instanceClass: primary.instanceClass,
          zone: primary.zone,
          groupIds: [(group as Identified).id],
          // One of another version's family does not fit.
          parameterGroup: unfit === undefined ? primary.parameterGroup : undefined,
          subnetGroup: primary.subnetGroup,
          publicAccess: false,
          minorUpgrades: true,
          copyTagsToSnapshot: true,
          // Until it is the primary a person removes it as easily as it was made.
          deletionProtection: false,
          backupRetentionDays: retentionDays,
        },
      });
    } catch (error) {
      // It is there: the answer to an earlier call was lost.
      if (!(error instanceof AmbiguousOutcome) && !saysExists(error)) throw error;
    }
  }
  let asked = restoration.restored !== undefined;
  return async () => {
    const now = await instanceNamed(aws, name);
    if (!now) {
      if (!asked) await begin();
      asked = true;
      return undefined;
    }
    if (!isUsable(aws, now)) return undefined;
    if (passwordFrom(now) === "parameter") return now;
    once(`gives ${name} the password of the stack`);
    try {
      await takePassword(aws, now, password.id);
    } catch (error) {
      if (!refusesInState(error) && !(error instanceof AmbiguousOutcome)) throw error;
    }
    return undefined;
  };
}

/** The same, waited for. */
export async function restored(succession: Succession, restoration: Restoration, kept: Kept): Promise<InstanceLive> {
  const look = await restoring(succession, restoration, kept);
  return until(succession.stack, { what: `${restoration.name} is still not restored`, seconds: RESTORE_SECONDS }, look);
}

/** A sentence is told once, however often it is tried. */
function sayOnce(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) say(text);
    said.add(text);
  };
}

/** Throws `failed` when it never will be. */
function isUsable(aws: Aws, now: InstanceLive): boolean {
  const health = instanceHealth(now);
  if (typeof health === "object" && "failed" in health)
    throw new BuddyError({
      code: "failed",
      message: `${health.failed}: it was not restored, and the running database was not touched`,
      about: { id: now.id },
      hint: `It costs until it is removed: ${removal(aws, now)}`,
    });
  return health === "ready";
}

/**
 * Has the restored instance take the primary's place: the old one is shut off and kept. Killed anywhere, the same command, or `up`,
 * ends it. Answers the names with which the stack is to be opened from then on; its replica is yet to be made.
 */
export async function takePlace(
  succession: Succession,
  restoration: Restoration,
  heir: InstanceLive,
): Promise<Databases> {
  const { primary, switched } = restoration;
  const names = await switchPrimary(succession, switched ? switched.old : primary, heir);
  // The old primary's replica has its name still: it goes, and the new one's comes in its place.
  return { ...names, replica: succession.stack.graph.nodes.get(REPLICA)?.name ?? names.replica };
}

/** All is done: what it was restored from is of no interest to the next command. */
export const ended = ({ run }: Stack, heir: Pick<InstanceLive, "arn">): Promise<unknown> =>
  patiently(run, () => unmarkRestored(run.aws, heir));

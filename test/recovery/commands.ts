import type { Origin } from "../../src/aws/rds/beside.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import type { Plan } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { compareContents } from "../../src/recovery/contents.ts";
import { failOver, type Situation, situationOf } from "../../src/recovery/failover.ts";
import { webInstances } from "../../src/recovery/replication.ts";
import { ended, restorationOf, restored, takePlace } from "../../src/recovery/restore-database.ts";
import { wholeAgain } from "../../src/recovery/whole-again.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import type { World } from "../../src/sandbox/world.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { machinesBy } from "../../src/verify/machines.ts";
import { databasesOf } from "../../steps/databases.ts";
import { INPUTS, type Stage, stageOn } from "../lifecycle/stage.ts";

/** The stack as the next command opens it: with the names that the state, or AWS, has. */
export async function next({ config, clock, sandbox, text }: Stage): Promise<Stage> {
  const looking = await stageOn(config, clock, sandbox, text);
  const databases = await databasesOf(looking.aws, config, (key) => looking.store.get(key)?.name);
  return stageOn(config, clock, sandbox, text, undefined, undefined, { ...INPUTS, databases });
}

const webOf = ({ stack, aws, clock, run }: Stage) => {
  const commands = commandsOf(aws);
  return webInstances(stack, machinesBy(commands, clock, run.signal), (ids) => commands.online(ids));
};

export const situation = async (on: Stage, allowDataLoss = false): Promise<Situation> => {
  const opened = await next(on);
  return situationOf(opened.stack, webOf(opened), allowDataLoss);
};

export interface FailedOver {
  readonly situation: Situation;
  readonly said: readonly string[];
  readonly awaySeconds: number;
  /** The stack as the next command opens it. */
  readonly after: Stage;
}

/** What `buddyverse failover` does. */
export async function failover(on: Stage, allowDataLoss = false): Promise<FailedOver> {
  const opened = await next(on);
  const web = webOf(opened);
  const found = await situationOf(opened.stack, web, allowDataLoss);
  const said: string[] = [];
  const { names, awaySeconds } = await failOver(
    { stack: opened.stack, say: (text) => said.push(text) },
    found,
    web,
    on.config.database.backupRetentionDays,
  );
  const { config, clock, sandbox, text } = on;
  const after = await stageOn(config, clock, sandbox, text, undefined, undefined, { ...INPUTS, databases: names });
  const { seen } = await wholeAgain(after.stack);
  await after.stack.up(seen);
  return { situation: found, said, awaySeconds, after: await next(on) };
}

/** What `buddyverse restore database --yes` does. Answers the stack as the next command opens it. */
export async function restoreDatabase(on: Stage, origin: Origin): Promise<Stage> {
  const { stack, aws, clock, run } = await next(on);
  const succession = { stack, say: () => {} };
  const restoration = await restorationOf(stack, origin);
  const heir = await restored(succession, restoration, { retentionDays: on.config.database.backupRetentionDays });
  const commands = commandsOf(aws);
  const machines = machinesBy(commands, clock, run.signal);
  const compared = await compareContents(stack, machines, (ids) => commands.online(ids), heir);
  if ("unseen" in compared) throw new Error(compared.unseen);
  const databases = await takePlace(succession, restoration, heir);
  const { config, sandbox, text } = on;
  const inputs = { ...INPUTS, databases };
  const after = await stageOn(config, clock, sandbox, text, undefined, undefined, inputs, { replace: true });
  const { seen } = await wholeAgain(after.stack);
  await after.stack.up(seen);
  await ended(after.stack, heir);
  return next(on);
}

/** A copy of all that outlives the process: the world, and the state. */
export async function copied(
  { config }: Stage,
  world: string,
  state: string | undefined,
  time: number,
): Promise<Stage> {
  const clock = jumpingClock(time);
  const text = memoryText(state);
  return stageOn(config, clock, openSandbox({ world: JSON.parse(world) as World, clock }), text);
}

/** The databases of the region: "database1-replica available b ← database1". */
export async function databases({ aws }: Stage): Promise<readonly string[]> {
  const { DBInstances = [] } = await aws.rds.describeDBInstances({});
  return DBInstances.map((one) => {
    const source = one.ReadReplicaSourceDBInstanceIdentifier;
    return `${one.DBInstanceIdentifier} ${one.AvailabilityZone?.slice(-1)}${source ? ` ← ${source}` : ""}`;
  }).sort();
}

export const pointsAt = async ({ aws }: Stage): Promise<string | undefined> =>
  (await aws.ssm.getParameter({ Name: "/buddyverse/buddyverse/database/primary" })).Parameter?.Value?.split(".")[0];

/** The names of the security groups of an instance. */
export async function groupsOf({ aws }: Stage, id: string): Promise<readonly (string | undefined)[]> {
  const { DBInstances = [] } = await aws.rds.describeDBInstances({});
  const groupIds = DBInstances.find((one) => one.DBInstanceIdentifier === id)?.VpcSecurityGroups ?? [];
  const { SecurityGroups = [] } = await aws.ec2.describeSecurityGroups({});
  return groupIds.map(
    ({ VpcSecurityGroupId }) => SecurityGroups.find(({ GroupId }) => GroupId === VpcSecurityGroupId)?.GroupName,
  );
}

export const toDo = ({ items }: Plan): readonly string[] =>
  items.filter(({ action }) => action !== "none").map(({ action, name }) => `${action} ${name}`);

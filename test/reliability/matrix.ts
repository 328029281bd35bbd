import type { Aws } from "../../src/aws/aws.ts";
import { services } from "../../src/aws/services.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import type { NodeResult } from "../../src/engine/node-result.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { listedSecrets, setAppSecret } from "../../src/recovery/app-secrets.ts";
import type { Chaos } from "../../src/sandbox/chaos.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { inventory } from "../../src/sandbox/inventory.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { World } from "../../src/sandbox/world.ts";
import { secretsOf } from "../../steps/scripts/app-settings.ts";
import { START, type Stage, stageOn } from "../lifecycle/stage.ts";
import { census, contents } from "../sandbox/contents.ts";
import { accountIn } from "../sandbox/grown.ts";

/** All that can be tried, however long it takes; else a sample, so that the whole suite stays short. */
export const FULL = process.env.BUDDYVERSE_MATRIX === "full";

/** What survives a SIGKILL: AWS, and the state file as it was last written. */
export interface Surviving {
  /** "before ec2:CreateVpc", "acted …", "answered …". */
  readonly where: string;
  readonly world: string;
  readonly time: number;
  readonly state: string | undefined;
  /** How many objects had been made by then. */
  readonly made: number;
}

/** An object that a call made: the same id again is the same object, answered to a repeat with its token or name. */
interface Made {
  readonly operation: string;
  id: string | undefined;
}

/** One process object: all of it but the world and the state's text is gone when it is. */
export interface Process extends Stage {
  readonly made: Made[];
  /** Every attempt that was sent, the SDK's repeats too. */
  readonly sent: readonly Sent[];
  /** What held data and was deleted, though no complete copy of it was there. */
  readonly uncopied: readonly string[];
}

export interface Sent {
  readonly service: string;
  readonly operation: string;
  readonly at: number;
}

const MAKES = /^(Create|RunInstances|AllocateAddress|RequestCertificate|ImportKeyPair|PutParameter|Subscribe)/;
/** Made of what is there already, or a field of its parent: not an object of its own. */
const NO_OBJECT = /^(CreateTags|CreateOrUpdateTags|CreateRoute)$/;
const ID = /"((?!r-)(?:[a-z]+-[0-9a-f]{8,})|arn:aws:[^"]+|\/hostedzone\/[^"]+)"/;

let processes = 0;

export type Answer = Sandbox["answer"];

/**
 * Starts the tool on a copy of what survived.
 * @param points called at three moments of every call: before it reaches AWS, when AWS has acted, when its answer is there.
 * @param around put between the tool and AWS: faults.
 */
export async function start(
  config: Config,
  from: { readonly world: string; readonly time: number; readonly state: string | undefined },
  {
    points,
    around = (answer) => answer,
    chaos,
    direct = false,
  }: {
    readonly points?: (
      where: string,
      on: { readonly world: World; readonly time: number; readonly state: string | undefined; readonly made: number },
    ) => void;
    readonly around?: (answer: Answer, clock: Clock) => Answer;
    readonly chaos?: Chaos;
    /** Past the SDK's clients, whose retries have nothing to do where no call fails on its way: half the time. */
    readonly direct?: boolean;
  } = {},
): Promise<Process> {
  const clock = jumpingClock(from.time);
  const world: World = JSON.parse(from.world);
  const text = memoryText();
  text.text = from.state;
  const made: Made[] = [];
  const sent: Sent[] = [];
  const uncopied: string[] = [];
  const tell = (where: string) => points?.(where, { world, time: clock.now(), state: text.text, made: made.length });
  const inner = openSandbox({
    world,
    clock,
    chaos,
    acted(service, operation, answer) {
      if (MAKES.test(operation) && !NO_OBJECT.test(operation))
        made.push({ operation: `${service}:${operation}`, id: ID.exec(JSON.stringify(answer))?.[1] });
      tell(`acted ${service}:${operation}`);
    },
  });
  const answer = around(inner.answer, clock);
  const sandbox = {
    ...inner,
    async answer(service: string, operation: string, input: object) {
      sent.push({ service, operation, at: clock.now() });
      tell(`before ${service}:${operation}`);
      if (operation === "DeleteDBInstance") uncopied.push(...(await rowsWithoutCopy(inner.answer, input)));
      if (operation === "DeleteFileSystem") uncopied.push(...(await filesWithoutCopy(inner.answer, input, from.time)));
      try {
        return await answer(service, operation, input);
      } finally {
        tell(`answered ${service}:${operation}`);
      }
    },
  };
  // Tokens are random; those of two processes are never the same.
  const mine = ++processes;
  let tokens = 0;
  const on = await stageOn(config, clock, sandbox, text, undefined, () => `p${mine}t${++tokens}x`.padEnd(30, "0"));
  if (direct) Object.assign(on.run, { aws: directly(on.aws, sandbox) });
  return { ...on, made, sent, uncopied };
}

interface Point {
  readonly ResourceArn: string;
  readonly Status: string;
}
/** What is in the stack's vault. */
async function pointsIn(through: Answer, stack = "buddyverse"): Promise<readonly Point[]> {
  const answer = insisting(through);
  const { BackupVaultList } = (await answer("backup", "ListBackupVaults", {})) as {
    BackupVaultList: { BackupVaultName: string }[];
  };
  const BackupVaultName = `buddyverse-${stack}`;
  if (!BackupVaultList.some((one) => one.BackupVaultName === BackupVaultName)) return [];
  const { RecoveryPoints } = (await answer("backup", "ListRecoveryPointsByBackupVault", { BackupVaultName })) as {
    RecoveryPoints: Point[];
  };
  return RecoveryPoints;
}

/** Asks until there is an answer, whatever else goes wrong on purpose. */
const insisting =
  (through: Answer): Answer =>
  async (service, operation, input) => {
    for (let left = 100; ; left--)
      try {
        return await through(service, operation, input);
      } catch (error) {
        if (left === 0) throw error;
      }
  };

/** The file system that this call deletes, when there is no complete copy of it. What came after `since` nobody has written to. */
async function filesWithoutCopy(through: Answer, input: object, since: number): Promise<string[]> {
  const answer = insisting(through);
  const { FileSystemId } = input as { FileSystemId: string };
  const { FileSystems } = (await answer("efs", "DescribeFileSystems", {})) as {
    FileSystems: { FileSystemId: string; CreationTime: Date }[];
  };
  const one = FileSystems.find((system) => system.FileSystemId === FileSystemId);
  if (!one || new Date(one.CreationTime).getTime() >= since) return [];
  const points = await pointsIn(answer);
  return points.some(({ ResourceArn, Status }) => ResourceArn.endsWith(`/${FileSystemId}`) && Status === "COMPLETED")
    ? []
    : [FileSystemId];
}

/** The database that this call deletes, when there is no complete copy of it. */
async function rowsWithoutCopy(through: Answer, input: object): Promise<string[]> {
  const answer = insisting(through);
  const { DBInstanceIdentifier: id } = input as { DBInstanceIdentifier: string };
  const ask = async <T>(what: string, about = {}) => (await answer("rds", what, about)) as T;
  const { DBInstances } = await ask<{
    DBInstances: {
      DBInstanceIdentifier: string;
      DBInstanceStatus: string;
      ReadReplicaSourceDBInstanceIdentifier?: string;
    }[];
  }>("DescribeDBInstances");
  const one = DBInstances.find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === id);
  // One that never came to be has no data, and AWS copies none that has failed.
  if (!one || one.ReadReplicaSourceDBInstanceIdentifier !== undefined || one.DBInstanceStatus === "failed") return [];
  const { DBSnapshots } = await ask<{ DBSnapshots: { DBInstanceIdentifier: string; Status: string }[] }>(
    "DescribeDBSnapshots",
    { SnapshotType: "manual" },
  );
  return DBSnapshots.some(({ DBInstanceIdentifier, Status }) => DBInstanceIdentifier === id && Status === "available")
    ? []
    : [id];
}

function directly(aws: Aws, wire: { readonly answer: Answer }): Aws {
  const calls = Object.entries(services).map(([name, { package: suffix }]) => [
    name,
    new Proxy(
      {},
      {
        get: (_target, method: string) => (input: object) =>
          wire.answer(suffix, `${method.charAt(0).toUpperCase()}${method.slice(1)}`, input),
      },
    ),
  ]);
  return { ...aws, ...Object.fromEntries(calls) };
}

export const fresh = (config: Config): string =>
  JSON.stringify(freshWorld({ region: config.region, domain: config.domain?.name, time: START, seed: 7 }));

/** With the site that is to move: its names lead elsewhere, by records of each sort. */
async function withOldSite(config: Config): Promise<string> {
  const world: World = JSON.parse(fresh(config));
  const { ask } = accountIn(openSandbox({ world, clock: jumpingClock(START) }), jumpingClock(START));
  const { HostedZones } = await ask<{ HostedZones: { Id: string }[] }>("route-53", "ListHostedZonesByName");
  const name = config.domain?.name;
  const records = [
    { Name: name, Type: "A", Value: "203.0.113.9" },
    { Name: name, Type: "AAAA", Value: "2001:db8::9" },
    { Name: `www.${name}`, Type: "CNAME", Value: "old.example." },
  ];
  await ask("route-53", "ChangeResourceRecordSets", {
    HostedZoneId: HostedZones[0]?.Id.replace("/hostedzone/", ""),
    ChangeBatch: {
      Changes: records.map(({ Value, ...set }) => ({
        Action: "CREATE",
        ResourceRecordSet: { ...set, TTL: 300, ResourceRecords: [{ Value }] },
      })),
    },
  });
  return JSON.stringify(world);
}

/** With the secrets that its application reads: a person has set them. */
async function withSecrets(config: Config, world: string): Promise<{ readonly world: string; readonly time: number }> {
  if (secretsOf(config).length === 0) return { world, time: START };
  const on = await start(config, { world, time: START, state: undefined });
  await setMissing(on);
  return { world: JSON.stringify(on.sandbox.world), time: on.clock.now() };
}

/** What a person does whom `up` tells of secrets without a value; it takes longer than reads lag. */
async function setMissing({ run, config, clock }: Stage): Promise<void> {
  if (secretsOf(config).length === 0) return;
  await clock.sleep(5_000);
  for (const { name, set } of await listedSecrets(run, config))
    if (!set) await setAppSecret(run, config, name, "value");
}

/** Ways to end that are not what was asked for; the causes first, then what was skipped for them. */
export const amiss = (settled: readonly NodeResult[]): string[] =>
  ["failed", "blocked", "interrupted", "skipped"].flatMap((bad) =>
    settled.filter(({ outcome }) => outcome === bad).map(({ key, outcome, reason }) => `${key} ${outcome}: ${reason}`),
  );

export const madeBy = (...runs: readonly (readonly Made[])[]): Record<string, number> => {
  const all = new Set(runs.flat().flatMap(({ operation, id }, index) => `${operation} ${id ?? index}`));
  const counts: Record<string, number> = {};
  for (const one of all) {
    const operation = one.split(" ")[0] as string;
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
};

/** Says where two counts differ. */
export function compare(what: string, got: Record<string, unknown>, wanted: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(got), ...Object.keys(wanted)])]
    .filter((key) => JSON.stringify(got[key]) !== JSON.stringify(wanted[key]))
    .map((key) => `${what}: ${key} is ${JSON.stringify(got[key] ?? 0)}, wanted ${JSON.stringify(wanted[key] ?? 0)}`);
}

/** A stack's life without any trouble, and every point at which it could have been killed. */
export interface Rehearsal {
  readonly config: Config;
  /** The census after a normal `up`. */
  readonly normal: Record<string, number>;
  /** All that was made on the way; undefined: not to be compared, as something may have to be made again. */
  readonly made: readonly Made[] | undefined;
  /** How many final snapshots of the database are left in the end; undefined: more than one `down` may have left some. */
  readonly snapshots: number | typeof ANOTHER | undefined;
  readonly before: Record<string, string[]>;
  readonly calls: number;
  /** All points of the walk: three for each of its calls; two for one that AWS refused. */
  readonly points: number;
  /** Those of them that differ in what survives. */
  readonly distinct: readonly Surviving[];
}

/**
 * Of a `down` that was killed, and one that knows nothing of its copy: the state file is gone, or `up` ran between them, so that
 * rows may have been written since.
 */
export const ANOTHER = "one or two";

/** Lives it once and keeps what would survive at each point of `walk`. */
export async function rehearse(given: object, walk: "up" | "down"): Promise<Rehearsal> {
  const config = parseConfig(given, "test.config.json");
  const site = config.domain?.takeOver ? await withOldSite(config) : fresh(config);
  const { world, time } = await withSecrets(config, site);
  let points = 0;
  let recording = walk === "up";
  const distinct = new Map<string, Surviving>();
  const note = (where: string, { world, time, state, made }: Omit<Surviving, "where" | "world"> & { world: World }) => {
    if (!recording) return;
    points++;
    const text = JSON.stringify(world);
    const key = `${text.replace(/"time":\d+/, "")}${state?.replace(/"serial": \d+/, "")}`;
    if (!distinct.has(key)) distinct.set(key, { where, world: text, time, state, made });
  };
  const on = await start(config, { world, time, state: undefined }, { points: note });
  const troubles = amiss((await on.up()).settled);
  if (troubles.length > 0) throw new Error(`the normal up: ${troubles.join("; ")}`);
  on.sandbox.settle();
  const normal = census(on.sandbox.world);
  const made = [...on.made];
  const began = walk === "up" ? 0 : on.sent.length;
  if (walk === "down") {
    recording = true;
    const failed = amiss(await on.down());
    if (failed.length > 0) throw new Error(`the normal down: ${failed.join("; ")}`);
  }
  const calls = on.sent.length - began;
  return {
    config,
    normal,
    made,
    calls,
    snapshots: 1,
    before: contents(JSON.parse(site)),
    points,
    distinct: [...distinct.values()],
  };
}

/**
 * How long after a kill the next process starts, milliseconds: at once. Only without the state file it is later than AWS's
 * reads may lag (the sandbox's: 2.5 s): what no read shows, and no file names, nobody can know of.
 */
export const restartAfter = ({ state }: Surviving): number => (state === undefined ? 5_000 : 200);

/** Runs `up` in a new process: what is not as after a normal one, in words. */
export async function upAgain(
  { config, normal, made }: Rehearsal,
  from: Surviving,
  direct = true,
): Promise<{ readonly on: Process; readonly wrong: string[] }> {
  const on = await start(config, { ...from, time: from.time + restartAfter(from) }, { direct });
  if (made === undefined) await setMissing(on);
  const wrong = amiss((await on.up()).settled).map((one) => `up: ${one}`);
  on.sandbox.settle();
  wrong.push(...compare("after up", census(on.sandbox.world), normal));
  if (made && wrong.length === 0)
    wrong.push(...compare("made in all", madeBy(made.slice(0, from.made), on.made), madeBy(made)));
  return { on, wrong };
}

const HOURS_3 = 3 * 3_600_000;

/** Takes it down: what is left, in words. */
export async function downAgain({ before, snapshots }: Rehearsal, on: Process): Promise<string[]> {
  const wrong = amiss(await on.down()).map((one) => `down: ${one}`);
  const left = await on.left();
  if (left.length > 0) wrong.push(`down says that it left ${JSON.stringify(left)}`);
  if (Object.keys(on.store.resources).length > 0)
    wrong.push(`the state still names ${Object.keys(on.store.resources)}`);
  // Until AWS has forgotten what it still shows for a while.
  await on.clock.sleep(HOURS_3);
  on.sandbox.settle();
  wrong.push(...compare("after down", contents(on.sandbox.world), before));
  const finals = inventory(on.sandbox.world).find(({ kind }) => kind === "database snapshots")?.ids.length ?? 0;
  const are = (count: number, wanted: typeof snapshots) =>
    wanted === undefined || (wanted === ANOTHER ? count === 1 || count === 2 : count === wanted);
  if (!are(finals, snapshots)) wrong.push(`after down: ${finals} final snapshots, wanted ${snapshots}`);
  const points = (await pointsIn(on.sandbox.answer)).length;
  const wanted = typeof snapshots === "number" ? 1 : snapshots;
  if (!are(points, wanted)) wrong.push(`after down: ${points} recovery points, wanted ${wanted}`);
  wrong.push(...on.uncopied.map((id) => `${id} was deleted without a complete copy`));
  return wrong;
}

/** Points that differ in what of AWS survives: all that there is when the state file is gone too. */
export function withoutState(points: readonly Surviving[]): Surviving[] {
  const distinct = new Map<string, Surviving>();
  for (const point of points) {
    const key = point.world.replace(/"time":\d+/, "");
    if (!distinct.has(key))
      distinct.set(key, { ...point, state: undefined, where: `${point.where}, state file deleted` });
  }
  return [...distinct.values()];
}

/** Tries each point; answers what went wrong, point by point. */
export async function tryAll(
  points: readonly Surviving[],
  attempt: (from: Surviving, index: number) => Promise<readonly string[]>,
): Promise<string[]> {
  const failures: string[] = [];
  for (const [index, point] of points.entries()) {
    const wrong = await attempt(point, index).catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
    if (wrong.length > 0) failures.push(`${index} killed ${point.where}: ${wrong.slice(0, 4).join(" | ")}`);
  }
  return failures;
}

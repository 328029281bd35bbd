/**
 * `up` of a database that is made of a snapshot, and a file system that is made of a recovery point, killed: one of each, what was in
 * it, the stack's password, one writer.
 */
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { filesIn, mysql, writeFile } from "../../src/sandbox/outside.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { World } from "../../src/sandbox/world.ts";
import type { From, Inputs } from "../../steps/inputs.ts";
import { dataStage, dataSteps } from "../lifecycle/data.ts";
import { INPUTS, type Stage, stage, stageOn } from "../lifecycle/stage.ts";
import { amiss, FULL, restartAfter, type Surviving, tryAll } from "./matrix.ts";

const PATH = "/buddyverse/buddyverse/database/";
const DATABASE = /rds:(Restore|Modify|RemoveTags|CreateDBInstance)|ssm:PutParameter/;
const config = parseConfig({}, "test.config.json");

let processes = 0;

async function process(
  from: Pick<Surviving, "world" | "time" | "state">,
  origin: From,
  point: (where: string, survives: Omit<Surviving, "where" | "made">) => void = () => {},
  steps = dataSteps,
): Promise<Stage> {
  const clock = jumpingClock(from.time);
  const world: World = JSON.parse(from.world);
  const text = memoryText(from.state);
  const tell = (where: string) =>
    point(where, { world: JSON.stringify(world), time: clock.now(), state: text.text ?? undefined });
  const inner = openSandbox({ world, clock, acted: (service, operation) => tell(`acted ${service}:${operation}`) });
  const sandbox = {
    ...inner,
    async answer(service: string, operation: string, input: object) {
      tell(`before ${service}:${operation}`);
      try {
        return await inner.answer(service, operation, input);
      } finally {
        tell(`answered ${service}:${operation}`);
      }
    },
  };
  const [mine, inputs] = [++processes, { ...INPUTS, from: origin }];
  let tokens = 0;
  const token = () => `p${mine}t${++tokens}x`.padEnd(30, "0");
  return stageOn(config, clock, sandbox, text, steps as never, token, inputs);
}

/** What is not as it shall be, in words. */
async function wrongIn(on: Stage): Promise<string[]> {
  await on.clock.sleep(3_600_000);
  on.sandbox.settle();
  const { DBInstances = [] } = await on.aws.rds.describeDBInstances({});
  const names = DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier).sort();
  const parameterOf = async (name: string) =>
    (await on.aws.ssm.getParameter({ Name: `${PATH}${name}`, WithDecryption: true })).Parameter?.Value;
  const client = mysql(simAt(on.sandbox.world, on.clock.now()), "database1");
  const primary = DBInstances.find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === "database1");
  return [
    ...(names.join() === "database1,database1-replica" ? [] : [`there is ${names}`]),
    ...(client.rows("orders")?.join() === "one" ? [] : [`it has ${client.rows("orders")}`]),
    ...(client.login(await parameterOf("password")) ? [] : ["its password is another one"]),
    ...((await parameterOf("primary")) === `${primary?.Endpoint?.Address}:3306` ? [] : ["the site writes elsewhere"]),
    ...(primary?.TagList?.some(({ Key }) => Key === "buddyverse:restored-from") ? ["a tag is left on it"] : []),
  ];
}

test("killed at any call, the same command ends with the one database", { timeout: 1_200_000 }, async () => {
  const before = await dataStage();
  await before.up();
  before.sandbox.settle();
  mysql(simAt(before.sandbox.world, before.clock.now()), "database1").insert("orders", "one");
  const left = (await before.down()).flatMap(({ leaves }) => leaves ?? []);
  const [snapshot = ""] = left.filter((id) => id.startsWith("database1-final-"));
  await before.clock.sleep(3_600_000);
  before.sandbox.settle();
  const start = {
    world: JSON.stringify(before.sandbox.world),
    time: before.clock.now(),
    state: before.text.text ?? undefined,
  };
  const distinct = new Map<string, Surviving>();
  let since = false;
  const whole = await process(start, { snapshot }, (where, survives) => {
    since ||= /ssm:PutParameter/.test(where);
    const key = `${survives.world.replace(/"time":\d+/, "")}${survives.state?.replace(/"serial": \d+/, "")}`;
    if (since && !distinct.has(key)) distinct.set(key, { where, ...survives, made: 0 });
  });
  expect(amiss((await whole.up()).settled)).toEqual([]);
  expect(await wrongIn(whole)).toEqual([]);
  const points = [...distinct.values()];
  const withState = FULL ? points : points.filter(({ where }) => DATABASE.test(where));
  // At once, while reads lag behind what was done, and later, when they show it.
  const late = withState.map((one) => ({ ...one, time: one.time + 10_000 }));
  const lost = withState.filter((_one, index) => FULL || index % 8 === 0).map((one) => ({ ...one, state: undefined }));
  expect(withState.length).toBeGreaterThan(9);
  const failures = await tryAll([...withState, ...late, ...lost], async (from) => {
    const on = await process({ ...from, time: from.time + restartAfter(from) }, { snapshot });
    return [...amiss((await on.up()).settled), ...(await wrongIn(on))];
  });
  console.log(
    `up --from-snapshot: ${points.length} points differ in what survives from the password on; tried ${withState.length + late.length + lost.length}; ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
});

/** The file system, and what it needs. */
const filesSteps = (given: Config, inputs: Partial<Inputs> = {}) =>
  dataSteps(given, inputs).filter(({ name }) => name !== "rds");

/** The policy of the stack's vault: nobody may restore what is in it. */
const CLOSED = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Deny", Principal: "*", Action: ["backup:DeleteRecoveryPoint", "backup:StartRestoreJob"], Resource: "*" },
  ],
};
const VAULT = "buddyverse-buddyverse";

/** What is not as it shall be, in words. */
async function wrongFiles(on: Stage): Promise<string[]> {
  await on.clock.sleep(3_600_000);
  on.sandbox.settle();
  const { FileSystems = [] } = await on.aws.efs.describeFileSystems({});
  const { RestoreJobs = [] } = await on.aws.backup.listRestoreJobs({});
  const { Policy = "{}" } = await on.aws.backup.getBackupVaultAccessPolicy({ BackupVaultName: VAULT });
  const [id = ""] = FileSystems.map(({ FileSystemId }) => FileSystemId);
  const paths = Object.keys(filesIn(simAt(on.sandbox.world, on.clock.now()), id)).map((path) =>
    path.split("/").slice(2).join("/"),
  );
  const differ = (await on.status())
    .filter(({ standing }) => standing !== "in-sync")
    .map(({ key }) => `${key} differs`);
  return [
    ...(FileSystems.length === 1 ? [] : [`there are ${FileSystems.length} file systems`]),
    ...(FileSystems[0]?.NumberOfMountTargets === 2 ? [] : ["it is not mounted in both zones"]),
    ...(RestoreJobs.length === 1 ? [] : [`${RestoreJobs.length} restores were begun`]),
    ...(paths.join() === "media/photo.txt" ? [] : [`it has ${paths}`]),
    ...(isDeepStrictEqual(JSON.parse(Policy), CLOSED) ? [] : [`the vault's policy is ${Policy}`]),
    ...differ,
  ];
}

test("killed at any call, up ends with the one file system and its files", { timeout: 1_200_000 }, async () => {
  const before = await stage({}, 7, filesSteps as never);
  await before.up();
  writeFile(
    simAt(before.sandbox.world, before.clock.now()),
    before.store.get("file-system")?.id ?? "",
    "/media/photo.txt",
    "a photo",
  );
  const left = (await before.down()).flatMap(({ leaves }) => leaves ?? []);
  const [recoveryPoint = ""] = left.filter((id) => id.includes(":recovery-point:"));
  const closed = { BackupVaultName: VAULT, Policy: JSON.stringify(CLOSED) };
  await before.sandbox.answer("backup", "PutBackupVaultAccessPolicy", closed);
  await before.clock.sleep(3_600_000);
  before.sandbox.settle();
  const start = {
    world: JSON.stringify(before.sandbox.world),
    time: before.clock.now(),
    state: before.text.text ?? undefined,
  };
  const distinct = new Map<string, Surviving>();
  let since = false;
  const whole = await process(
    start,
    { recoveryPoint, openVault: true },
    (where, survives) => {
      since ||= /PutBackupVaultAccessPolicy/.test(where);
      const key = `${survives.world.replace(/"time":\d+/, "")}${survives.state?.replace(/"serial": \d+/, "")}`;
      if (since && !distinct.has(key)) distinct.set(key, { where, ...survives, made: 0 });
    },
    filesSteps as never,
  );
  expect(amiss((await whole.up()).settled)).toEqual([]);
  expect(await wrongFiles(whole)).toEqual([]);
  const points = [...distinct.values()];
  const late = points.map((one) => ({ ...one, time: one.time + 10_000 }));
  const lost = points.map((one) => ({ ...one, state: undefined }));
  expect(points.length).toBeGreaterThan(9);
  const tried = [...points, ...late, ...lost].filter((_one, index) => FULL || index % 3 === 0);
  const failures = await tryAll(tried, async (from) => {
    const on = await process(
      { ...from, time: from.time + restartAfter(from) },
      { recoveryPoint, openVault: true },
      undefined,
      filesSteps as never,
    );
    return [...amiss((await on.up()).settled), ...(await wrongFiles(on))];
  });
  console.log(
    `up --files: ${points.length} points differ in what survives from the restore on; tried ${tried.length}; ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
});

/** Keys of one's own: chosen when the database and the file system are created, and never again. */
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { StartDBInstanceCommand } from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { type Stranger, stranger } from "../stranger.ts";
import { dataSteps } from "./data.ts";
import { START, type Stage, stageOn } from "./stage.ts";

const HOUR = 3_600_000;
const steps = dataSteps as Parameters<typeof stageOn>[4];
const keyed = (name: string, other = name) => ({ database: { kmsKey: name }, efs: { kmsKey: other } });

/** A new account, and somebody in it who looks after its keys. */
async function account() {
  const clock = jumpingClock(START);
  const sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 7 }), clock });
  const text = memoryText();
  const { kms, rds }: Stranger = stranger(sandbox);
  const newKey = async (more: ConstructorParameters<typeof CreateKeyCommand>[0] = {}): Promise<string> => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(more));
    await clock.sleep(10_000);
    return KeyMetadata?.Arn as string;
  };
  const alias = async (AliasName: string, TargetKeyId: string) => {
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
    await clock.sleep(10_000);
  };
  const on = (given: object): Promise<Stage> =>
    stageOn(parseConfig(given, "test.config.json"), clock, sandbox, text, steps);
  return { clock, sandbox, text, kms, rds, newKey, alias, on };
}

const keysOf = async ({ aws }: Stage) => ({
  databases: Object.fromEntries(
    ((await aws.rds.describeDBInstances({})).DBInstances ?? []).map((one) => [one.DBInstanceIdentifier, one.KmsKeyId]),
  ),
  files: (await aws.efs.describeFileSystems({})).FileSystems?.map(({ KmsKeyId }) => KmsKeyId),
});
const findingsOf = async (on: Stage) => preflight(on.aws, (await on.refresh()).entries.values());
const refusal = async (on: Stage) => {
  const error = (await on.up().catch((one: unknown) => one)) as BuddyError;
  expect(error.code).toBe("refused");
  return error;
};
const off = async (on: Stage) =>
  (await on.status())
    .filter(({ standing }) => standing !== "in-sync")
    .map(({ key, standing, reason }) => ({ key, standing, reason }));

test("both are created with the key, by alias or ARN; a later change is refused, an alias that moves on is lived with", async () => {
  const { kms, clock, text, newKey, alias, on } = await account();
  const [data, files, other] = [await newKey(), await newKey(), await newKey()];
  await alias("alias/data", data);
  await alias("alias/other", other);
  const first = await on(keyed("alias/data", files));
  expect((await findingsOf(first)).filter(({ about }) => about === "encryption key")).toEqual([]);
  await first.up();
  expect(await keysOf(first)).toEqual({ databases: { database1: data, "database1-replica": data }, files: [files] });
  expect(isEmpty(await first.plan())).toBe(true);
  first.writes();
  await first.up();
  expect([first.writes(), await off(first)]).toEqual([[], []]);

  // Another key in the config: refused as a whole, with the reason and both ways.
  const changed = await on(keyed("alias/other", "alias/other"));
  const { message, hint } = await refusal(changed);
  expect(message).toContain(`database1 is encrypted with ${data} and cannot get alias/other (${other})`);
  expect(message).toMatch(/fs-\w+ is encrypted with .* a key is chosen when something is created/);
  expect(hint).toContain(
    'Put database.kmsKey back to "alias/data". To have the data under another key, copy a snapshot',
  );
  expect(hint).toContain(`Put efs.kmsKey back to "${files}". To have the files under another key, take the stack down`);
  expect(changed.writes()).toEqual([]);
  expect((await changed.plan()).items.filter(({ refused }) => refused !== undefined).map(({ key }) => key)).toEqual([
    "file-system",
    "database",
  ]);

  // The same key by its other name, or none at all: nothing is to be done, and of no key nothing is asked again.
  expect(isEmpty(await (await on(keyed(data, files))).plan())).toBe(true);
  const unasked = await on({});
  expect(isEmpty(await unasked.plan())).toBe(true);
  await unasked.up();
  unasked.calls.length = 0;
  expect(await off(unasked)).toEqual([]);
  expect(unasked.calls.filter(({ service }) => service === "kms")).toEqual([]);

  await (await on(keyed("alias/data", files))).up();
  await kms.send(new UpdateAliasCommand({ AliasName: "alias/data", TargetKeyId: other }));
  await clock.sleep(10_000);
  const moved = await on(keyed("alias/data", files));
  const plan = await moved.plan();
  expect(isEmpty(plan)).toBe(true);
  expect(plan.items.find(({ key }) => key === "database")?.notes).toEqual([
    `database1 is encrypted with ${data}, not with alias/data (${other}) of the config: it stays so, as AWS never changes the key`,
  ]);
  await moved.up();
  expect(moved.writes()).toEqual([]);

  // Without a record nobody knows what the config once said.
  text.text = undefined;
  const forgotten = await on(keyed("alias/other", files));
  await forgotten.up();
  expect(forgotten.writes()).toEqual([]);
});

test("a key that was not asked for cannot be had later; one that was made by hand is lived with", async () => {
  const { newKey, alias, on } = await account();
  await (await on({})).up();
  await alias("alias/data", await newKey());
  const { hint } = await refusal(await on(keyed("alias/data")));
  expect(hint).toContain("Put database.kmsKey back to null.");
  expect(hint).toContain("Put efs.kmsKey back to null.");
});

test("a key that cannot be used is told before anything is created, each with what to do about it", async () => {
  const { kms, clock, newKey, alias, on } = await account();
  const problems = async (name: string) =>
    (await findingsOf(await on(keyed(name)))).filter(({ about }) => about === "encryption key");
  const both = (message: RegExp) =>
    ["efs.kmsKey", "database.kmsKey"]
      .sort()
      .map((path) => ({ verdict: "problem", path, message: expect.stringMatching(message) }));

  expect(await problems("alias/none")).toMatchObject(both(/there is no KMS key alias\/none in this region/));
  const [disabled, gone, own] = [await newKey(), await newKey(), await newKey({ Origin: "EXTERNAL" })];
  await kms.send(new DisableKeyCommand({ KeyId: disabled }));
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: gone, PendingWindowInDays: 7 }));
  await clock.sleep(10_000);
  expect(await problems(disabled)).toMatchObject(both(/is Disabled \(aws kms enable-key --key-id arn:.* --region/));
  expect(await problems(gone)).toMatchObject(both(/is PendingDeletion: on 2026-11-29 .* cancel-key-deletion/));
  expect(await problems(own)).toMatchObject(both(/is PendingImport/));
  const signing = await newKey({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" });
  expect(await problems(signing)).toMatchObject(
    both(/is for SIGN_VERIFY \(RSA_2048\), and data is encrypted with symm/),
  );

  // Whoever runs up all the same gets all that does not need it, and no database under another key.
  await alias("alias/off", disabled);
  const blocked = await on(keyed("alias/off"));
  await blocked.up();
  expect(await keysOf(blocked)).toEqual({ databases: {}, files: [] });
  expect((await off(blocked)).filter(({ key }) => key.endsWith("-key"))).toMatchObject([
    { key: "file-system-key", standing: "blocked", reason: expect.stringContaining("enable-key") },
    { key: "database-key", standing: "blocked" },
  ]);
  await kms.send(new EnableKeyCommand({ KeyId: disabled }));
  await clock.sleep(10_000);
  await blocked.up();
  expect((await keysOf(blocked)).databases).toEqual({ database1: disabled, "database1-replica": disabled });
});

test("a key that is disabled takes its databases with it: said with what brings them back, and down does not try without", async () => {
  const { kms, rds, clock, newKey, alias, on } = await account();
  const key = await newKey();
  await alias("alias/data", key);
  const standing = await on(keyed("alias/data"));
  await standing.up();
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
  await clock.sleep(HOUR);
  expect(await off(standing)).toMatchObject([
    { key: "file-system-key", standing: "blocked", reason: expect.stringMatching(/on \d{4}-\d\d-\d\d AWS deletes it/) },
    { key: "database-key", standing: "blocked" },
    {
      key: "database",
      reason: expect.stringMatching(/inaccessible-encryption-credentials-recoverable.*start-db-instance/),
    },
    { key: "replica", reason: expect.stringContaining("inaccessible-encryption-credentials-recoverable") },
  ]);
  const stopped = (await standing.down().catch((one: unknown) => one)) as BuddyError;
  expect(stopped).toMatchObject({ code: "refused", message: expect.stringContaining("AWS cannot use its KMS key") });

  await kms.send(new CancelKeyDeletionCommand({ KeyId: key }));
  await clock.sleep(10_000);
  await kms.send(new EnableKeyCommand({ KeyId: key }));
  await clock.sleep(10_000);
  for (const DBInstanceIdentifier of ["database1", "database1-replica"])
    await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
  await clock.sleep(HOUR);
  expect(await off(standing)).toEqual([]);

  // Without its alias the key is not known by the config's name: nothing is done to what it encrypts, and the key does not go with down.
  await kms.send(new DeleteAliasCommand({ AliasName: "alias/data" }));
  await clock.sleep(10_000);
  standing.writes();
  await standing.up();
  expect(standing.writes()).toEqual([]);
  expect(await off(standing)).toMatchObject([{ key: "file-system-key", standing: "blocked" }, { key: "database-key" }]);
  expect((await standing.down()).filter(({ outcome }) => outcome !== "deleted" && outcome !== "unchanged")).toEqual([]);
  expect((await standing.aws.kms.describeKey({ KeyId: key })).KeyMetadata?.KeyState).toBe("Enabled");
});

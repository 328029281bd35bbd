/** A database restored beside the running one: looked at, kept apart, and led to when it is asked for. */
import { rmSync } from "node:fs";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MySql, mysql } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { inSandboxOf, type Stranger } from "../stranger.ts";
import { at, type Folder, folder, makeFolder, writesIn } from "./folder.ts";

// Every test starts from a copy of this stack, which has been up for some hours.
const base = at(makeFolder());
/** Somebody with a MySQL client, some hours later. */
const asClient = (on: Folder, hours: number, act: (client: MySql) => void) =>
  inSandboxOf(on.path, async (_who, clock, sandbox) => {
    await clock.sleep(hours * 3_600_000);
    sandbox.settle();
    act(mysql(simAt(sandbox.world, clock.now()), "database1"));
  });
const later = (on: Folder, hours: number) =>
  inSandboxOf(on.path, async (_who, clock) => clock.sleep(hours * 3_600_000));
/** What the account's owner sees. */
async function seen<T>(on: Folder, look: (who: Stranger, client: (id: string) => MySql) => Promise<T>): Promise<T> {
  let answer: T | undefined;
  await inSandboxOf(on.path, async (who, clock, sandbox) => {
    sandbox.settle();
    answer = await look(who, (id) => mysql(simAt(sandbox.world, clock.now()), id));
  });
  return answer as T;
}
const parameter = async ({ ssm }: Stranger, name: string) =>
  (await ssm.send(new GetParameterCommand({ Name: `/buddyverse/buddyverse/database/${name}`, WithDecryption: true })))
    .Parameter?.Value;
const instances = async ({ rds }: Stranger) =>
  ((await rds.send(new DescribeDBInstancesCommand({}))).DBInstances ?? [])
    .map(({ DBInstanceIdentifier: id }) => id)
    .sort();

beforeAll(async () => {
  base.configure({});
  await base.rehearse("up --yes");
  await asClient(base, 1, (client) => {
    client.insert("orders", "one");
    client.insert("orders", "two");
  });
  await asClient(base, 1, (client) => client.drop("orders"));
});
afterAll(() => rmSync(base.path, { recursive: true, force: true }));

const BACK = "database1-restored-latest";
/** Between the rows and their end. */
async function before(on: Folder): Promise<string> {
  const { windows } = JSON.parse((await on.rehearse("snapshots --json")).stdout);
  return `${new Date(Date.parse(windows[0].latest) - 45 * 60_000).toISOString().slice(0, 19)}Z`;
}

test("to a time, beside: the site is not touched, both are shown, up and status leave it alone, the same command continues", async () => {
  const on = folder({}, base.path);
  const time = await before(on);
  const line = `restore database --to ${time} --no-switch --yes`;
  const first = await on.rehearse(`${line} --trace trace.jsonl`);
  expect(first.code).toBe(0);
  const said = first.stderr.replace(/\s+/g, " ");
  expect(said).toMatch(/Restores database1-restored-\d{8}-\d{6} from time .*: as it was at .*, \d+ min ago/);
  expect(said).toMatch(/it costs \$\d+ a month/);
  expect(first.stderr).toMatch(
    / +database1 +database1-restored-\d+-\d+, of 2\d{3}-.* UTC\n +MySQL +8\.4\.8 +8\.4\.8\n +rows of orders +— +2\n/,
  );
  expect(first.stdout).toMatch(
    /the site does not use it.*\n.*To remove it, with a final snapshot:\n {2}aws .*rds delete-db-instance --db-instance-identifier database1-restored-/s,
  );
  expect(writesIn(on.trace()).sort()).toEqual([
    "ModifyDBInstance",
    "RemoveTagsFromResource",
    "RestoreDBInstanceToPointInTime",
    "SendCommand",
  ]);
  const script = JSON.stringify(on.trace().find(({ operation }) => operation === "SendCommand")?.input);
  await seen(on, async (who, client) => {
    const password = await parameter(who, "password");
    const [name = ""] = (await instances(who)).filter((id) => id?.includes("-restored-"));
    expect(client(name).login(password)).toBe(true);
    expect(client(name).rows("orders")).toEqual(["one", "two"]);
    expect(await parameter(who, "primary")).toMatch(/^database1\./);
    expect(script).not.toContain(password);
  });
  const again = await on.rehearse(`${line} --trace again.jsonl`);
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("which an earlier run began") });
  expect(writesIn(on.trace("again.jsonl"))).toEqual(["SendCommand"]);
  const up = await on.rehearse("up --yes");
  expect(up.code).toBe(0);
  const { stdout } = await on.rehearse("status");
  expect(stdout).toMatch(/\n\d+ resources: \d+ in sync, 1 left alone\.\n/);
  expect(await seen(on, instances)).toHaveLength(3);
});

test("with --yes it takes the primary's place: the site writes to it, the old one is kept and shut off, the replica is made anew", async () => {
  const on = folder({}, base.path);
  const time = await before(on);
  const { code, stdout, stderr } = await on.rehearse(`restore database --to ${time} --yes`);
  expect(stderr).toContain("becomes the primary");
  expect(code).toBe(0);
  expect(stdout).toMatch(/database1-restored-\S+ is the primary, after/);
  expect(stdout).toMatch(/Kept: database1, to which nobody can connect; it costs \$\d+ a month/);
  expect(stdout).toContain(
    "rds delete-db-instance --db-instance-identifier database1 --final-db-snapshot-identifier database1-final",
  );
  await seen(on, async (who, client) => {
    const [old, back = "", replica = ""] = await instances(who).then((all) => [all[0], all.at(-1), all[1]]);
    expect([old, replica]).toEqual(["database1", "database1-replica"]);
    expect(await parameter(who, "primary")).toMatch(new RegExp(`^${back}\\.`));
    expect(client(back).rows("orders")).toEqual(["one", "two"]);
    expect(client(replica).rows("orders")).toEqual(["one", "two"]);
  });
  const status = await on.rehearse("status");
  expect(status.stdout).toMatch(/\n\d+ resources: \d+ in sync, 1 left alone\.\n/);
  // Its alarms have data again.
  await later(on, 1);
  expect(await on.rehearse("verify")).toMatchObject({ code: 0 });
  expect((await on.rehearse("up --yes")).stdout).toContain("Everything is as the config says.");
});

test("what cannot be restored is refused before anything is made", async () => {
  const on = folder({}, base.path);
  const refusals: readonly [string, number, RegExp][] = [
    [
      "--to 2020-01-01T00:00:00Z",
      2,
      /database1 can be restored to any second from .* to .*, not to 2020-01-01 00:00 UTC/,
    ],
    ["--to yesterday", 2, /"yesterday" is no time/],
    ["--snapshot nothing", 2, /there is no snapshot nothing/],
    ["", 2, /needs one of --to TIME and --snapshot ID/],
    ["--to latest --snapshot x", 2, /needs one of/],
  ];
  for (const [words, code, message] of refusals) {
    const ended = await on.rehearse(`restore database ${words} --yes --trace trace.jsonl`.replace(/ +/g, " "));
    expect(ended).toMatchObject({ code, stderr: expect.stringMatching(message) });
    expect(writesIn(on.trace())).toEqual([]);
  }
  expect((await on.rehearse("restore everything --yes")).code).toBe(2);
  const down = folder({});
  const absent = await down.rehearse("restore database --to latest --yes");
  expect(absent).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("buddyverse up --sandbox --from-snapshot ID"),
  });
});

test("from a snapshot; one that does not answer is not led to, and stays until it is removed by hand", async () => {
  const on = folder({}, base.path);
  const { copies } = JSON.parse((await on.rehearse("snapshots --json")).stdout);
  // By the hour at which this runs, AWS Backup may have made one of the files since.
  const { id } = copies.find(({ of }: { readonly of: string }) => of === "database");
  await on.run("sandbox fail database database1-restored-fails");
  const done = await on.rehearse(`restore database --snapshot ${id} --no-switch --yes --json`);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({
    restored: expect.stringMatching(/^database1-restored-[0-9a-f]{8}$/),
    switched: false,
    contents: { restored: { version: "8.4.8", tables: 0 } },
  });
  await on.run(`sandbox fail database ${BACK}`);
  const failed = await on.rehearse("restore database --to latest --yes");
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/was not restored, and the running database was not touched/);
  expect(failed.stderr).toContain(`--db-instance-identifier ${BACK}`);
  expect(await seen(on, (who) => parameter(who, "primary"))).toMatch(/^database1\./);
});

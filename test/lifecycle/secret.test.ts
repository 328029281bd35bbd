/** The database's password, which the tool makes up once: lost, or written over, while the databases stand. */
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { applyUp } from "../../src/engine/apply.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import type { Remedy } from "../../src/engine/resource.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { accountIn } from "../sandbox/grown.ts";
import { needs } from "../tools.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const Name = "/buddyverse/buddyverse/database/password";
const KEY = "database-password";

let base: Stage;
let old: string;
beforeAll(async () => {
  base = await stage();
  await base.up();
  old = (await base.aws.ssm.getParameter({ Name, WithDecryption: true })).Parameter?.Value as string;
});
/** A copy of the stack that is up. */
async function copy(): Promise<Stage> {
  const clock = jumpingClock(base.clock.now());
  const sandbox = openSandbox({ world: structuredClone(base.sandbox.world), clock });
  const text = memoryText(base.text.text);
  return stageOn(base.config, clock, sandbox, text);
}
const sim = (on: Stage) => simAt(on.sandbox.world, on.clock.now());
const settle = (on: Stage) => on.clock.sleep(60_000);
async function lose(on: Stage): Promise<void> {
  await on.aws.ssm.deleteParameter({ Name });
  await settle(on);
  on.writes();
}
/** What the web instances say of both databases: MySQL's error number, or nothing to complain of. */
async function site(on: Stage): Promise<string[]> {
  const account = accountIn(on.sandbox, on.clock);
  const said: string[] = [];
  for (const { id } of await account.members()) {
    const [code, , errors] = await account.run(scriptFor("database", "a"), id, 15);
    said.push(code === 0 ? "fine" : (/MySQL error (\d+)/.exec(errors)?.[1] ?? errors));
  }
  return said;
}
const FINE = ["fine", "fine"];
const secretIn = async (on: Stage) => planUp(await on.refresh()).items.find(({ key }) => key === KEY);
async function refusal(on: Stage) {
  const error = await on.up().then(
    () => undefined,
    (error) => error,
  );
  expect(error, "up refuses").toMatchObject({ code: "refused" });
  expect(on.writes()).toEqual([]);
  return error;
}

describe("a lost password parameter", () => {
  test("is refused before anything is changed, with the ways out; the site does not notice", async () => {
    const on = await copy();
    await lose(on);
    // Something else that `up` would mend.
    await on.aws.ssm.deleteParameter({ Name: "/buddyverse/buddyverse/database/replica" });
    await settle(on);
    on.writes();

    expect(await secretIn(on)).toMatchObject({ action: "blocked", remedies: [{}, {}, {}] });
    expect((await on.status()).find(({ key }) => key === KEY)).toMatchObject({
      standing: "blocked",
      reason: `${Name} is gone, but database1, database1-replica still have the value that it held: it is not created again with another one`,
    });
    const { message, hint } = await refusal(on);
    expect(message).toContain(`${Name} is gone`);
    expect(hint).toContain(`ssm put-parameter --region ap-northeast-2 --name ${Name}`);
    expect(hint).toContain("rds modify-db-instance --region ap-northeast-2 --db-instance-identifier database1 ");
    expect(await site(on)).not.toContain("1045");
    // Not a word of it is the password.
    expect(JSON.stringify([message, hint, on.events, on.calls, on.text.text])).not.toContain(
      JSON.stringify(old).slice(1, -1),
    );
  });

  test("put back with its old value is recorded by up, and all is well", async () => {
    const on = await copy();
    await lose(on);
    const Tags = [
      { Key: "buddyverse:stack", Value: "buddyverse" },
      { Key: "buddyverse:key", Value: KEY },
    ];
    await on.aws.ssm.putParameter({ Name, Type: "SecureString", Value: old, Tags });
    await settle(on);
    expect(await secretIn(on)).toMatchObject({ action: "accept" });
    await on.up();
    expect(isEmpty(await on.plan())).toBe(true);
    expect(await site(on)).toEqual(FINE);
    // It is the stack's by its tags, too.
    for (const key of Object.keys(on.store.resources)) on.store.drop(key);
    expect(isEmpty(await on.plan())).toBe(true);
  });

  test("set anew in both places is recorded by up, and all is well", async () => {
    const on = await copy();
    await lose(on);
    await on.aws.rds.modifyDBInstance({ DBInstanceIdentifier: "database1", MasterUserPassword: "0123456789abcdef" });
    await on.aws.ssm.putParameter({ Name, Type: "SecureString", Value: "0123456789abcdef" });
    await settle(on);
    on.writes();
    await on.up();
    expect(on.writes()).toEqual([]);
    expect(isEmpty(await on.plan())).toBe(true);
    expect(await site(on)).toEqual(FINE);
  });

  test("is refused with the state file lost, too", async () => {
    const on = await copy();
    await lose(on);
    for (const key of Object.keys(on.store.resources)) on.store.drop(key);
    await refusal(on);
  });

  test("is refused while only the replica is left, a primary of its own by now", async () => {
    const on = await copy();
    await on.aws.rds.deleteDBInstance({ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true });
    await on.clock.sleep(20 * 60_000);
    await lose(on);
    const { message, hint } = await refusal(on);
    expect(message).toContain("but database1-replica still has");
    expect(hint).toContain("--db-instance-identifier database1-replica ");
  });

  test("is refused while the primary is being created, and created when it has failed before it ever served", async () => {
    const making = await stage({ database: { replica: false } });
    const work = making.up();
    for (let minutes = 0; making.store.get("database")?.id === undefined && minutes < 60; minutes++)
      await making.clock.sleep(60_000);
    making.interrupt();
    await work;
    const text = memoryText(making.text.text);
    const next = await stageOn(making.config, making.clock, making.sandbox, text);
    await lose(next);
    expect((await next.refresh()).entries.get("database")?.look.health).toBe("pending");
    await refusal(next);

    const failing = await stage({ database: { replica: false } });
    fail(sim(failing), parseFailure("database", "database1"));
    await failing.up();
    mend(sim(failing));
    await lose(failing);
    const { settled } = await failing.up();
    expect(settled.filter(({ key }) => key === KEY || key === "database").map(({ outcome }) => outcome)).toEqual([
      "created",
      "replaced",
    ]);
    expect(await site(failing)).not.toContain("1045");
  });

  test("does not keep down from removing the stack", async () => {
    const on = await copy();
    await lose(on);
    await on.down();
    expect(await on.left()).toEqual([]);
  });
});

describe("a password parameter that somebody else wrote", () => {
  const overwrite = (on: Stage, Value: string) =>
    on.aws.ssm.putParameter({ Name, Type: "SecureString", Value, Overwrite: true });

  test("is drift with the way back out of its history, and is never written over", async () => {
    const on = await copy();
    await overwrite(on, "0123456789abcdef");
    await settle(on);
    on.writes();
    expect(await site(on)).toEqual(["1045", "1045"]);
    const [status] = (await on.status()).filter(({ standing }) => standing !== "in-sync");
    expect(status).toMatchObject({
      key: KEY,
      standing: "drift",
      reason: expect.stringMatching(/somebody else wrote over it: it is version 2 of \S+, and was version 1 of/),
      remedies: [
        { to: "put the old value back", commands: [expect.stringContaining("get-parameter-history")] },
        { to: "set a new value in both places" },
      ],
    });
    expect(await secretIn(on)).toMatchObject({ action: "accept" });
    const { settled } = await on.up();
    expect(settled.filter(({ outcome }) => outcome !== "unchanged")).toEqual([]);
    expect(on.writes()).toEqual([]);
    expect((await on.aws.ssm.getParameter({ Name, WithDecryption: true })).Parameter?.Value).toBe("0123456789abcdef");
    await overwrite(on, old);
    await settle(on);
    await on.up();
    expect(await site(on)).toEqual(FINE);
    expect(isEmpty(await on.plan())).toBe(true);
  });

  test("after it was deleted has no history to take the old value from", async () => {
    const on = await copy();
    await lose(on);
    await on.aws.ssm.putParameter({ Name, Type: "SecureString", Value: "0123456789abcdef" });
    await settle(on);
    const secret = await secretIn(on);
    expect(secret).toMatchObject({ action: "accept" });
    expect(secret?.remedies.map(({ commands }) => commands[0])).toEqual(["read -rs VALUE", expect.any(String)]);
    expect(JSON.stringify(secret?.remedies)).not.toContain("get-parameter-history");
  });
});

test("a password parameter that goes while up is at work is not created again; what needs it is left, the rest is done", async () => {
  const on = await copy();
  await on.aws.ssm.putParameter({ Name, Type: "SecureString", Value: old, Overwrite: true });
  await settle(on);
  const GroupId = on.store.get("group-bastion")?.id;
  const open = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  await on.aws.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [open] });
  await settle(on);
  const found = await on.refresh();
  await lose(on);
  const { settled } = await applyUp(on.run, found);
  expect(on.writes()).toEqual(["ec2:RevokeSecurityGroupIngress"]);
  const outcome = (key: string) => settled.find((one) => one.key === key);
  expect(outcome(KEY)).toMatchObject({ outcome: "failed", error: { code: "refused" } });
  expect(outcome("database")?.outcome).toBe("skipped");
  expect(outcome("group-bastion")?.outcome).toBe("updated");
});

test("a lost key for sessions is made up again, and the plan says what users notice", async () => {
  const on = await copy();
  await on.aws.ssm.deleteParameter({ Name: "/buddyverse/buddyverse/database/secret-key" });
  await settle(on);
  on.writes();
  const { items } = planUp(await on.refresh());
  expect(items.filter(({ action }) => action !== "none")).toMatchObject([
    { key: "secret-key", action: "create", note: expect.stringContaining("log everybody out") },
  ]);
  await on.up();
  expect(on.writes()).toEqual(["ssm:PutParameter"]);
  expect(isEmpty(await on.plan())).toBe(true);
  expect(planUp(await on.refresh()).items.every(({ note }) => note === undefined)).toBe(true);
});

/** Runs commands in a shell with an `aws` that notes its arguments and what it reads, and answers a value from a history. */
function shell(commands: readonly string[], typed: string) {
  // A dot ends each value: a line break before it would be a part of the value.
  const aws = `aws() {
case "$*" in *get-parameter-history*) echo 'from history' ;; esac
case "$*" in *file:///dev/stdin*) read="$(cat; echo .)" ;; esac
printf '%s\\n%s\\n' "$*" "$read" >&2
}
openssl() { echo 0123456789abcdef0123456789abcdef; }
`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", aws + commands.join(" && ")], {
    input: typed,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const lines = stderr.trimEnd().split("\n");
  const calls = lines.flatMap((line, at) => (at % 2 === 0 ? [{ argv: line, read: lines[at + 1] }] : []));
  return { shown: stdout, calls };
}

describe("the commands to copy hand the value on whole, and show it nowhere", needs("bash"), () => {
  const typed = "p%s $(x) '\"\\ \\n q";
  const remediesOf = async (happen: (on: Stage) => Promise<unknown>): Promise<readonly Remedy[]> => {
    const on = await copy();
    await happen(on);
    await settle(on);
    return (await secretIn(on))?.remedies ?? [];
  };

  test("the old value, asked for", async () => {
    const [, back] = await remediesOf(lose);
    const { shown, calls } = shell(back?.commands ?? [], `${typed}\n`);
    expect(shown).toBe("");
    expect(calls).toEqual([
      { argv: expect.stringMatching(/ssm put-parameter .*--tags .*stack,.*key,/), read: `${typed}.` },
    ]);
    expect(calls[0]?.argv).not.toContain(typed);
  });

  test("the old value, out of the history", async () => {
    const [back] = await remediesOf((on) =>
      on.aws.ssm.putParameter({ Name, Type: "SecureString", Value: "0123456789", Overwrite: true }),
    );
    const { shown, calls } = shell(back?.commands ?? [], "");
    expect(shown).toBe("");
    const put = calls.find(({ argv }) => argv.includes("put-parameter"));
    expect(put).toEqual({ argv: expect.stringContaining("--overwrite"), read: "from history." });
    expect(calls.find(({ argv }) => argv.includes("history"))?.argv).toContain("Parameters[?Version==`1`].Value");
  });

  test("a new value, in both places", async () => {
    const [, , anew] = await remediesOf(lose);
    const { shown, calls } = shell(anew?.commands ?? [], "");
    expect(shown).toBe("");
    expect(calls.map(({ argv }) => argv.replace(/^--endpoint-url SANDBOX (\S+ \S+).*$/, "$1"))).toEqual([
      "rds modify-db-instance",
      "ssm put-parameter",
    ]);
    const value = "0123456789abcdef0123456789abcdef";
    expect(calls.map(({ read }) => read)).toEqual([`${value}.`, `${value}.`]);
    expect(calls.every(({ argv }) => !argv.includes(value))).toBe(true);
  });
});

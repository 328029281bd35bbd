/** A new password for the databases, while visitors ask the site each second. */
import { beforeAll, describe, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import type { Identified } from "../../src/engine/resource.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { copied } from "../../src/sandbox/world.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { accountIn } from "../sandbox/grown.ts";
import { checks, NEXT, PASSWORD, rotate, secretIn, visitors } from "./rotation.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

let base: Stage;
let old: string;
beforeAll(async () => {
  base = await stage({ domain: null });
  await base.up();
  await base.clock.sleep(300_000);
  base.sandbox.settle();
  old = (await secretIn(base, PASSWORD)) as string;
});
/** A copy of the stack that is up. */
async function copy(): Promise<Stage> {
  const clock = jumpingClock(base.clock.now());
  const sandbox = openSandbox({ world: copied(base.sandbox.world), clock });
  return stageOn(base.config, clock, sandbox, memoryText(base.text.text));
}
/** Another run of the tool on the same account. */
const next = (on: Stage) => stageOn(on.config, on.clock, on.sandbox, on.text);
const failureOf = (work: Promise<unknown>): Promise<BuddyError> =>
  work.then(
    () => expect.unreachable("it should have failed"),
    (error) => error,
  );
const USE = ["in-use", "in-use"];

test("no request fails, each instance uses the new one in the end, the old one is worth nothing, and up sees no drift", async () => {
  const on = await copy();
  const calledOff = await visitors(on);
  const said: string[] = [];
  on.writes();
  const instances = await rotate(on, said);
  expect(on.writes().filter((call) => call !== "ssm:SendCommand")).toEqual([
    "ssm:PutParameter",
    "ssm:PutParameter",
    "ssm:DeleteParameter",
  ]);
  await on.clock.sleep(65_000);
  expect(await calledOff()).toEqual([]);
  expect(instances).toEqual((await accountIn(on.sandbox, on.clock).members()).map(({ id }) => id));
  expect(said.filter((line) => line.endsWith("uses it"))).toHaveLength(2);
  const now = await secretIn(on, PASSWORD);
  expect(now).toMatch(/^\w{32}$/);
  expect(now).not.toBe(old);
  expect(await secretIn(on, NEXT)).toBeUndefined();
  expect(await checks(on)).toEqual(USE);
  const again = await next(on);
  expect(isEmpty(await again.plan())).toBe(true);
  expect((await again.status()).flatMap(({ notes }) => notes)).toEqual([]);
  // Neither is written down anywhere.
  for (const secret of [old, now as string])
    expect(JSON.stringify([said, on.events, on.calls, on.text.text])).not.toContain(secret);
  // The old one back in the parameter is refused by both databases.
  await on.aws.ssm.putParameter({ Name: PASSWORD, Type: "SecureString", Value: old, Overwrite: true });
  await on.clock.sleep(60_000);
  expect(await checks(on)).toEqual(["denied primary", "denied primary"]);
});

test("a replica that does not follow keeps the old one in use; when it follows again, the same command finishes", async () => {
  const on = await copy();
  const account = accountIn(on.sandbox, on.clock);
  const calledOff = await visitors(on);
  account.fail("replication", "database1-replica");
  expect(await failureOf(rotate(on))).toMatchObject({
    code: "failed",
    message: expect.stringContaining("the replica has not got the new one"),
    hint: expect.stringContaining("Run `buddyverse rotate password` again"),
  });
  expect(await secretIn(on, PASSWORD)).toBe(old);
  // Meanwhile `up` and `status` tell of it, and change nothing.
  await on.clock.sleep(90_000);
  const meanwhile = await next(on);
  const note = expect.stringContaining("`buddyverse rotate password` has finished it");
  expect((await meanwhile.status()).flatMap(({ notes }) => notes)).toContainEqual(note);
  meanwhile.writes();
  expect(isEmpty(await meanwhile.plan())).toBe(true);
  await meanwhile.up();
  // Nor with the state lost, where all that carries the tags is looked at.
  const forgetful = await stageOn(on.config, on.clock, on.sandbox, memoryText());
  await forgetful.up();
  expect([...meanwhile.writes(), ...forgetful.writes()]).toEqual([]);

  account.mend();
  await rotate(on);
  await on.clock.sleep(60_000);
  expect(await calledOff()).toEqual([]);
  expect(await secretIn(on, PASSWORD)).not.toBe(old);
  expect(await secretIn(on, NEXT)).toBeUndefined();
  expect(await checks(on)).toEqual(USE);
});

test("an instance that starts meanwhile is waited for, and asked", async () => {
  const on = await copy();
  const calledOff = await visitors(on);
  const AutoScalingGroupName = "Buddy-AutoScaling-Group";
  await on.aws.autoScaling.setDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: 3 });
  await on.clock.sleep(45_000);
  const instances = await rotate(on);
  const members = await accountIn(on.sandbox, on.clock).members();
  expect(members).toHaveLength(3);
  expect([...instances].sort()).toEqual(members.map(({ id }) => id).sort());
  await on.clock.sleep(65_000);
  expect(await calledOff()).toEqual([]);
  expect(await checks(on)).toEqual([...USE, "in-use"]);
});

test("a lost parameter is made again with a new password, and no request fails", async () => {
  const on = await copy();
  const calledOff = await visitors(on);
  await on.aws.ssm.deleteParameter({ Name: PASSWORD });
  await on.clock.sleep(120_000);
  expect(await checks(on)).toEqual(["gone", "gone"]);
  const { hint } = await failureOf(on.up());
  expect(hint).toContain("to have a new one, without a failed request: buddyverse rotate password");
  await rotate(on);
  await on.clock.sleep(60_000);
  expect(await calledOff()).toEqual([]);
  expect(await checks(on)).toEqual(USE);
  const again = await next(on);
  expect(isEmpty(await again.plan())).toBe(true);
  // It is the stack's by its tags, too.
  expect(isEmpty(await (await stageOn(on.config, on.clock, on.sandbox, memoryText())).plan())).toBe(true);
});

test("what an earlier rotation left in the databases is not retained in place of the password in use", async () => {
  const on = await copy();
  const calledOff = await visitors(on);
  const account = accountIn(on.sandbox, on.clock);
  const [first] = await account.members();
  await on.aws.ssm.putParameter({ Name: NEXT, Type: "SecureString", Value: "lostLostLost" });
  await on.clock.sleep(5_000);
  expect((await account.run(scriptFor("password", "set"), first?.id ?? "", 15))[1]).toBe('{"outcome":"set"}\n');
  // The new value is lost with its parameter.
  await on.aws.ssm.deleteParameter({ Name: NEXT });
  await on.clock.sleep(5_000);
  await rotate(on);
  await on.clock.sleep(60_000);
  expect(await calledOff()).toEqual([]);
  expect(await checks(on)).toEqual(USE);
});

describe("is refused with nothing changed, and with the commands that set a new one in both places", () => {
  const BY_HAND = /To set a new value in both places, .*rds modify-db-instance .* && .*ssm put-parameter .*--overwrite/;
  const expectRefused = async (on: Stage, message: string) => {
    on.writes();
    expect(await failureOf(rotate(on))).toMatchObject({
      code: "refused",
      message: expect.stringContaining(message),
      hint: expect.stringMatching(BY_HAND),
    });
    await on.clock.sleep(5_000);
    expect(await secretIn(on, NEXT)).toBeUndefined();
  };

  test("where neither the parameter nor an instance has a password that the primary takes", async () => {
    const on = await copy();
    await on.aws.ssm.putParameter({ Name: PASSWORD, Type: "SecureString", Value: "another0another", Overwrite: true });
    await on.clock.sleep(90_000);
    await expectRefused(on, "the primary takes neither the password in the parameter nor that of a web instance");
    expect(await secretIn(on, PASSWORD)).toBe("another0another");
  });

  test("where no instance can be reached", async () => {
    const on = await copy();
    // The role of the instances no longer lets the agent work.
    const RoleName = "Buddy-WEB-buddyverse-ap-northeast-2";
    const { PolicyNames = [] } = await on.aws.iam.listRolePolicies({ RoleName });
    for (const PolicyName of PolicyNames) await on.aws.iam.deleteRolePolicy({ RoleName, PolicyName });
    await on.clock.sleep(60_000);
    await expectRefused(on, "Systems Manager does not reach i-");
    expect(on.writes()).toEqual([]);
  });

  test("where the database is older than two passwords are", async () => {
    const on = await copy();
    const { find } = on.stack;
    const older = async (key: string) => ({ ...((await find(key)) as Identified), engineVersion: "8.0.35" });
    const stack = { ...on.stack, find: (key: string) => (key === "database" ? older(key) : find(key)) };
    await expectRefused({ ...on, stack }, "database1 runs MySQL 8.0.35");
    expect(on.writes()).toEqual([]);
  });
});

test("down removes an unfinished rotation's parameter too, also where the password's own is lost", async () => {
  for (const lost of [false, true]) {
    const on = await copy();
    accountIn(on.sandbox, on.clock).fail("replication", "database1-replica");
    await failureOf(rotate(on));
    if (lost) await on.aws.ssm.deleteParameter({ Name: PASSWORD });
    await on.clock.sleep(60_000);
    const last = await next(on);
    await last.down();
    expect(await last.left()).toEqual([]);
    expect(await secretIn(on, NEXT)).toBeUndefined();
  }
});

import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import type { NodeResult } from "../../src/engine/node-result.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { durations as guests } from "../../src/sandbox/guests/durations.ts";
import { durations as ec2 } from "../../src/sandbox/services/ec2/durations.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";
import { amiss, compare, downAgain, fresh, type Process, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({}, "up");
const minutes = (on: Process) => (on.clock.now() - START) / 60_000;
const simOf = (on: Process) => simAt(on.sandbox.world, on.clock.now());
const order = (on: Process, kind: string, about?: string) => fail(simOf(on), parseFailure(kind, about));

async function broken(kind: string, about?: string): Promise<{ on: Process; settled: readonly NodeResult[] }> {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  order(on, kind, about);
  return { on, settled: (await on.up()).settled };
}
const failed = (settled: readonly NodeResult[]) => settled.filter(({ outcome }) => outcome === "failed");

/** Mended, the next `up` of a new process brings all there is, once; and `down` removes all of it. */
async function healed(on: Process): Promise<string[]> {
  const { normal, ...rest } = await rehearsal;
  on.sandbox.settle();
  mend(simOf(on));
  const next = await start(rest.config, {
    world: JSON.stringify(on.sandbox.world),
    time: on.clock.now() + 60_000,
    state: on.text.text,
  });
  const wrong = amiss((await next.up()).settled);
  next.sandbox.settle();
  wrong.push(...compare("after up", census(next.sandbox.world), normal));
  return [...wrong, ...(await downAgain({ ...rest, normal, snapshots: undefined }, next))];
}

test("no capacity for an instance type: each object says so with AWS's words within minutes; later up goes on", async () => {
  const { on, settled } = await broken("capacity", "t3.micro");
  const first = failed(settled).find(({ key }) => key === "bastion-1");
  expect(first?.error).toMatchObject({
    code: "capacity",
    message: expect.stringContaining("InsufficientInstanceCapacity"),
  });
  expect(first?.error?.hint).toMatch(/another instance type or zone/);
  // The database does not need them, and is made all the same.
  expect(settled.find(({ key }) => key === "database")?.outcome).toBe("created");
  expect(await healed(on)).toEqual([]);
});

test("instances that are taken and then terminated at launch: named with EC2's reason, and replaced by the next up", async () => {
  const { on, settled } = await broken("launch", "t3.micro");
  expect(failed(settled).find(({ key }) => key === "bastion-2")?.reason).toMatch(/Internal error on launch/);
  expect(await healed(on)).toEqual([]);
});

test("a zone that is lost: what is in it fails with EC2's words, and after its return the next up heals", async () => {
  const { on, settled } = await broken("az", "ap-northeast-2a");
  expect(failed(settled).find(({ key }) => key === "bastion-1")?.reason).toMatch(
    /InsufficientInstanceCapacity.*ap-northeast-2a/,
  );
  expect(settled.find(({ key }) => key === "bastion-2")?.outcome).toBe("created");
  expect(await healed(on)).toEqual([]);
});

test("a group that fails only in its scaling activities is reported with the activity's words", async () => {
  const { config } = await rehearsal;
  const on = await start(
    config,
    { world: fresh(config), time: START, state: undefined },
    {
      around: (answer) => async (service, operation, input) => {
        if (operation === "CreateAutoScalingGroup") order(on, "capacity", "t3.micro");
        return answer(service, operation, input);
      },
    },
  );
  const { settled } = await on.up();
  expect(failed(settled).map(({ key }) => key)).toEqual(["auto-scaling-group"]);
  expect(failed(settled)[0]?.reason).toMatch(/sufficient t3\.micro capacity/);
  expect(minutes(on)).toBeLessThan(30);
  expect(await healed(on)).toEqual([]);
});

const databaseOf = (settled: readonly NodeResult[]) => settled.find(({ key }) => key === "database");
/** What a new process finds when nothing but time has passed. */
const later = async (on: Process) =>
  start((await rehearsal).config, {
    world: JSON.stringify(on.sandbox.world),
    time: on.clock.now() + 60_000,
    state: on.text.text,
  });
/** Another state file than the one that was written. */
function rewrite(on: Process, change: object): void {
  const state = JSON.parse(on.text.text ?? "");
  Object.assign(state.resources.database, change);
  on.text.text = JSON.stringify(state);
}

describe("a database that fails", () => {
  test("while it is made is named with its state; the next up, of any process, replaces it: it never held anything", async () => {
    const { on, settled } = await broken("database", "database1");
    expect(databaseOf(settled)).toMatchObject({
      outcome: "failed",
      reason: expect.stringMatching(/database1 is failed/),
    });
    expect(databaseOf(settled)?.error?.hint).toMatch(/up` again: it replaces what failed/);
    expect(minutes(on)).toBeLessThan(30);
    expect(on.store.get("database")).toMatchObject({ status: "created", neverReady: true });
    mend(simOf(on));
    const next = await later(on);
    const replaced = databaseOf((await next.up()).settled);
    expect(replaced?.outcome).toBe("replaced");
    expect(
      next.calls.filter(({ operation }) => operation === "DeleteDBInstance").map(({ input, error }) => [input, error]),
    ).toEqual([
      [{ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true, DeleteAutomatedBackups: true }, undefined],
    ]);
    expect(next.store.get("database")).not.toHaveProperty("neverReady");
    // From then on it holds data, and leaves a snapshot.
    expect(await downAgain({ ...(await rehearsal), snapshots: 1 }, next)).toEqual([]);
  });

  test("and fails again is not replaced over and over in one run; down removes it without a snapshot", async () => {
    const { on } = await broken("database", "database1");
    const next = await later(on);
    expect(databaseOf((await next.up()).settled)?.outcome).toBe("failed");
    expect(next.sent.filter(({ operation }) => operation === "CreateDBInstance")).toHaveLength(1);
    expect(await downAgain({ ...(await rehearsal), snapshots: 0 }, await later(next))).toEqual([]);
  });

  test("killed between the record of its removal and the removal, the next up replaces it all the same", async () => {
    const { on } = await broken("database", "database1");
    mend(simOf(on));
    rewrite(on, { status: "deleting", since: Math.round(on.clock.now()) });
    const next = await later(on);
    expect(databaseOf((await next.up()).settled)?.outcome).toBe("replaced");
    expect(await downAgain({ ...(await rehearsal), snapshots: 1 }, next)).toEqual([]);
  });

  /** A database that has been there, and then fails. */
  async function lost(): Promise<Process> {
    const { config } = await rehearsal;
    const on = await start(config, { world: fresh(config), time: START, state: undefined });
    expect(amiss((await on.up()).settled)).toEqual([]);
    order(on, "database", "database1");
    return on;
  }
  test.each<[string, () => Promise<Process>]>([
    [
      "after it was ready, by AWS",
      async () => {
        const on = await lost();
        rewrite(on, { status: "created", neverReady: true });
        return on;
      },
    ],
    [
      "after it was ready, by the record",
      async () => {
        const { on } = await broken("database", "database1");
        rewrite(on, { status: "ready", neverReady: undefined });
        return on;
      },
    ],
    [
      "when the record is lost",
      async () => {
        const { on } = await broken("database", "database1");
        on.text.text = undefined;
        return on;
      },
    ],
  ])("%s, is left, as it may hold data: up says how to go on, and so does down", async (_when, failing) => {
    const on = await failing();
    mend(simOf(on));
    const next = await later(on);
    const left = databaseOf((await next.up()).settled);
    expect(left).toMatchObject({ outcome: "failed", reason: expect.stringMatching(/database1 is failed/) });
    expect(left?.error?.hint).toMatch(/may hold data/);
    next.writes();
    await expect(next.down()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/^AWS would refuse to delete database1: it is /),
      hint: expect.stringContaining("--discard-data"),
    });
    expect(next.writes()).toEqual([]);
    expect(next.calls.filter(({ operation }) => operation === "DeleteDBInstance")).toEqual([]);
    // Removed by hand, the next up heals.
    const { DBInstances = [] } = await next.aws.rds.describeDBInstances({});
    for (const { DBInstanceIdentifier } of DBInstances.reverse()) {
      await next.aws.rds.deleteDBInstance({ DBInstanceIdentifier, SkipFinalSnapshot: true });
      await next.clock.sleep(900_000);
    }
    expect(await healed(next)).toEqual([]);
  });

  test("that is only a replica has no data of its own: the next up replaces it in any case", async () => {
    const { on, settled } = await broken("database", "database1-replica");
    expect(failed(settled).map(({ key }) => key)).toEqual(["replica"]);
    mend(simOf(on));
    const next = await later(on);
    expect((await next.up()).settled.find(({ key }) => key === "replica")?.outcome).toBe("replaced");
    expect(await downAgain({ ...(await rehearsal), snapshots: 1 }, next)).toEqual([]);
  });
});

test.each([
  ["mount-target", /mount target|mount-target|file-system/i],
  ["certificate", /certificate/i],
])(
  "a %s that never finishes: its wait ends with a time-out that names it, and the next up goes on",
  async (kind, named) => {
    const { on, settled } = await broken(kind);
    const [late] = failed(settled);
    expect(late?.error?.code).toBe("timeout");
    expect(late?.error?.message).toMatch(named);
    expect(late?.error?.message).toMatch(/after \d+ min/);
    expect(minutes(on)).toBeLessThan(100);
    expect(await healed(on)).toEqual([]);
  },
);

test("an image whose set-up fails: the console's last words are shown, and the next up builds it anew", async () => {
  const { on, settled } = await broken("builder");
  const builder = failed(settled).find(({ object }) => object === "ec2:image-builder");
  expect(builder?.reason).toMatch(/BUDDYVERSE-SETUP FAILED: apt-get install apache2/);
  expect(minutes(on)).toBeLessThan(30);
  expect(await healed(on)).toEqual([]);
});

describe("a NAT instance", () => {
  const natOf = (settled: readonly NodeResult[], number = 1) =>
    settled.find(({ key }) => key === `nat-instance-${number}`);
  /** When it was asked, milliseconds since 1970. */
  const times = (on: Process, operation: string) =>
    on.sent.filter((call) => call.operation === operation).map(({ at }) => at);

  test("whose set-up fails is named with its console's words, before anything is built behind it; the next up replaces it", async () => {
    const { on, settled } = await broken("nat", "fails");
    for (const number of [1, 2])
      expect(natOf(settled, number)).toMatchObject({
        outcome: "failed",
        reason: expect.stringMatching(
          /the set-up of i-\w+ failed; .*Timeout was reached\nBUDDYVERSE-NAT FAILED at line \d+: command -v nft/s,
        ),
      });
    expect(((times(on, "GetConsoleOutput").at(-1) as number) - START) / 60_000).toBeLessThan(5);
    expect(settled.find(({ object }) => object === "ec2:image-builder")?.outcome).toBe("skipped");
    expect(await healed(on)).toEqual([]);
  });

  test("that says nothing is named within minutes, with what its console says; it is done when it says so", async () => {
    const { on, settled } = await broken("nat", "hangs");
    expect(natOf(settled)).toMatchObject({
      error: { code: "timeout" },
      reason: expect.stringMatching(
        /is still not ready after 7 min: its set-up has not said that it is done; .*Linux version.*ec2 terminate-instances/s,
      ),
    });
    expect(settled.find(({ key }) => key === "nat-route-1")?.outcome).toBe("skipped");
    // A person follows the advice.
    for (const number of [1, 2])
      await on.aws.ec2.terminateInstances({ InstanceIds: [on.store.get(`nat-instance-${number}`)?.id as string] });
    expect(await healed(on)).toEqual([]);
  });

  test("routes nothing before it forwards, and once it is known to, its console is not read again", async () => {
    const { config } = await rehearsal;
    const on = await start(config, { world: fresh(config), time: START, state: undefined });
    await on.up();
    const routed = times(on, "CreateRoute");
    const asked = times(on, "GetConsoleOutput");
    expect(asked.length).toBeGreaterThan(2);
    // The last two of them are the routes through the NAT instances, each of which takes so long from its launch on.
    const setUp = (ec2.instanceRunning + guests.natReady) * 1_000;
    expect(Math.min(...routed.slice(-2)) - Math.min(...times(on, "RunInstances"))).toBeGreaterThan(setUp);
    const next = await later(on);
    await next.status();
    await next.up();
    expect(times(next, "GetConsoleOutput")).toEqual([]);
  });
});

test("what cannot fail is refused by name", () => {
  expect(() => parseFailure("volcano")).toThrow(/cannot fail "volcano"/);
  expect(() => parseFailure("capacity")).toThrow(/needs an instance type/);
  expect(parseConfig({}, "x").region).toBe("ap-northeast-2");
});

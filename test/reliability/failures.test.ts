import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import type { Settled } from "../../src/engine/up.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { simAt } from "../../src/sandbox/world.ts";
import { START } from "../lifecycle/stage.ts";
import { amiss, census, compare, downAgain, fresh, type Process, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({}, "up");
const minutes = (on: Process) => (on.clock.now() - START) / 60_000;
const order = (on: Process, kind: string, about?: string) =>
  fail(simAt(on.sandbox.world, on.clock.now()), parseFailure(kind, about));

async function broken(kind: string, about?: string): Promise<{ on: Process; settled: readonly Settled[] }> {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  order(on, kind, about);
  return { on, settled: (await on.up()).settled };
}
const failed = (settled: readonly Settled[]) => settled.filter(({ outcome }) => outcome === "failed");

/** Mended, the next `up` of a new process brings all there is, once; and `down` removes all of it. */
async function healed(on: Process): Promise<string[]> {
  const { normal, ...rest } = await rehearsal;
  on.sandbox.settle();
  mend(on.sandbox.world);
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

test("a database that fails while it is made is named with its state, and left: it could hold data; removed by hand, up heals", async () => {
  const { on, settled } = await broken("database", "database1");
  const database = settled.find(({ key }) => key === "database");
  expect(database).toMatchObject({ outcome: "failed", reason: expect.stringMatching(/database1 is failed/) });
  expect(database?.error?.hint).toMatch(/may hold data/);
  expect(minutes(on)).toBeLessThan(30);
  const again = await on.up();
  expect(again.settled.find(({ key }) => key === "database")?.outcome).toBe("failed");
  await on.aws.rds.deleteDBInstance({ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true });
  await on.clock.sleep(600_000);
  expect(await healed(on)).toEqual([]);
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
    mend(on.sandbox.world);
    // What was stuck goes on when AWS does.
    const sim = simAt(on.sandbox.world, on.clock.now());
    if (kind === "certificate")
      for (const arn of Object.keys(on.sandbox.world.tables["acm.certificates"] ?? {}))
        sim.after(60_000, "acm:look", arn);
    else
      for (const id of Object.keys(on.sandbox.world.tables["efs.targets"] ?? {}))
        sim.after(60_000, "efs:target-available", id);
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

test("what cannot fail is refused by name", () => {
  expect(() => parseFailure("volcano")).toThrow(/cannot fail "volcano"/);
  expect(() => parseFailure("capacity")).toThrow(/needs an instance type/);
  expect(parseConfig({}, "x").region).toBe("ap-northeast-2");
});

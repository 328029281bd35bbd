import { expect, test } from "vitest";
import { folder } from "./folder.ts";

/** A sum of money as a pattern: `$163.25`. */
const dollars = (usd: number): string => `\\$${usd.toFixed(2).replace(".", "\\.")}`;

test("up, status, plan and down say what the stack costs, has cost, will cost, and still costs", async () => {
  const on = folder({});
  const { fixed, total } = JSON.parse((await on.run("cost --json")).stdout).totals;
  const sum = total.typical;

  const up = await on.rehearse("up --yes");
  expect(up.stdout).toMatch(
    new RegExp(
      `\\n\\nCosts at least ${dollars(sum)} in an ordinary month, ${dollars(fixed)} of it fixed, without tax\\. Has cost at least \\$0\\.\\d\\d so far, by the estimate\\.\\n`,
    ),
  );
  const { state } = JSON.parse(on.read("buddyverse.sandbox.json"));
  expect(state.config).toMatchObject({ stack: "buddyverse", nat: { mode: "instance" } });
  const { madeAt, since } = state.resources["bastion-1"];
  expect(madeAt).toBeLessThan(since);

  // What stands costs what its config was said to cost.
  const status = await on.rehearse("status --json");
  expect(JSON.parse(status.stdout).cost).toMatchObject({ monthly: { fixed, typical: sum, complete: false } });

  const unchanged = JSON.parse((await on.rehearse("plan --json")).stdout);
  expect(unchanged.monthly).toMatchObject({ after: sum, change: 0 });
  expect(unchanged.costChange).toMatchObject({ objects: [], complete: true });

  on.configure({ nat: { mode: "gateway" }, database: { storageGiB: 40 } });
  const plan = await on.rehearse("plan");
  expect(plan.stdout).toMatch(/about \$7\d a month more\.\n/);
  expect(plan.stdout).toMatch(/\nCost a month: \+\$\d+\.\d\d in an ordinary month, .* of it fixed\n/);
  expect(plan.stdout).toMatch(/\n {2}rds +database1 +\+\$2\.62\n/);
  // The instance that goes and the gateway that comes in its place are one object to a person.
  expect(plan.stdout).toMatch(/\n {2}nat-bastion +Buddy-NAT1 +\+\$32\.85\n/);

  // What stands is what costs, whatever the config has become.
  const later = await on.rehearse("status --json");
  expect(JSON.parse(later.stdout).cost.monthly).toMatchObject({ typical: sum });

  const down = await on.rehearse("down --yes");
  expect(down.stderr).toMatch(
    new RegExp(
      `\\nStops: at least ${dollars(sum)} in an ordinary month\\.\\nStill costs money:\\n(?: {2}- .*\\n(?: {4}.*\\n)*)*`,
    ),
  );
  expect(down.stderr).toMatch(/\n {2}- final snapshot of database1: \$1\.90 a month/);
  expect((await on.rehearse("status")).stdout).not.toContain("Costs");
});

test("another number of instances costs what they cost, and a change to what has no price is no saving", async () => {
  const on = folder({ domain: null });
  await on.rehearse("up --yes");
  const planned = async (input: object) => {
    on.configure({ domain: null, ...input });
    const { monthly, costChange } = JSON.parse((await on.rehearse("plan --json")).stdout);
    return { monthly, costChange };
  };
  const third = (await planned({ web: { desired: 3 } })).costChange;
  expect(third.objects.map(({ object }: { object: string }) => object)).toEqual(["Buddy-AutoScaling-Group"]);
  expect(third.typical).toBeGreaterThan(5);

  const { monthly, costChange } = await planned({ database: { instanceClass: "db.t3.medium" } });
  expect(monthly).toBeUndefined();
  expect(costChange).toMatchObject({ typical: 0, complete: false });
  expect(
    costChange.objects.map(({ object, difference }: { object: string; difference: unknown }) => [object, difference]),
  ).toEqual([
    ["database1", "unknown"],
    ["database1-replica", "unknown"],
  ]);
  expect((await on.rehearse("plan")).stdout).not.toMatch(/-\$|less/);
});

test("down that leaves no snapshot, and where nothing stands", async () => {
  const on = folder({ domain: null });
  const empty = await on.rehearse("down --yes");
  expect(empty.stderr).not.toContain("Stops");
  await on.rehearse("up --yes --step nat-bastion");
  // A part of the config is not the config.
  expect(JSON.parse(on.read("buddyverse.sandbox.json")).state.config).toBeUndefined();
  const down = await on.rehearse("down --yes --discard-data");
  expect(down.stderr).toMatch(/\nStops: \$\d\d\.\d\d in an ordinary month\.\nNothing still costs money\.\n/);
});

import { expect, test } from "vitest";
import { folder } from "./folder.ts";

test("up, status, plan and down say what the stack costs, has cost, will cost, and goes on costing", async () => {
  const on = folder({});
  const up = await on.rehearse("up --yes");
  expect(up.stdout).toMatch(
    /\n\nCosts at least \$163\.35 in an ordinary month, \$1\d\d\.\d\d of it fixed, without tax\. Has cost at least \$0\.\d\d so far, by the estimate\.\n/,
  );
  const state = JSON.parse(on.read("buddyverse.sandbox.json")).state;
  expect(state.config).toMatchObject({ stack: "buddyverse", nat: { mode: "instance" } });
  const { madeAt, since } = state.resources["bastion-1"];
  expect(madeAt).toBeLessThan(since);

  const status = await on.rehearse("status --json");
  expect(JSON.parse(status.stdout).cost).toMatchObject({ monthly: { typical: 163.35, complete: false } });

  const unchanged = await on.rehearse("plan --json");
  expect(JSON.parse(unchanged.stdout).monthly).toMatchObject({ after: 163.35, change: 0 });

  on.configure({ nat: { mode: "gateway" }, database: { storageGiB: 40 } });
  const plan = await on.rehearse("plan");
  expect(plan.stdout).toMatch(/about \$7\d a month more\.\n/);
  expect(plan.stdout).toMatch(/\nCost a month: \+\$\d+\.\d\d in an ordinary month, .* of it fixed\n/);
  expect(plan.stdout).toMatch(/\n {2}rds +database1 +\+\$2\.62\n/);

  // What stands is what costs, whatever the config has become.
  const later = await on.rehearse("status --json");
  expect(JSON.parse(later.stdout).cost.monthly).toMatchObject({ typical: 163.35 });

  const down = await on.rehearse("down --yes");
  expect(down.stderr).toMatch(
    /\nStops: at least \$163\.35 in an ordinary month\.\nGoes on:\n {2}- final snapshot of database1: /,
  );
  expect((await on.rehearse("status")).stdout).not.toContain("Costs");
});

test("down that leaves no snapshot, and where nothing stands", async () => {
  const on = folder({ domain: null });
  const empty = await on.rehearse("down --yes");
  expect(empty.stderr).not.toContain("Stops");
  await on.rehearse("up --yes --step nat-bastion");
  const state = () => JSON.parse(on.read("buddyverse.sandbox.json")).state;
  // A part of the config is not the config.
  expect(state().config).toBeUndefined();
  const down = await on.rehearse("down --yes --discard-data");
  expect(down.stderr).toMatch(/\nStops: \$\d\d\.\d\d in an ordinary month\.\nNothing goes on costing\.\n/);
});

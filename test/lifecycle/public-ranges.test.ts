import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { INPUTS, stage, stageOn } from "./stage.ts";
import { watched } from "./watched.ts";

test.each(["instance", "gateway"])(
  "other public ranges, with NAT by %s: what is in them moves, then the old ones go, and nothing is cut off unsaid",
  async (mode) => {
    const config = { domain: null, nat: { mode } };
    const on = await stage(config);
    await on.up();
    const ranges = { network: { public: ["172.31.50.0/24", "172.31.60.0/24"] } };
    const moved = await stageOn(
      parseConfig({ ...config, ...ranges }, "test.config.json"),
      on.clock,
      on.sandbox,
      on.text,
      undefined,
      undefined,
      INPUTS,
      { replace: true },
    );
    const plan = planUp(await moved.refresh());
    const {
      result: { settled },
      cut,
    } = await watched(moved, moved.up());
    // A gateway keeps its address, so the old one goes first.
    const said = plan.items.filter(({ interruption }) => interruption.kind === "outage").map(({ key }) => key);
    expect(said).toEqual(mode === "gateway" ? ["nat-gateway-1", "nat-gateway-2"] : []);
    const elsewhere = Object.keys(cut).filter((why) => !/^NAT gateway \S+ is not available$/.test(why));
    expect(elsewhere).toEqual([]);
    if (mode === "instance") expect(cut).toEqual({});
    expect(settled.filter(({ outcome }) => /failed|skipped|blocked/.test(outcome))).toEqual([]);
    expect((await moved.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
    expect(isEmpty(planUp(await moved.refresh()))).toBe(true);
    const { Subnets = [] } = await on.aws.ec2.describeSubnets({
      Filters: [{ Name: "vpc-id", Values: [on.store.get("vpc")?.id as string] }],
    });
    expect(
      Subnets.map(({ CidrBlock }) => CidrBlock)
        .filter((range) => /\.[1-6]0\.0\/24$/.test(range ?? ""))
        .sort(),
    ).toEqual(["172.31.50.0/24", "172.31.60.0/24"]);
    await moved.down();
    expect(await moved.left()).toEqual([]);
  },
);

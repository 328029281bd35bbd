/** CPU credits of burstable instances: earned, spent, owed and charged by the equations of the EC2 user guide. */
import { beforeEach, describe, expect, test } from "vitest";
import { durations } from "../../src/sandbox/guests/durations.ts";
import { loadInstance } from "../../src/sandbox/outside.ts";
import { burstable } from "../../src/sandbox/services/ec2/burstable.ts";
import { ms } from "../../src/sandbox/services/ec2/durations.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { natUserData } from "../../steps/scripts/user-data.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

const LINUX = "ami-0a12023000000a64d";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let on: Stage;
beforeEach(async () => {
  on = await stage({}, 7, () => []);
});
const sim = () => simAt(on.sandbox.world, on.clock.now());
const pass = async (milliseconds: number) => {
  await on.clock.sleep(milliseconds);
  on.sandbox.settle();
};
/** Launches one, and waits until CloudWatch has its first data. */
async function running(InstanceType: string, CpuCredits?: "standard" | "unlimited"): Promise<string> {
  const id = await launched(InstanceType, CpuCredits);
  await pass(ms("instanceRunning") + 10 * MINUTE);
  return id;
}
async function launched(
  InstanceType: string,
  CpuCredits: "standard" | "unlimited" | undefined,
  userData?: string,
): Promise<string> {
  const { Subnets } = await on.aws.ec2.describeSubnets({});
  const { Instances } = await on.aws.ec2.runInstances({
    ImageId: LINUX,
    InstanceType: InstanceType as "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    SubnetId: Subnets?.[0]?.SubnetId,
    ...(CpuCredits ? { CreditSpecification: { CpuCredits } } : {}),
    ...(userData ? { UserData: Buffer.from(userData).toString("base64") } : {}),
  });
  return Instances?.[0]?.InstanceId as string;
}
/** All of its processors are busy from now on. */
const load = (id: string, hours: number) => loadInstance(sim(), id, hours * HOUR);

/** What CloudWatch has of a metric, oldest first, of the last hours. */
async function points(id: string, MetricName: string, hours: number, Stat = "Average"): Promise<number[]> {
  const { MetricDataResults } = await on.aws.cloudWatch.getMetricData({
    StartTime: new Date(on.clock.now() - hours * HOUR),
    EndTime: new Date(on.clock.now()),
    ScanBy: "TimestampAscending",
    MetricDataQueries: [
      {
        Id: "m",
        MetricStat: {
          Metric: { Namespace: "AWS/EC2", MetricName, Dimensions: [{ Name: "InstanceId", Value: id }] },
          Period: 300,
          Stat,
        },
      },
    ],
  });
  return MetricDataResults?.[0]?.Values ?? [];
}
const last = async (id: string, metric: string) => (await points(id, metric, 1)).at(-1);
const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0);

// EC2 user guide, burstable-credits-baseline-concepts, the last column of the credit table.
test.each<[string, number]>([
  ["t2.nano", 5],
  ["t2.micro", 10],
  ["t2.small", 20],
  ["t2.medium", 20],
  ["t2.large", 30],
  ["t2.xlarge", 22.5],
  ["t2.2xlarge", 17],
  ...["t3", "t3a", "t4g"].flatMap((family): [string, number][] => [
    [`${family}.nano`, 5],
    [`${family}.micro`, 10],
    [`${family}.small`, 20],
    [`${family}.medium`, 20],
    [`${family}.large`, 30],
    [`${family}.xlarge`, 40],
    [`${family}.2xlarge`, 40],
  ]),
])("%s: its baseline is %d percent of each vCPU", (type, percent) => {
  const { creditsPerHour, vcpus } = burstable(type) ?? { creditsPerHour: 0, vcpus: 1 };
  expect((100 * creditsPerHour) / vcpus / 60).toBeCloseTo(percent, 1);
});

describe("standard", () => {
  test("a new t3.micro is held at its baseline, CloudWatch shows no more, and it owes nothing", async () => {
    const id = await running("t3.micro", "standard");
    load(id, 3);
    await pass(2 * HOUR);
    const cpu = await points(id, "CPUUtilization", 1);
    expect(cpu.length).toBeGreaterThan(9);
    for (const percent of cpu) expect(percent).toBeCloseTo(10, 5);
    expect(await last(id, "CPUCreditBalance")).toBeCloseTo(0, 5);
    expect(await points(id, "CPUSurplusCreditBalance", 2)).toEqual([]);
    expect(await points(id, "CPUSurplusCreditsCharged", 2)).toEqual([]);
  });

  test("what it has earned it may spend; then it is held", async () => {
    const id = await running("t3.micro", "standard");
    await pass(10 * HOUR);
    const earned = (await last(id, "CPUCreditBalance")) ?? 0;
    // 12 an hour, and 2 to 6 % of two vCPUs are spent on nothing in particular.
    expect(earned).toBeGreaterThan(60);
    expect(earned).toBeLessThan(85);
    load(id, 3);
    await pass(2 * HOUR);
    const cpu = await points(id, "CPUUtilization", 2);
    // 1.8 credits a minute more than it earns.
    const busy = cpu.filter((percent) => percent > 90).length * 5;
    expect(busy).toBeGreaterThan(earned / 1.8 - 11);
    expect(busy).toBeLessThan(earned / 1.8 + 1);
    expect(cpu.at(-1)).toBeCloseTo(10, 5);
  });

  test("t2.micro begins with 30 credits, which it spends first", async () => {
    const id = await running("t2.micro");
    expect(await last(id, "CPUCreditBalance")).toBeGreaterThan(29);
    load(id, 2);
    await pass(HOUR);
    const cpu = await points(id, "CPUUtilization", 1);
    // 0.9 credits a minute more than it earns.
    const busy = cpu.filter((percent) => percent > 90).length * 5;
    expect(busy).toBeGreaterThan(20);
    expect(busy).toBeLessThan(35);
    expect(cpu.at(-1)).toBeCloseTo(10, 5);

    const idle = await running("t2.micro");
    await pass(72 * HOUR);
    // What it earned in 24 hours: the 30 are spent.
    expect(await last(idle, "CPUCreditBalance")).toBeCloseTo(144, 5);
  });
});

describe("unlimited", () => {
  test("is what T3 starts in; idle it keeps what it earns in a day, at most, and owes nothing", async () => {
    const id = await running("t3.micro");
    await pass(72 * HOUR);
    expect(await last(id, "CPUCreditBalance")).toBeCloseTo(288, 0);
    expect(await last(id, "CPUSurplusCreditBalance")).toBe(0);
    expect(sum(await points(id, "CPUSurplusCreditsCharged", 4))).toBe(0);
    const usage = sum(await points(id, "CPUCreditUsage", 1, "Sum"));
    expect(usage).toBeGreaterThan(2);
    expect(usage).toBeLessThan(7);
  });

  test("goes on when its credits are spent, owes up to a day's worth, and pays for more", async () => {
    const id = await running("t3.micro");
    load(id, 6);
    await pass(2 * HOUR);
    for (const percent of await points(id, "CPUUtilization", 1)) expect(percent).toBeGreaterThan(99);
    // 120 spent and 12 earned in an hour.
    const owed = (await last(id, "CPUSurplusCreditBalance")) ?? 0;
    expect(owed).toBeGreaterThan(190);
    expect(owed).toBeLessThan(220);
    expect(await last(id, "CPUCreditBalance")).toBe(0);
    expect(sum(await points(id, "CPUSurplusCreditsCharged", 2))).toBe(0);
    await pass(3 * HOUR);
    expect(await last(id, "CPUSurplusCreditBalance")).toBeCloseTo(288, 5);
    // 108 an hour.
    expect(await last(id, "CPUSurplusCreditsCharged")).toBeCloseTo(9, 0);
  });

  test("idle again it pays back what it owes, free of charge, before it saves", async () => {
    const id = await running("t3.micro");
    load(id, 1);
    await pass(2 * HOUR);
    const owed = (await last(id, "CPUSurplusCreditBalance")) ?? 0;
    expect(owed).toBeGreaterThan(80);
    await pass(24 * HOUR);
    expect(await last(id, "CPUSurplusCreditBalance")).toBe(0);
    expect(await last(id, "CPUCreditBalance")).toBeGreaterThan(0);
    expect(sum(await points(id, "CPUSurplusCreditsCharged", 26))).toBe(0);
  });

  test("one that is set to standard, or stops, pays what it owes at once", async () => {
    const ids = [await running("t3.micro"), await running("t3.micro")] as const;
    for (const id of ids) load(id, 1);
    await pass(HOUR + 10 * MINUTE);
    const owed = (await last(ids[0], "CPUSurplusCreditBalance")) ?? 0;
    await on.aws.ec2.modifyInstanceCreditSpecification({
      InstanceCreditSpecifications: [{ InstanceId: ids[0], CpuCredits: "standard" }],
    });
    await on.sandbox.answer("ec2", "StopInstances", { InstanceIds: [ids[1]] });
    await pass(15 * MINUTE);
    // It sends no metric of surplus any more: what was charged stands in the last value before.
    expect(await points(ids[0], "CPUSurplusCreditBalance", 0.1)).toEqual([]);
    expect(await last(ids[0], "CPUCreditBalance")).toBeGreaterThanOrEqual(0);
    const charged = sum(await points(ids[1], "CPUSurplusCreditsCharged", 1, "Sum"));
    expect(charged).toBeGreaterThan(0.9 * owed);
    expect(charged).toBeLessThan(1.1 * owed);
  });
});

test("a boot without credits takes several times as long", async () => {
  /** From the launch until the console says that routing is set up, seconds. */
  const routes = async (mode: "standard" | "unlimited") => {
    const from = on.clock.now();
    const InstanceId = await launched("t3.micro", mode, natUserData({ vpcCidr: "172.31.0.0/16", stack: "buddyverse" }));
    await pass(10_000);
    const said = async () =>
      Buffer.from((await on.aws.ec2.getConsoleOutput({ InstanceId, Latest: true })).Output ?? "", "base64");
    while (!(await said()).includes("BUDDYVERSE-NAT SETUP DONE")) {
      if (on.clock.now() > from + HOUR) throw new Error("not in an hour");
      await pass(1_000);
    }
    return (on.clock.now() - from - ms("instanceRunning")) / 1000;
  };
  expect(Math.abs((await routes("unlimited")) - durations.natReady)).toBeLessThan(3);
  // 20 seconds of CPU, at 10 % of two vCPUs.
  expect(await routes("standard")).toBeGreaterThan(2 * durations.natReady);
});

test("a type without credits sends none, and cannot be set", async () => {
  const id = await running("m7i.large");
  await pass(HOUR);
  expect(await points(id, "CPUCreditBalance", 1)).toEqual([]);
  expect((await points(id, "CPUUtilization", 1)).length).toBeGreaterThan(9);
  const answer = await on.aws.ec2.modifyInstanceCreditSpecification({
    InstanceCreditSpecifications: [
      { InstanceId: id, CpuCredits: "standard" },
      { InstanceId: "i-00000000000000000", CpuCredits: "standard" },
    ],
  });
  expect(answer.UnsuccessfulInstanceCreditSpecifications?.map(({ Error: error }) => error?.Code)).toEqual([
    "InstanceCreditSpecification.NotSupported",
    "InvalidInstanceID.NotFound",
  ]);
  expect(answer.SuccessfulInstanceCreditSpecifications).toEqual([]);
});

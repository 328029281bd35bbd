/** The sandbox's life of its own: load, metrics, alarms, target tracking, replacement and zones, by AWS's rules. */
import { beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../src/aws/connect.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, GROUP, grown } from "./grown.ts";

const MINUTE = 60_000;

let on: Account;
beforeEach(async () => {
  on = await grown({}, 30);
});
const minutes = (count: number) => on.sleep(count * 60);
interface Described {
  readonly DesiredCapacity: number;
  readonly Instances: readonly { readonly InstanceId: string; readonly LifecycleState: string }[];
}
async function group(): Promise<Described> {
  const { AutoScalingGroups } = await on.ask<{ AutoScalingGroups: [Described] }>(
    "auto-scaling",
    "DescribeAutoScalingGroups",
    { AutoScalingGroupNames: [GROUP] },
  );
  return AutoScalingGroups[0];
}
const desired = async () => (await group()).DesiredCapacity;
const resize = (DesiredCapacity: number) =>
  on.ask("auto-scaling", "UpdateAutoScalingGroup", { AutoScalingGroupName: GROUP, DesiredCapacity });
const ids = async () => (await on.members()).map(({ id }) => id);
const firstId = async () => (await ids())[0] as string;
/** Newest first. */
async function causes(): Promise<string[]> {
  const { Activities } = await on.ask<{ Activities: { Cause: string }[] }>(
    "auto-scaling",
    "DescribeScalingActivities",
    { AutoScalingGroupName: GROUP },
  );
  return Activities.map(({ Cause }) => Cause);
}
/** How long until it holds, milliseconds of the sandbox's time. */
async function until(holds: () => Promise<boolean>, mostMinutes: number): Promise<number> {
  const from = on.clock.now();
  while (!(await holds())) {
    if (on.clock.now() - from > mostMinutes * MINUTE) throw new Error(`not within ${mostMinutes} minutes`);
    await on.sleep(5);
  }
  return on.clock.now() - from;
}
/** Runs a script of the tool on each. */
async function run(name: Parameters<typeof scriptFor>[0], instances: readonly string[]): Promise<void> {
  for (const id of instances) expect((await on.run(scriptFor(name, "a"), id, 2))[0]).toBe(0);
}
const monitor = async () => on.ask("ec2", "MonitorInstances", { InstanceIds: await ids() });
interface Alarm {
  readonly AlarmName: string;
  readonly StateValue: string;
  readonly Dimensions: readonly { readonly Value: string }[];
}
const alarms = async () => (await on.ask<{ MetricAlarms: Alarm[] }>("cloudwatch", "DescribeAlarms")).MetricAlarms;
/** The states of those alarms, but those that are OK. */
const alarming = async (name: RegExp) =>
  (await alarms())
    .filter(({ AlarmName, StateValue }) => name.test(AlarmName) && StateValue !== "OK")
    .map(({ AlarmName, StateValue }) => [AlarmName.replace(/-[0-9a-f-]{36}$/, ""), StateValue]);
const watchedBy = async (name: string) =>
  (await alarms()).find(({ AlarmName }) => AlarmName === name)?.Dimensions[0]?.Value as string;

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string | undefined }[];
}
/** What CloudWatch has of a metric in that time, oldest first. */
async function values(
  metric: Metric,
  [from, to]: readonly [number, number],
  Period: number,
  Stat: string,
): Promise<number[]> {
  const { MetricDataResults } = await on.ask<{ MetricDataResults: { Values: number[] }[] }>(
    "cloudwatch",
    "GetMetricData",
    {
      StartTime: new Date(from),
      EndTime: new Date(to),
      ScanBy: "TimestampAscending",
      MetricDataQueries: [{ Id: "m", MetricStat: { Metric: metric, Period, Stat } }],
    },
  );
  return MetricDataResults[0]?.Values ?? [];
}
const cpu = (InstanceId: string): Metric => ({
  Namespace: "AWS/EC2",
  MetricName: "CPUUtilization",
  Dimensions: [{ Name: "InstanceId", Value: InstanceId }],
});
/** Waits for the next full five minutes. */
async function fullFive(): Promise<number> {
  const at = Math.ceil(on.clock.now() / (5 * MINUTE)) * 5 * MINUTE;
  await on.sleep((at - on.clock.now()) / 1_000);
  return at;
}

describe("metrics", () => {
  test("every widget of the dashboard has data, but those that only count what happens", async () => {
    const { DashboardBody } = await on.ask<{ DashboardBody: string }>("cloudwatch", "GetDashboard", {
      DashboardName: "CPU-Per-Second",
    });
    const { widgets } = JSON.parse(DashboardBody) as {
      widgets: {
        type: string;
        properties: { title: string; stat: string; period: number; metrics: (string | { stat?: string })[][] };
      }[];
    };
    const begin = Math.floor((on.clock.now() - 20 * MINUTE) / 300_000) * 300_000;
    const empty: string[] = [];
    for (const { type, properties } of widgets) {
      if (type !== "metric") continue;
      for (const metric of properties.metrics) {
        const [Namespace, MetricName, ...pairs] = metric.filter((part) => typeof part === "string");
        if (Namespace === undefined || MetricName === undefined) continue;
        const Dimensions = [0, 2].flatMap((at) =>
          pairs[at] === undefined ? [] : [{ Name: pairs[at], Value: pairs[at + 1] }],
        );
        const found = await values(
          { Namespace, MetricName, Dimensions },
          [begin, begin + 300_000],
          300,
          properties.stat,
        );
        if (found.length === 0) empty.push(MetricName);
      }
    }
    expect([...new Set(empty)].sort()).toEqual([
      "HTTPCode_ELB_4XX_Count",
      "HTTPCode_ELB_5XX_Count",
      "HTTPCode_Target_4XX_Count",
      "HTTPCode_Target_5XX_Count",
      "RequestCount",
      "TargetResponseTime",
    ]);
  });

  test("CPU: little by itself, all of it under load, and as a share of a period; nothing while it does not run", async () => {
    const bastion = await watchedBy("Buddy-Bastion1-CPU-Credits");
    await on.ask("ec2", "MonitorInstances", { InstanceIds: [bastion] });
    const from = await fullFive();
    on.busy(bastion, 1.5 / 60);
    await minutes(12);
    const byMinute = await values(cpu(bastion), [from, from + 10 * MINUTE], 60, "Average");
    expect(byMinute).toHaveLength(10);
    expect(byMinute[0]).toBeGreaterThan(99);
    expect(byMinute[1]).toBeGreaterThan(49);
    expect(byMinute[1]).toBeLessThan(56);
    for (const percent of byMinute.slice(2)) expect(percent).toBeLessThan(10);
    const [both] = await values(cpu(bastion), [from, from + 2 * MINUTE], 120, "Average");
    expect(both).toBeGreaterThan(74);

    await on.ask("ec2", "StopInstances", { InstanceIds: [bastion] });
    const stopped = await fullFive();
    await minutes(20);
    expect(await values(cpu(bastion), [stopped, stopped + 15 * MINUTE], 60, "Average")).toEqual([]);
  });

  test("basic monitoring is one value in five minutes, detailed one a minute", async () => {
    const id = await firstId();
    const before = await fullFive();
    expect(await values(cpu(id), [before - 15 * MINUTE, before - 5 * MINUTE], 60, "Average")).toHaveLength(2);
    await on.ask("ec2", "MonitorInstances", { InstanceIds: [id] });
    await minutes(12);
    expect(await values(cpu(id), [before, before + 10 * MINUTE], 60, "Average")).toHaveLength(10);
  });

  test("a group sends what it was told to; a change shows from then on; statistics and percentiles of a period", async () => {
    const size = (MetricName: string): Metric => ({
      Namespace: "AWS/AutoScaling",
      MetricName,
      Dimensions: [{ Name: "AutoScalingGroupName", Value: GROUP }],
    });
    const from = await fullFive();
    await minutes(2.5);
    await resize(3);
    await minutes(5);
    const five = [from, from + 5 * MINUTE] as const;
    expect(await values(size("GroupDesiredCapacity"), five, 60, "Average")).toEqual([2, 2, 2, 3, 3]);
    expect(await values(size("GroupTotalInstances"), five, 60, "Average")).toEqual([]);
    const of = async (stat: string) => (await values(size("GroupDesiredCapacity"), five, 300, stat))[0];
    const stats = ["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p60", "p61", "p95"];
    expect(await Promise.all(stats.map(of))).toEqual([12, 2.4, 2, 3, 5, 2, 3, 3]);
    expect(
      await values(size("GroupInServiceInstances"), [from + 4 * MINUTE, from + 5 * MINUTE], 60, "Average"),
    ).toEqual([3]);
  });

  test("a minute shows a minute after its end; rates are sums by the period; a period under a minute is refused", async () => {
    const { FileSystems } = await on.ask<{ FileSystems: { FileSystemId: string }[] }>("efs", "DescribeFileSystems");
    const Metric = {
      Namespace: "AWS/EFS",
      MetricName: "DataReadIOBytes",
      Dimensions: [{ Name: "FileSystemId", Value: FileSystems[0]?.FileSystemId }],
    };
    const ask = (Period = 60) =>
      on.ask<{ MetricDataResults: { Id: string; Timestamps: Date[]; Values: number[] }[] }>(
        "cloudwatch",
        "GetMetricData",
        {
          StartTime: new Date(on.clock.now() - 10 * MINUTE),
          EndTime: new Date(on.clock.now()),
          MetricDataQueries: [
            { Id: "read", MetricStat: { Metric, Period, Stat: "Sum" }, ReturnData: false },
            { Id: "rate", Expression: "read / PERIOD(read)" },
          ],
        },
      );
    const { MetricDataResults } = await ask();
    expect(MetricDataResults.map(({ Id }) => Id)).toEqual(["rate"]);
    expect(MetricDataResults[0]?.Values[0]).toBeCloseTo((2 * 4096) / 60);
    const newest = MetricDataResults[0]?.Timestamps[0]?.getTime() ?? 0;
    expect(on.clock.now() - newest).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(on.clock.now() - newest).toBeLessThan(3 * MINUTE + 1_000);
    await expect(ask(30)).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  });

  test("ListMetrics: what the instances, their group and EC2 for the group send now", async () => {
    const list = async (Namespace: string, MetricName: string) => {
      const { Metrics } = await on.ask<{ Metrics: Metric[] }>("cloudwatch", "ListMetrics", { Namespace, MetricName });
      return Metrics.flatMap(({ Dimensions }) => Dimensions.map(({ Name, Value }) => `${Name} ${Value}`));
    };
    const named = `AutoScalingGroupName ${GROUP}`;
    expect(await list("AWS/AutoScaling", "GroupDesiredCapacity")).toEqual([named]);
    expect(await list("AWS/AutoScaling", "GroupTotalInstances")).toEqual([]);
    const instances = (await on.running()).map(({ InstanceId }) => `InstanceId ${InstanceId}`);
    const sent = await list("AWS/EC2", "CPUUtilization");
    expect(sent).toEqual(expect.arrayContaining([...instances, named]));
    expect(sent.filter((one) => one === named)).toHaveLength(1);
    await expect(list("AWS/EBS", "VolumeReadOps")).rejects.toThrow(/does not list the metrics of AWS\/EBS/);
  });
});

describe("alarms", () => {
  test("all that the stack has are OK; Auto Scaling's own say that the load is low", async () => {
    expect(await alarming(/./)).toEqual([["TargetTracking-Buddy-AutoScaling-Group-AlarmLow", "ALARM"]]);
  });

  test("an instance that goes on owing credits is an alarm when it has been charged for two hours; a short load is none", async () => {
    const bastion = await watchedBy("Buddy-Bastion1-CPU-Credits");
    on.busy(bastion, 24);
    const web = await ids();
    for (const id of web) on.busy(id, 2);
    // A day's worth of credits, 288, at 1.8 a minute; then an hour that is charged.
    await minutes(4 * 60);
    expect(await alarming(/CPU-Credits/)).toEqual([]);
    await minutes(2 * 60);
    expect(await alarming(/CPU-Credits/)).toEqual([["Buddy-Bastion1-CPU-Credits", "ALARM"]]);

    for (const id of await ids()) on.busy(id, 24);
    await minutes(7 * 60);
    expect(await alarming(/CPU-Credits/)).toEqual([
      ["Buddy-Bastion1-CPU-Credits", "ALARM"],
      ["Buddy-Web-CPU-Credits", "ALARM"],
    ]);
  });

  test("a stopped bastion is an alarm when its last good minutes are out of sight: missing ones fill in for as few as possible", async () => {
    await on.ask("ec2", "StopInstances", { InstanceIds: [await watchedBy("Buddy-Bastion1-CPU-Credits")] });
    await minutes(5);
    expect(await alarming(/Status-Check/)).toEqual([]);
    await minutes(5);
    expect(await alarming(/Status-Check/)).toEqual([[expect.stringMatching(/^Buddy-Bastion1/), "ALARM"]]);
  });
});

describe("target tracking", () => {
  test("three minutes of load: to as many as bring the CPU to its target; fifteen quiet minutes: one less, and one less", async () => {
    await monitor();
    const before = await ids();
    await run("load", before);
    const out = await until(async () => (await desired()) === 4, 10);
    // Three minutes of breaches, up to one until the next begins, and one until the last is published.
    expect(out).toBeGreaterThan(3 * MINUTE);
    expect(out).toBeLessThan(6 * MINUTE);
    await until(async () => (await on.members()).filter(({ state }) => state === "InService").length === 4, 5);
    const [newest] = await causes();
    expect(newest).toMatch(
      /^At \S+Z a monitor alarm TargetTracking-Buddy-AutoScaling-Group-AlarmHigh-[0-9a-f-]{36} in state ALARM triggered policy \S+ changing the desired capacity from 2 to 4\. At \S+Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from [23] to [34]\.$/,
    );
    // Never more than the greatest size, though the load goes on.
    await minutes(5);
    expect(await desired()).toBe(4);

    await run("load-end", before);
    const one = await until(async () => (await desired()) === 3, 30);
    expect(one).toBeGreaterThan(14 * MINUTE);
    expect(one).toBeLessThan(18 * MINUTE);
    const other = await until(async () => (await desired()) === 2, 10);
    expect(other).toBeGreaterThan(MINUTE);
    await until(async () => (await ids()).length === 2, 5);
    expect((await causes())[0]).toMatch(
      /AlarmLow-\S+ in state ALARM triggered policy \S+ changing the desired capacity from 3 to 2\. At .*shrinking the capacity from 3 to 2\. At \S+ instance i-\w+ was selected for termination\.$/,
    );
    await minutes(60);
    expect(await ids()).toHaveLength(2);
  });

  test("less load needs fewer: 70 % on two with a target of 50 % is one more", async () => {
    await monitor();
    // Seven tenths of each minute.
    const web = await ids();
    const from = Math.ceil(on.clock.now() / MINUTE) * MINUTE;
    for (let minute = 0; minute < 9 && (await desired()) === 2; minute++) {
      await on.sleep((from + minute * MINUTE - on.clock.now()) / 1_000);
      for (const id of web) on.busy(id, 0.7 / 60);
    }
    expect(await desired()).toBe(3);
  });

  test("with basic monitoring one value of five minutes decides, some minutes later", async () => {
    await run("load", await ids());
    const out = await until(async () => (await desired()) === 4, 20);
    expect(out).toBeGreaterThan(3 * MINUTE);
    expect(out).toBeLessThan(14 * MINUTE);
  });

  test("a load shorter than the alarm's time changes nothing", async () => {
    await monitor();
    const web = await ids();
    await run("load", web);
    await on.sleep(100);
    await run("load-end", web);
    await minutes(60);
    expect(await desired()).toBe(2);
  });
});

describe("what fails is replaced", () => {
  const state = async (id: string) => (await on.health(id))?.State;
  const wholeAgain = (lost: string) => async () => {
    const members = await on.members();
    const states = await Promise.all(members.map(({ id }) => state(id)));
    return (
      members.length === 2 &&
      members.every(({ id, state }) => id !== lost && state === "InService") &&
      states.every((one) => one === "healthy")
    );
  };

  test("a stopped web server: unhealthy after three failed checks, replaced, and the load balancer has one less meanwhile", async () => {
    const id = await firstId();
    await run("apache-stop", [id]);
    // The group may take it out in the same moment.
    const seen = await until(async () => /unhealthy|draining/.test((await state(id)) ?? ""), 2);
    expect(seen).toBeGreaterThan(15_000);
    expect(seen).toBeLessThan(50_000);
    const replaced = await until(wholeAgain(id), 10);
    expect(replaced).toBeGreaterThan(MINUTE);
    expect(replaced).toBeLessThan(5 * MINUTE);
    expect(
      (await causes())
        .slice(0, 2)
        .map((cause) => cause.replace(/^At \S+ /, ""))
        .sort(),
    ).toEqual([
      "an instance was launched in response to an unhealthy instance needing to be replaced.",
      "an instance was taken out of service in response to an ELB system health check failure.",
    ]);
  });

  const tell = (operation: string, ...ScalingProcesses: string[]) =>
    on.ask("auto-scaling", operation, { AutoScalingGroupName: GROUP, ScalingProcesses });

  test.each(["HealthCheck", "ReplaceUnhealthy", "Terminate"])(
    "not while %s is suspended, and then at once",
    async (process) => {
      const id = await firstId();
      await tell("SuspendProcesses", process);
      await run("apache-stop", [id]);
      await minutes(10);
      expect(await ids()).toContain(id);
      expect((await on.members()).find((one) => one.id === id)?.state).toBe("InService");
      await tell("ResumeProcesses", process);
      await until(wholeAgain(id), 10);
    },
  );

  test("while Launch is suspended it is taken out, and none comes in its place before that is resumed", async () => {
    const id = await firstId();
    await tell("SuspendProcesses", "Launch");
    await run("apache-stop", [id]);
    await minutes(10);
    expect(await ids()).toHaveLength(1);
    await tell("ResumeProcesses", "Launch");
    await until(wholeAgain(id), 10);
  });

  test("what starts while AddToLoadBalancer is suspended is not added later either", async () => {
    const before = await ids();
    await tell("SuspendProcesses", "AddToLoadBalancer");
    await resize(3);
    await minutes(5);
    await tell("ResumeProcesses", "AddToLoadBalancer");
    await minutes(5);
    const newest = (await ids()).find((id) => !before.includes(id)) as string;
    expect(await on.health(newest)).toBeUndefined();
  });

  test("somebody may call it unhealthy, after the grace period or without regard to it", async () => {
    const id = await firstId();
    const call = (more: object) =>
      on.ask("auto-scaling", "SetInstanceHealth", { InstanceId: id, HealthStatus: "Unhealthy", ...more });
    await on.ask("auto-scaling", "UpdateAutoScalingGroup", {
      AutoScalingGroupName: GROUP,
      HealthCheckGracePeriod: 1_000_000,
    });
    await minutes(1);
    await expect(call({})).rejects.toMatchObject({ name: "ValidationError" });
    await call({ ShouldRespectGracePeriod: false });
    await until(wholeAgain(id), 10);
    expect((await causes()).some((cause) => cause.includes("in response to a user health-check"))).toBe(true);
  });

  test("started again in time it stays", async () => {
    const id = await firstId();
    await run("apache-stop", [id]);
    await run("apache-start", [id]);
    await minutes(10);
    expect(await ids()).toContain(id);
  });

  test("powered off by itself: the instance stops, and the group takes another", async () => {
    const id = await firstId();
    const instanceState = async () => {
      const { Reservations } = await on.ask<{ Reservations: { Instances: { State: { Name: string } }[] }[] }>(
        "ec2",
        "DescribeInstances",
        { InstanceIds: [id] },
      );
      return Reservations[0]?.Instances[0]?.State.Name;
    };
    await run("power-off", [id]);
    expect(await instanceState()).toBe("stopping");
    await until(wholeAgain(id), 10);
    expect(await instanceState()).toMatch(/shutting-down|terminated/);
    expect(
      (await causes()).some((cause) => cause.includes("EC2 health check indicating it has been terminated or stopped")),
    ).toBe(true);
  });

  test("within the grace period a new instance may fail its checks", async () => {
    const before = await ids();
    await resize(3);
    await until(
      async () => (await ids()).length === 3 && (await on.members()).every(({ state }) => state === "InService"),
      5,
    );
    const newest = (await ids()).find((id) => !before.includes(id)) as string;
    await until(async () => (await state(newest)) === "healthy", 5);
    await run("apache-stop", [newest]);
    await minutes(1);
    expect(await on.health(newest)).toMatchObject({ State: "unhealthy", Reason: "Target.FailedHealthChecks" });
    expect((await on.members()).find(({ id }) => id === newest)?.state).toBe("InService");
  });
});

describe("zones", () => {
  const zones = async () => (await on.members()).map(({ zone }) => zone.at(-1)).join("");
  async function use(...letters: string[]): Promise<void> {
    const { Subnets } = await on.ask<{ Subnets: { SubnetId: string; AvailabilityZone: string }[] }>(
      "ec2",
      "DescribeSubnets",
      { Filters: [{ Name: "cidr-block", Values: ["172.31.11.0/24", "172.31.21.0/24"] }] },
    );
    const used = Subnets.filter(({ AvailabilityZone }) => letters.includes(AvailabilityZone.at(-1) as string));
    await on.ask("auto-scaling", "UpdateAutoScalingGroup", {
      AutoScalingGroupName: GROUP,
      VPCZoneIdentifier: used.map(({ SubnetId }) => SubnetId).join(","),
    });
  }

  test("a zone taken from the group is emptied, never below the desired number; given back, it is filled again", async () => {
    expect(await zones()).toBe("ac");
    await use("a");
    let fewest = 9;
    await until(async () => {
      fewest = Math.min(fewest, (await on.members()).filter(({ state }) => state === "InService").length);
      return (await zones()) === "aa";
    }, 15);
    expect(fewest).toBe(2);
    expect((await causes()).some((cause) => cause.includes("to balance instances in zones"))).toBe(true);
    await use("a", "c");
    await until(async () => (await zones()) === "ac", 15);
    await minutes(30);
    expect(await ids()).toHaveLength(2);
  });
});

describe("a world left alone", () => {
  test("a day passes in a moment, and leaves the world as small as it was", async () => {
    on.sandbox.settle();
    const before = JSON.stringify(on.sandbox.world).length;
    await on.clock.sleep(24 * 60 * MINUTE);
    const began = performance.now();
    on.sandbox.settle();
    // Measured at 0.7 s on two busy cores; what a day on the wall costs the next command.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(JSON.stringify(on.sandbox.world).length).toBeLessThan(before * 1.05);
    expect(await alarming(/Unhealthy-Hosts/)).toEqual([]);
  });

  test("the SDK's clients get all of it", async () => {
    const { clock, sandbox } = on;
    const aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
    const { MetricAlarms } = await aws.cloudWatch.describeAlarms({ AlarmNamePrefix: "Buddy-" });
    expect(
      MetricAlarms?.every(
        ({ StateReason, AlarmConfigurationUpdatedTimestamp }) =>
          StateReason && AlarmConfigurationUpdatedTimestamp instanceof Date,
      ),
    ).toBe(true);
  });
});

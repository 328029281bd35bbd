import { CreateDBSnapshotCommand, RestoreDBInstanceFromDBSnapshotCommand } from "@aws-sdk/client-rds";
import { beforeAll, describe, expect, test } from "vitest";
import { BuddyError } from "../../../src/lib/errors.ts";
import { fail, parseFailure } from "../../../src/sandbox/failures.ts";
import { filesIn, mysql, writeFile } from "../../../src/sandbox/outside.ts";
import { simAt } from "../../../src/sandbox/sim.ts";
import type { DrillStack } from "../../../src/verify/drills/drill-stack.ts";
import { drills } from "../../../src/verify/drills/drills.ts";
import type { DrillName, DrillResult, TimelineEntry } from "../../../src/verify/drills/result.ts";
import type { Stage } from "../../lifecycle/stage.ts";
import { databases, next, pointsAt } from "../../recovery/commands.ts";
import { stranger } from "../../stranger.ts";
import { standing, type Template } from "../rehearse.ts";
import { done, onStage } from "./rehearse.ts";

let plain: Template;
beforeAll(async () => {
  plain = await standing();
});

const NAME = "Buddy-AutoScaling-Group";
const PERIOD_MS = 300_000;
/** A site that always answers: where the site is not what a test is about. */
const quickSite = () => ({ visit: async () => ({ status: 200 }) });
const words = (result: DrillResult, who: TimelineEntry["who"]) =>
  result.timeline.filter((one) => one.who === who).map(({ what }) => what);
const drift = async (on: Stage) => (await on.status()).filter(({ standing }) => standing !== "in-sync");
async function group(on: Stage) {
  const { AutoScalingGroups } = await on.aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: [NAME] });
  const [found] = AutoScalingGroups ?? [];
  return { desired: found?.DesiredCapacity, zones: found?.VPCZoneIdentifier?.split(",").length };
}
/** How many instances are busy a quarter of an hour later: idle ones use 2 to 6 % of their CPU. */
async function loads(on: Stage): Promise<number> {
  await on.clock.sleep(15 * 60_000);
  const { Reservations = [] } = await on.aws.ec2.describeInstances({
    Filters: [{ Name: "instance-state-name", Values: ["running"] }],
  });
  const ids = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ InstanceId }) => InstanceId as string);
  const { MetricDataResults = [] } = await on.aws.cloudWatch.getMetricData({
    StartTime: new Date(on.clock.now() - 10 * 60_000),
    EndTime: new Date(on.clock.now()),
    MetricDataQueries: ids.map((id, index) => ({
      Id: `cpu${index}`,
      MetricStat: {
        Metric: { Namespace: "AWS/EC2", MetricName: "CPUUtilization", Dimensions: [{ Name: "InstanceId", Value: id }] },
        Period: 300,
        Stat: "Average",
      },
    })),
  });
  expect(MetricDataResults.every(({ Values }) => Values?.length)).toBe(true);
  return MetricDataResults.filter(({ Values }) => (Values?.[0] ?? 0) > 7).length;
}

const databasesOf = async (on: Stage) =>
  ((await on.aws.rds.describeDBInstances({})).DBInstances ?? []).map((one) => one.DBInstanceIdentifier).sort();

describe("restore", () => {
  test("the newest backup is restored beside, read, and removed again; nothing of the running stack is touched", async () => {
    const on = await plain.copy();
    mysql(simAt(on.sandbox.world, on.clock.now()), "database1").insert("orders", "one");
    await on.clock.sleep(600_000);
    const before = await on.aws.ssm.getParameter({ Name: "/buddyverse/buddyverse/database/primary" });
    const result = await done(on, "restore", { change: quickSite });
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    expect(result.detectSeconds).toBeGreaterThan(500);
    expect(words(result, "drill").join("\n")).toMatch(
      /restores database1-drill-latest beside database1, as it was 5 min ago .*\ngives database1-drill-latest the password of the stack\n.*runs MySQL 8\.4\.8 and has 1 table with 1 row; database1 now has 1 table with 1 row\nremoved database1-drill-latest again/s,
    );
    expect(await databasesOf(on)).toEqual(["database1", "database1-replica"]);
    expect(await on.aws.ssm.getParameter({ Name: "/buddyverse/buddyverse/database/primary" })).toMatchObject({
      Parameter: { Value: before.Parameter?.Value },
    });
    expect(await drift(on)).toEqual([]);
  });

  test("interrupted, or with a copy that cannot be read, it removes what it made, and nothing else", async () => {
    const on = await plain.copy();
    const { rds } = stranger(on.sandbox);
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "mine" }));
    await on.clock.sleep(600_000);
    await rds.send(
      new RestoreDBInstanceFromDBSnapshotCommand({
        DBInstanceIdentifier: "database1-drill-mine",
        DBSnapshotIdentifier: "mine",
        DBSubnetGroupName: "buddy-db",
      }),
    );
    const interrupt = new AbortController();
    const result = await done(on, "restore", {
      change: quickSite,
      interrupted: interrupt.signal,
      onEntry: ({ what }) => {
        if (what.startsWith("gives ")) interrupt.abort(new BuddyError({ code: "interrupted", message: "interrupted" }));
      },
    });
    expect(result).toMatchObject({ ending: "interrupted", notAsBefore: [] });
    // A person's own, whatever its name is.
    expect(await databasesOf(on)).toEqual(["database1", "database1-drill-mine", "database1-replica"]);
    fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("database", "database1-drill-latest"));
    const failed = await done(on, "restore", { change: quickSite });
    expect(failed).toMatchObject({
      ending: "failed",
      problem: expect.stringContaining("database1-drill-latest is failed"),
    });
    expect(await databasesOf(on)).toEqual(["database1", "database1-drill-mine", "database1-replica"]);
  });
});

describe("restore-files", () => {
  const DAY_MS = 24 * 3_600_000;
  const id = (on: Stage) => on.store.get("file-system")?.id as string;
  const sim = (on: Stage) => simAt(on.sandbox.world, on.clock.now());
  const policyOf = async ({ aws }: Stage) =>
    (await aws.backup.getBackupVaultAccessPolicy({ BackupVaultName: "aws/efs/automatic-backup-vault" })).Policy;
  /** A stack with EFS's own backup of the day, whose files were changed since then. */
  async function grown(): Promise<Stage> {
    const on = await plain.copy();
    writeFile(sim(on), id(on), "/media/photo.txt", "a photo");
    await on.clock.sleep(DAY_MS);
    on.sandbox.settle();
    writeFile(sim(on), id(on), "/media/later.txt", "later");
    return on;
  }
  const recovered = (on: Stage) => Object.keys(filesIn(sim(on), id(on))).filter((path) => !path.startsWith("/media/"));

  test("the newest backup is restored beside, read, and removed again; vault and files are as before", async () => {
    const on = await plain.copy();
    expect(await onStage(on, (world) => drills["restore-files"].refuses({} as never, world))).toMatch(
      /there is no recovery point of fs-\w+ yet/,
    );
    const grew = await grown();
    const before = await policyOf(grew);
    const result = await done(grew, "restore-files", { change: quickSite });
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    expect(result.detectSeconds).toBeGreaterThan(350);
    expect(words(result, "drill").join("\n")).toMatch(
      /^restores arn:\S+ beside the files of fs-\w+, as they were \S+ .*ago .*\n\/mnt\/efs\/aws-backup-restore_\S+ has 1 file with 7 bytes, all of it read; beside them are now 2 files with 12 bytes\nremoved aws-backup-restore_\S+ again$/,
    );
    expect(recovered(grew)).toEqual([]);
    expect(await policyOf(grew)).toBe(before);
    expect(await drift(grew)).toEqual([]);
  });

  test("interrupted or killed it leaves nothing in the end, and what a person has restored stays", async () => {
    const on = await grown();
    const theirs = "/aws-backup-restore_2026-11-20T09-21-16-832Z/theirs.txt";
    writeFile(sim(on), id(on), theirs, "theirs");
    const interrupt = new AbortController();
    const result = await done(on, "restore-files", {
      change: quickSite,
      interrupted: interrupt.signal,
      onEntry: ({ what }) => {
        if (what.startsWith("restores "))
          interrupt.abort(new BuddyError({ code: "interrupted", message: "interrupted" }));
      },
    });
    expect(result).toMatchObject({ ending: "interrupted", notAsBefore: [] });
    expect(recovered(on)).toEqual([theirs]);
    // Killed, so that nobody puts back; a restore of the same recovery point is no reason to begin a second one beside it.
    await onStage(on, ({ filesTrial }) => filesTrial.begin());
    expect(await onStage(on, (world) => drills["restore-files"].refuses({} as never, world))).toBeUndefined();
    await on.clock.sleep(600_000);
    on.sandbox.settle();
    expect(recovered(on).filter((path) => path.includes("aws-backup-restore_"))).toHaveLength(2);
    const again = await done(on, "restore-files", { change: quickSite });
    expect(again).toMatchObject({ ending: "passed", notAsBefore: [] });
    expect(recovered(on)).toEqual([theirs]);
    fail(sim(on), parseFailure("restore-job"));
    const failed = await done(on, "restore-files", { change: quickSite });
    expect(failed).toMatchObject({ ending: "failed", problem: expect.stringContaining("is FAILED"), notAsBefore: [] });
    expect(recovered(on)).toEqual([theirs]);
  });
});

describe("on a stack that is well", () => {
  test("dead-web: the load balancer finds it, the group replaces it, no gap for visitors", async () => {
    const on = await plain.copy();
    const result = await done(on, "dead-web");
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    expect(result.detectSeconds).toBeGreaterThan(20);
    expect(result.detectSeconds).toBeLessThan(90);
    expect(result.recoverSeconds).toBeLessThan(600);
    // Every other request met the closed port until the health check had failed.
    expect(result.answers.failed).toBeGreaterThan(20);
    expect(result.answers.failedPercent).toBeLessThan(25);
    expect(result.answers.longestGapSeconds).toBeLessThan(2);
    expect(new Set(result.probes.map(({ status }) => status))).toEqual(new Set([200, 502]));
    expect(words(result, "aws").join("\n")).toMatch(
      /Terminating EC2 instance: \S+: an instance was taken out of service in response to an ELB system health check failure/,
    );
    expect(await drift(on)).toEqual([]);
  });

  test("lost-instance: the group replaces what shut down, no gap for visitors", async () => {
    const on = await plain.copy();
    const result = await done(on, "lost-instance");
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    expect(result.answers.failed).toBeGreaterThan(0);
    expect(result.answers.longestGapSeconds).toBeLessThan(2);
    expect(new Set(result.probes.map(({ status }) => status))).toEqual(new Set([200, 504]));
    expect(words(result, "aws").join("\n")).toMatch(/EC2 health check indicating it has been terminated or stopped/);
    expect(await drift(on)).toEqual([]);
  });

  test("lost-nat: the alarm tells, up makes another, and the way out works again", async () => {
    const on = await plain.copy();
    const result = await done(on, "lost-nat", { change: quickSite });
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    // The rule for missing data: longer than the alarm's five minutes.
    expect(result.detectSeconds).toBeGreaterThan(300);
    expect(words(result, "drill")).toEqual(
      expect.arrayContaining([expect.stringMatching(/^terminates Buddy-NAT2 i-\w+/), "up: created Buddy-NAT2"]),
    );
    expect(await drift(on)).toEqual([]);
  });

  test("lost-zone: the others carry everything without a failed answer; then the zone is back", async () => {
    const on = await plain.copy();
    const result = await done(on, "lost-zone");
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    expect(result.answers).toMatchObject({ failed: 0, longestGapSeconds: 0 });
    expect(result.samples.every(({ healthy }) => healthy >= 2)).toBe(true);
    expect(await group(on)).toEqual({ desired: 2, zones: 2 });
    expect(await drift(on)).toEqual([]);
  });

  test("lost-primary: the replica takes over, the rows are counted, and the old primary leaves a snapshot", async () => {
    const on = await plain.copy();
    const result = await done(on, "lost-primary", { change: quickSite });
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    const said = words(result, "drill").join("\n");
    const [, away, last, first] =
      /writes were away for ([\d.]+) s: row (\d+) was the last before, row (\d+) the first/.exec(said) ?? [];
    // Cut off, rebooted, promoted, and known to the instances.
    expect(Number(away)).toBeGreaterThan(200);
    expect(Number(away)).toBeLessThan(420);
    expect(Number(first) - Number(last)).toBeGreaterThan(Number(away) - 10);
    expect(said).toMatch(/none of \d+ acknowledged rows is lost/);
    expect(said).toMatch(/database1 is deleted; the snapshot database1-final-\d+ has what it held/);
    expect(await databases(on)).toEqual(["database1-replica c", "database1-replica-2 a ← database1-replica"]);
    expect(await drift(await next(on))).toEqual([]);
  });

  test("lost-primary: rows that the replica had not got are named", async () => {
    const on = await plain.copy();
    const running = done(on, "lost-primary", { change: quickSite });
    await on.clock.sleep(15_000);
    fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("replication", "database1-replica"));
    const said = words(await running, "drill").join("\n");
    expect(said).toMatch(/lost, of \d+ acknowledged rows: \d+, \d+/);
  });

  test("lost-primary, interrupted before anything was cut off: nothing is failed over", async () => {
    const on = await plain.copy();
    const interrupt = new AbortController();
    const running = done(on, "lost-primary", { change: quickSite, interrupted: interrupt.signal });
    await on.clock.sleep(15_000);
    interrupt.abort(new BuddyError({ code: "interrupted", message: "interrupted" }));
    expect(await running).toMatchObject({ ending: "interrupted", notAsBefore: [] });
    expect(await pointsAt(on)).toBe("database1");
    expect(await drift(on)).toEqual([]);
  });

  test("lost-primary, interrupted: there is no way back from a promotion, so it is carried to its end", async () => {
    const on = await plain.copy();
    const interrupt = new AbortController();
    const result = await done(on, "lost-primary", {
      change: quickSite,
      interrupted: interrupt.signal,
      onEntry: ({ what }) => {
        if (/^cuts the primary off/.test(what)) interrupt.abort();
      },
    });
    expect(result.notAsBefore).toEqual([]);
    expect(await pointsAt(on)).toBe("database1-replica");
    expect((await (await next(on)).plan()).items.filter(({ action }) => action === "blocked")).toEqual([]);
  });

  test("scale-out: 2 → 4 → 2, with the load off in the end", async () => {
    const on = await plain.copy();
    // Near the end of a period of basic monitoring: the load fills the next one, before new instances halve it.
    await on.clock.sleep(PERIOD_MS - ((on.clock.now() + 60_000) % PERIOD_MS));
    const result = await done(on, "scale-out", { change: quickSite });
    expect(result).toMatchObject({ ending: "passed", problem: undefined, notAsBefore: [] });
    expect(Math.max(...result.samples.map(({ inService }) => inService))).toBe(4);
    expect(Math.max(...result.cpu.map(({ percent }) => percent))).toBeGreaterThan(90);
    expect(result.samples.at(-1)).toMatchObject({ desired: 2, inService: 2, healthy: 2 });
    expect(await loads(on)).toBe(0);
    expect(await drift(on)).toEqual([]);
  });
});

describe("a drill that finds what is wrong says so, and puts everything back", () => {
  test("instances without CPU credits: they are held at their baseline, and the group never grows", async () => {
    const on = await (await standing({ cpuCredits: "standard" })).copy();
    const result = await done(on, "scale-out", { change: quickSite });
    expect(result).toMatchObject({ ending: "failed", notAsBefore: [], recoverSeconds: undefined });
    expect(result.problem).toMatch(/^not so after 40 min: the group wants more instances/);
    expect(Math.max(...result.cpu.map(({ percent }) => percent))).toBeLessThan(35);
    expect(result.cpu.at(-1)?.percent).toBeLessThan(10.5);
    expect(await loads(on)).toBe(0);
  });

  test("a group that does not look at the load balancer replaces no dead web server: Apache is started again", async () => {
    const on = await plain.copy();
    await on.aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: NAME, HealthCheckType: "EC2" });
    const result = await done(on, "dead-web", { change: quickSite });
    expect(result).toMatchObject({ ending: "failed", notAsBefore: [], recoverSeconds: undefined });
    expect(result.problem).toMatch(
      /^not so after 25 min: i-\w+ is replaced: 2 instances in service of 2 desired, 1 target healthy$/,
    );
    expect(words(result, "drill").at(-1)).toMatch(/^started Apache on i-\w+ again$/);
  });

  test("no capacity elsewhere: the zone is given back", async () => {
    const on = await plain.copy();
    fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("capacity", "t3.micro"));
    const result = await done(on, "lost-zone", { change: quickSite });
    expect(result).toMatchObject({ ending: "failed", notAsBefore: [] });
    expect(words(result, "aws").join("\n")).toContain("Launching a new EC2 instance");
    expect(await group(on)).toEqual({ desired: 2, zones: 2 });
  });

  test("a policy that is gone: the load ends, and the desired capacity is as it was", async () => {
    const on = await plain.copy();
    await on.aws.autoScaling.deletePolicy({ AutoScalingGroupName: NAME, PolicyName: "cpu-target" });
    const result = await done(on, "scale-out", { change: quickSite });
    expect(result.ending).toBe("failed");
    expect(result.problem).toContain("the group wants more instances");
    expect(await loads(on)).toBe(0);
    expect(await group(on)).toEqual({ desired: 2, zones: 2 });
  });

  test("a site that is down meanwhile fails a drill that went well otherwise", async () => {
    const on = await plain.copy();
    const result = await done(on, "lost-instance", { change: () => ({ visit: async () => ({ status: 503 }) }) });
    expect(result.ending).toBe("failed");
    expect(result.problem).toMatch(
      /^nobody had an answer of the site for \d+ (s|min)( \d+ s)? \(at most 15 s is good\)$/,
    );
    expect(result.recoverSeconds).toBeGreaterThan(0);
  });

  test("what cannot be put back is said", async () => {
    const on = await plain.copy();
    const result = await done(on, "lost-zone", {
      change: (world: DrillStack) => ({
        ...quickSite(),
        async setZones(zones) {
          if (zones.length === 2) throw new Error("AccessDenied");
          await world.setZones(zones);
        },
      }),
    });
    expect(result.ending).toBe("failed");
    expect(result.notAsBefore).toEqual([
      "not put back: AccessDenied",
      "the group launches in ap-northeast-2a, before in ap-northeast-2a, ap-northeast-2c",
    ]);
  });

  test("one that believes that all is well is judged by what is there", async () => {
    const on = await plain.copy();
    // The command that should start Apache again does nothing, and the group does not replace.
    await on.aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: NAME, HealthCheckType: "EC2" });
    const result = await done(on, "dead-web", {
      change: (world: DrillStack) => ({
        ...quickSite(),
        machines: {
          ...world.machines,
          run: (ids, script) =>
            script.includes("start") ? Promise.resolve(new Map()) : world.machines.run(ids, script),
        },
      }),
    });
    expect(result.notAsBefore).toEqual(["not every instance is in service and healthy"]);
  });
});

describe("Ctrl-C in the middle puts everything back", () => {
  const interrupted = () => new BuddyError({ code: "interrupted", message: "interrupted" });
  /** Interrupts when a moment like this happens. */
  async function stopped(on: Stage, name: DrillName, when: RegExp): Promise<DrillResult> {
    const stop = new AbortController();
    const result = await done(on, name, {
      interrupted: stop.signal,
      change: quickSite,
      onEntry({ what }) {
        if (when.test(what)) stop.abort(interrupted());
      },
    });
    expect(result).toMatchObject({ ending: "interrupted", problem: undefined, notAsBefore: [] });
    expect(stop.signal.aborted).toBe(true);
    return result;
  }

  test("scale-out: the load ends, the desired capacity is set back", async () => {
    const on = await plain.copy();
    const result = await stopped(on, "scale-out", /^desired capacity: 2 →/);
    expect(Math.max(...result.cpu.map(({ percent }) => percent))).toBeGreaterThan(50);
    expect(words(result, "drill").at(-1)).toBe("set the desired capacity back to 2");
    expect(await group(on)).toEqual({ desired: 2, zones: 2 });
    expect(await drift(on)).toEqual([]);
    expect(await loads(on)).toBe(0);
  });
  // At the injected failure itself no read shows yet what was done.
  test.each([
    ["the injected failure", /^takes/],
    ["the first new instance", /is started$/],
  ])("lost-zone, at %s: the zone is given back", async (_when, when) => {
    const on = await plain.copy();
    await stopped(on, "lost-zone", when);
    expect(await group(on)).toEqual({ desired: 2, zones: 2 });
    expect(await drift(on)).toEqual([]);
  });
  test("lost-nat: up brings the NAT instance back", async () => {
    const on = await plain.copy();
    const result = await stopped(on, "lost-nat", /^terminates/);
    expect(words(result, "drill")).toContain("up: created Buddy-NAT2");
    expect(await drift(on)).toEqual([]);
  });
  test("dead-web: Apache is started again", async () => {
    const on = await plain.copy();
    const result = await stopped(on, "dead-web", /^stops Apache/);
    expect(words(result, "drill").at(-1)).toMatch(/^started Apache/);
    expect(await drift(on)).toEqual([]);
  });
});

describe("a drill that would prove nothing is refused", () => {
  const why = (on: Stage, name: DrillName) =>
    onStage(on, async (world) => drills[name].refuses(await world.group(), world));

  test("lost-nat with NAT gateways; scale-out of a group that is as large as it may be; dead-web of the only instance", async () => {
    const on = await (await standing({ nat: { mode: "gateway" }, web: { min: 1, desired: 1, max: 1 } }, 0)).copy();
    expect(await why(on, "lost-nat")).toContain("NAT gateways are AWS's to keep");
    expect(await why(on, "scale-out")).toContain("greatest size already: 1 of 1");
    expect(await why(on, "dead-web")).toContain("only one web instance");
    expect(await why(on, "lost-instance")).toContain("only one web instance");
  });

  test("lost-nat while up has something else to do, which it would do too", async () => {
    const on = await plain.copy();
    await on.aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: NAME, MaxSize: 5 });
    // Until reads show it.
    await on.clock.sleep(5_000);
    expect(await why(on, "lost-nat")).toContain("update Buddy-AutoScaling-Group");
    expect(await why(on, "lost-zone")).toBeUndefined();
  });
});

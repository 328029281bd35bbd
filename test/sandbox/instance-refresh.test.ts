/** Instance refreshes, by the rules of the Auto Scaling user guide: desired configuration, rollback, cancel, what is protected. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Account, GROUP, grown } from "./grown.ts";

const AL2023 = "ami-0a12023000000a64d";
let account: Account;
beforeEach(async () => {
  account = await grown();
});

const call = <T>(operation: string, input: object = {}): Promise<T> =>
  account.ask("auto-scaling", operation, { AutoScalingGroupName: GROUP, ...input });
interface Instance {
  readonly InstanceId: string;
  readonly LifecycleState: string;
  readonly LaunchTemplate: { Version: string };
}
interface Group {
  readonly DesiredCapacity: number;
  readonly LaunchTemplate: { LaunchTemplateId: string; Version: string };
  readonly Instances: Instance[];
}
const group = async (): Promise<Group> =>
  (
    await account.ask<{ AutoScalingGroups: Group[] }>("auto-scaling", "DescribeAutoScalingGroups", {
      AutoScalingGroupNames: [GROUP],
    })
  ).AutoScalingGroups[0] as Group;
const versions = async () =>
  (await group()).Instances.filter(({ LifecycleState }) => LifecycleState === "InService").map(
    ({ LaunchTemplate }) => LaunchTemplate.Version,
  );
interface Refresh {
  readonly Status: string;
  readonly StatusReason?: string;
  readonly PercentageComplete?: number;
  readonly InstancesToUpdate?: number;
  readonly EndTime?: Date;
  readonly RollbackDetails?: { RollbackReason: string; InstancesToUpdateOnRollback: number };
}
const refresh = async (): Promise<Refresh> =>
  (await call<{ InstanceRefreshes: Refresh[] }>("DescribeInstanceRefreshes")).InstanceRefreshes[0] as Refresh;
/** Another version of the group's launch template. */
async function newVersion(change: object): Promise<{ LaunchTemplateId: string; Version: string }> {
  const { LaunchTemplateId } = (await group()).LaunchTemplate;
  const { LaunchTemplateVersions } = await account.ask<{ LaunchTemplateVersions: { LaunchTemplateData: object }[] }>(
    "ec2",
    "DescribeLaunchTemplateVersions",
    { LaunchTemplateId, Versions: ["$Latest"] },
  );
  const { LaunchTemplateVersion } = await account.ask<{ LaunchTemplateVersion: { VersionNumber: number } }>(
    "ec2",
    "CreateLaunchTemplateVersion",
    { LaunchTemplateId, LaunchTemplateData: { ...LaunchTemplateVersions[0]?.LaunchTemplateData, ...change } },
  );
  await account.sleep(5);
  return { LaunchTemplateId, Version: String(LaunchTemplateVersion.VersionNumber) };
}
const good = () => newVersion({ Monitoring: { Enabled: true } });
/** Its instances start and never answer. */
const broken = () => newVersion({ ImageId: AL2023, BlockDeviceMappings: [] });
const AHEAD = { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 };
async function start(desired: object | undefined, Preferences: object = AHEAD): Promise<void> {
  await call("StartInstanceRefresh", {
    Preferences,
    ...(desired ? { DesiredConfiguration: { LaunchTemplate: desired } } : {}),
  });
  await account.sleep(5);
}
async function until(holds: () => Promise<boolean>, mostMinutes: number): Promise<void> {
  const from = account.clock.now();
  while (!(await holds())) {
    if (account.clock.now() - from > mostMinutes * 60_000) throw new Error(`not within ${mostMinutes} minutes`);
    await account.sleep(10);
  }
}
const ended = async () => {
  await until(async () => (await refresh()).EndTime !== undefined, 150);
  return refresh();
};

describe("the desired configuration", () => {
  test("is the group's only when all instances have it; until then the group may not be changed", async () => {
    const to = await good();
    await start(to);
    await until(async () => (await refresh()).Status === "InProgress", 5);
    expect((await group()).LaunchTemplate.Version).toBe("1");
    await expect(call("UpdateAutoScalingGroup", { LaunchTemplate: to })).rejects.toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining("An active instance refresh with a desired configuration exists."),
    });
    await until(async () => (await refresh()).StatusReason !== undefined, 10);
    expect((await refresh()).StatusReason).toMatch(
      /^Waiting for instances to warm up before continuing\. For example: i-\w+ is warming up\.$/,
    );
    await until(async () => (await refresh()).PercentageComplete === 50, 30);
    expect(await ended()).toMatchObject({ Status: "Successful", PercentageComplete: 100, InstancesToUpdate: 0 });
    expect((await group()).LaunchTemplate.Version).toBe(to.Version);
    expect(await versions()).toEqual([to.Version, to.Version]);
  });

  test("that equals what is there leaves all as it is, with skip matching", async () => {
    const before = await account.members();
    await start((await group()).LaunchTemplate, { ...AHEAD, SkipMatching: true });
    expect((await ended()).Status).toBe("Successful");
    expect(await account.members()).toEqual(before);
  });
});

describe("a rollback", () => {
  test("by hand replaces what was deployed so far, and the group is as before", async () => {
    await start(await good());
    await until(async () => (await refresh()).PercentageComplete === 50, 30);
    await call("RollbackInstanceRefresh");
    await account.sleep(5);
    expect(await refresh()).toMatchObject({
      Status: "RollbackInProgress",
      RollbackDetails: { RollbackReason: expect.stringMatching(/manual/i), InstancesToUpdateOnRollback: 1 },
    });
    expect((await ended()).Status).toBe("RollbackSuccessful");
    expect(await versions()).toEqual(["1", "1"]);
    expect((await group()).LaunchTemplate.Version).toBe("1");
  });

  test("comes by itself, where it was asked for, when the new instances do not become healthy for an hour", async () => {
    const before = await account.members();
    await start(await broken(), { ...AHEAD, AutoRollback: true });
    await until(async () => (await refresh()).Status === "RollbackInProgress", 90);
    expect((await refresh()).RollbackDetails?.RollbackReason).toMatch(/automatic/i);
    expect((await ended()).Status).toBe("RollbackSuccessful");
    expect(await account.members()).toEqual(before);
  });

  test("does not come unasked: the refresh fails, with what it waited for", async () => {
    await start(await broken());
    expect(await ended()).toMatchObject({ Status: "Failed", StatusReason: expect.stringMatching(/is warming up/) });
    expect((await group()).LaunchTemplate.Version).toBe("1");
  });

  test("needs a desired configuration, and a version that is a number", async () => {
    const { LaunchTemplateId } = (await group()).LaunchTemplate;
    await expect(start(undefined, { ...AHEAD, AutoRollback: true })).rejects.toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining("AutoRollback parameter cannot be set to true"),
    });
    await start(undefined);
    const irreversible = { name: "IrreversibleInstanceRefreshFault", Code: "IrreversibleInstanceRefresh" };
    await expect(call("RollbackInstanceRefresh")).rejects.toMatchObject(irreversible);
    await call("CancelInstanceRefresh", { WaitForTransitioningInstances: false });
    await call("UpdateAutoScalingGroup", { LaunchTemplate: { LaunchTemplateId, Version: "$Latest" } });
    const to = await good();
    await expect(start(to, { ...AHEAD, AutoRollback: true })).rejects.toMatchObject({ name: "ValidationError" });
    await start(to);
    await expect(call("RollbackInstanceRefresh")).rejects.toMatchObject(irreversible);
  });
});

test("cancelled, it ends what is under way, and rolls nothing back; without a refresh there is nothing to cancel", async () => {
  const absent = { name: "ActiveInstanceRefreshNotFoundFault", Code: "ActiveInstanceRefreshNotFound" };
  await expect(call("CancelInstanceRefresh")).rejects.toMatchObject(absent);
  await expect(call("RollbackInstanceRefresh")).rejects.toMatchObject(absent);
  const to = await good();
  await start(to, { MinHealthyPercentage: 50 });
  await until(async () => (await refresh()).Status === "InProgress", 5);
  await call("CancelInstanceRefresh");
  await account.sleep(5);
  expect((await refresh()).Status).toBe("Cancelling");
  expect((await ended()).Status).toBe("Cancelled");
  await account.sleep(3_600);
  expect((await versions()).sort()).toEqual(["1", to.Version]);
  expect((await group()).LaunchTemplate.Version).toBe("1");
});

describe("instances that may not be replaced", () => {
  const protect = async (ProtectedFromScaleIn: boolean) => {
    const [first] = (await account.members()).map(({ id }) => id);
    await call("SetInstanceProtection", { InstanceIds: [first], ProtectedFromScaleIn });
    await account.sleep(5);
    return first as string;
  };

  test("protected from scale-in: waited for, told so, and after an hour the refresh fails", async () => {
    const id = await protect(true);
    await start(undefined);
    await until(async () => (await refresh()).StatusReason?.includes("protected from scale in") === true, 60);
    expect((await refresh()).StatusReason).toContain(id);
    expect(await ended()).toMatchObject({ Status: "Failed", StatusReason: expect.stringContaining(id) });
    expect((await account.members()).map((one) => one.id)).toContain(id);
  });

  test("protected: replaced once the protection is gone", async () => {
    const id = await protect(true);
    await start(undefined);
    await until(async () => (await refresh()).StatusReason?.includes("protected from scale in") === true, 60);
    await call("SetInstanceProtection", { InstanceIds: [id], ProtectedFromScaleIn: false });
    expect((await ended()).Status).toBe("Successful");
    expect((await account.members()).map((one) => one.id)).not.toContain(id);
  });

  test.each([
    ["Ignore", true],
    ["Refresh", false],
  ])("protected: with %s the refresh succeeds", async (ScaleInProtectedInstances, stays) => {
    const id = await protect(true);
    await start(undefined, { ...AHEAD, ScaleInProtectedInstances });
    expect((await ended()).Status).toBe("Successful");
    expect((await account.members()).map((one) => one.id).includes(id)).toBe(stays);
  });

  test("protected: not taken when fewer are wanted, though it is older", async () => {
    const id = await protect(true);
    await call("UpdateAutoScalingGroup", { MinSize: 1, DesiredCapacity: 1 });
    await until(async () => (await account.members()).length === 1, 15);
    expect((await account.members()).map((one) => one.id)).toEqual([id]);
  });

  const toStandby = async () => {
    const [first] = (await account.members()).map(({ id }) => id);
    await call("EnterStandby", { InstanceIds: [first], ShouldDecrementDesiredCapacity: false });
    await until(
      async () =>
        (await group()).Instances.some((one) => one.LifecycleState === "Standby") && (await versions()).length === 2,
      15,
    );
    return first as string;
  };

  test("in standby: another serves in its place; back in service there are three", async () => {
    const id = await toStandby();
    expect((await group()).DesiredCapacity).toBe(2);
    await expect(
      call("EnterStandby", { InstanceIds: [id], ShouldDecrementDesiredCapacity: false }),
    ).rejects.toMatchObject({ name: "ValidationError" });
    await call("ExitStandby", { InstanceIds: [id] });
    await account.sleep(5);
    expect((await group()).DesiredCapacity).toBe(3);
    expect(await versions()).toHaveLength(3);
    await expect(
      call("SetInstanceProtection", { InstanceIds: ["i-00000000000000000"], ProtectedFromScaleIn: true }),
    ).rejects.toMatchObject({
      message: `The instance i-00000000000000000 is not part of Auto Scaling group ${GROUP}.`,
    });
  });

  test("in standby, with fewer wanted: not below the least", async () => {
    const [first] = (await account.members()).map(({ id }) => id);
    await expect(
      call("EnterStandby", { InstanceIds: [first], ShouldDecrementDesiredCapacity: true }),
    ).rejects.toMatchObject({ name: "ValidationError", message: expect.stringContaining("min-size=2") });
  });

  test("in standby: waited for, told so, and after an hour the refresh fails", async () => {
    const id = await toStandby();
    await start(undefined);
    await until(async () => (await refresh()).StatusReason?.includes("in Standby") === true, 60);
    expect(await ended()).toMatchObject({ Status: "Failed", StatusReason: expect.stringContaining(id) });
  });

  test.each([
    ["Ignore", true],
    ["Terminate", false],
  ])("in standby: with %s the refresh succeeds", async (StandbyInstances, stays) => {
    const id = await toStandby();
    await start(undefined, { ...AHEAD, StandbyInstances });
    expect((await ended()).Status).toBe("Successful");
    expect((await group()).Instances.some(({ InstanceId }) => InstanceId === id)).toBe(stays);
  });
});

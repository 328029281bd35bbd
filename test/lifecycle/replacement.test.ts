/** Replacements that only a run finds, on the whole stack: a stranger is at work between the plan and the run. */
import { beforeAll, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { applyUp } from "../../src/engine/apply.ts";
import { planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

let base: Stage;
beforeAll(async () => {
  base = await stage();
  await base.up();
});

/** The stack with a config that gives every object another tag, so that the run looks at each again before it changes it. */
async function retagging(): Promise<Stage> {
  const clock = jumpingClock(base.clock.now());
  const sandbox = openSandbox({ world: structuredClone(base.sandbox.world), clock });
  const text = memoryText(base.text.text);
  return stageOn(parseConfig({ tags: { Team: "buddy" } }, "test.config.json"), clock, sandbox, text);
}
const idOf = (on: Stage, key: string): string => on.store.get(key)?.id as string;
const tagsOf = (on: Stage, key: string) =>
  Object.entries(on.graph.nodes.get(key)?.owner.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));

/** Another bastion stands in the place of the stack's: of another type, with the same tags. */
async function otherBastion(on: Stage): Promise<string> {
  const { Reservations } = await on.aws.ec2.describeInstances({ InstanceIds: [idOf(on, "bastion-1")] });
  const was = Reservations?.[0]?.Instances?.[0];
  await on.aws.ec2.terminateInstances({ InstanceIds: [idOf(on, "bastion-1")] });
  const { Instances } = await on.aws.ec2.runInstances({
    ImageId: was?.ImageId,
    InstanceType: "t3.small",
    MinCount: 1,
    MaxCount: 1,
    KeyName: was?.KeyName,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: was?.SubnetId,
        Groups: was?.SecurityGroups?.map(({ GroupId = "" }) => GroupId),
        AssociatePublicIpAddress: true,
      },
    ],
    TagSpecifications: [{ ResourceType: "instance", Tags: tagsOf(on, "bastion-1") }],
  });
  await on.clock.sleep(5 * 60_000);
  return Instances?.[0]?.InstanceId as string;
}

/** Another file system, which is not encrypted, stands in the place of the stack's. */
async function otherFileSystem(on: Stage): Promise<string> {
  const { efs } = on.aws;
  const FileSystemId = idOf(on, "file-system");
  const { MountTargets = [] } = await efs.describeMountTargets({ FileSystemId });
  for (const { MountTargetId } of MountTargets) await efs.deleteMountTarget({ MountTargetId });
  await on.clock.sleep(5 * 60_000);
  await efs.deleteFileSystem({ FileSystemId });
  const made = await efs.createFileSystem({
    CreationToken: "other",
    Encrypted: false,
    Tags: tagsOf(on, "file-system"),
  });
  await on.clock.sleep(5 * 60_000);
  return made.FileSystemId as string;
}

test("is refused unless --replace was said; the rest of the run is done", async () => {
  for (const replace of [false, true]) {
    const on = await retagging();
    const found = await on.refresh();
    expect(planUp(found).items.filter(({ action }) => action === "replace")).toEqual([]);
    const other = await otherBastion(on);
    on.writes();
    const { settled } = await applyUp({ ...on.run, replace }, found);
    const bastion = settled.find(({ key }) => key === "bastion-1");
    const terminated = on.writes().filter((call) => call === "ec2:TerminateInstances").length;
    if (replace) {
      expect({ outcome: bastion?.outcome, terminated }).toEqual({ outcome: "replaced", terminated: 1 });
      continue;
    }
    expect({ outcome: bastion?.outcome, terminated }).toEqual({ outcome: "failed", terminated: 0 });
    expect(bastion?.error).toMatchObject({
      code: "refused",
      message: "Bastion1 would have to be recreated: instanceType cannot be changed in place",
      about: { key: "bastion-1", id: other },
      hint: "Say --replace to have it done, or put the config back as it was.",
    });
    expect(settled.find(({ key }) => key === "bastion-2")?.outcome).toBe("updated");
    // What the next plan says is the same.
    await expect(on.up()).rejects.toMatchObject({ code: "refused", message: bastion?.error?.message });
  }
});

test("is refused in any case where the object holds data", async () => {
  const on = await retagging();
  const found = await on.refresh();
  const other = await otherFileSystem(on);
  on.writes();
  const { settled } = await applyUp({ ...on.run, replace: true }, found);
  expect(settled.find(({ key }) => key === "file-system")).toMatchObject({
    outcome: "failed",
    error: {
      code: "refused",
      hint: expect.stringMatching(/^The data of Buddy-EFS would be lost/),
      about: { id: other },
    },
  });
  expect(on.writes().filter((call) => /^efs:(Delete|Create)/.test(call))).toEqual([]);
});

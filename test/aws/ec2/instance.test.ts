import { isDeepStrictEqual } from "node:util";
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  EC2Client,
  EC2ServiceException,
  GetConsoleOutputCommand,
  type Instance,
  ModifyInstanceAttributeCommand,
  ModifyInstanceCreditSpecificationCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { DeleteParameterCommand, GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { imageBuilder } from "../../../src/aws/ec2/image-builder.ts";
import { type InstanceSpec, instance } from "../../../src/aws/ec2/instance.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ec2 = mocked(EC2Client);
const ssm = mocked(SSMClient);
beforeEach(() => {
  ec2.reset();
  ssm.reset();
});

const failure = (name: string, message = name) =>
  new EC2ServiceException({ name, message, $fault: "client", $metadata: { httpStatusCode: 400, attempts: 1 } });
const missing = () => new ParameterNotFound({ message: "", $metadata: {} });

const spec: InstanceSpec = {
  imageId: "ami-1",
  rootDevice: "/dev/xvda",
  instanceType: "t3.micro",
  subnetId: "subnet-1",
  groupIds: ["sg-1", "sg-2"],
  keyName: "Buddy-Project",
  profileName: undefined,
  publicAddress: true,
  sourceDestCheck: false,
  userData: "#!/bin/bash\n",
  volumeGiB: 8,
  cpuCredits: "unlimited",
  setUp: undefined,
};
const found = (change: Partial<Instance> = {}, key = "nat-1", name = "Buddy-NAT1"): Instance => ({
  InstanceId: "i-1",
  ImageId: "ami-0",
  InstanceType: "t3.micro",
  SubnetId: "subnet-1",
  KeyName: "Buddy-Project",
  State: { Name: "running" },
  PublicIpAddress: "198.51.100.7",
  SecurityGroups: [{ GroupId: "sg-2" }, { GroupId: "sg-1" }],
  SourceDestCheck: false,
  NetworkInterfaces: [{ NetworkInterfaceId: "eni-1", SourceDestCheck: true }],
  BlockDeviceMappings: [{ Ebs: { VolumeId: "vol-1" } }],
  Tags: [...awsTags(key, name), { Key: "buddyverse:cpu-credits", Value: "unlimited" }],
  ...change,
});
/** Lists answer `listed`; a question for an id answers `byId`. */
function answers(listed: Instance[], byId: Instance[] = listed): void {
  ec2.on(DescribeInstancesCommand).callsFake((input) => ({
    Reservations: [{ Instances: input.Filters?.[0]?.Name === "instance-id" ? byId : listed }],
  }));
}

describe("instance", () => {
  const owner = ownerOf("nat-1", "Buddy-NAT1");
  const terminated = (code?: string, message?: string) =>
    found({
      State: { Name: "terminated" },
      ...(code ? { StateReason: { Code: code, ...(message ? { Message: message } : {}) } } : {}),
    });

  test("is launched with all that people forget, in one call", async () => {
    ec2.on(RunInstancesCommand).resolves({ Instances: [{ InstanceId: "i-1" }] });
    expect(await instance.create?.(aws, spec, owner, "token-1")).toBe("i-1");
    expect(ec2.calls()).toHaveLength(1);
    const input = ec2.commandCalls(RunInstancesCommand)[0]?.args[0].input;
    expect(input).toMatchObject({
      MinCount: 1,
      MaxCount: 1,
      ClientToken: "token-1",
      UserData: Buffer.from("#!/bin/bash\n").toString("base64"),
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId: "subnet-1", Groups: ["sg-1", "sg-2"], AssociatePublicIpAddress: true },
      ],
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 8, VolumeType: "gp3", Encrypted: true } }],
      MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 },
      CreditSpecification: { CpuCredits: "unlimited" },
      InstanceInitiatedShutdownBehavior: "stop",
    });
    const credits = { Key: "buddyverse:cpu-credits", Value: "unlimited" };
    expect(
      input?.TagSpecifications?.map(({ ResourceType, Tags }) => [
        ResourceType,
        Tags?.some((tag) => isDeepStrictEqual(tag, credits)),
      ]),
    ).toEqual([
      ["instance", true],
      ["volume", false],
      ["network-interface", false],
    ]);
    // Both at once are refused by AWS; no profile was asked for.
    for (const absent of ["SubnetId", "SecurityGroupIds", "IamInstanceProfile"])
      expect(input).not.toHaveProperty(absent);
  });

  test("a type without CPU credits is launched without a word of them", async () => {
    ec2.on(RunInstancesCommand).resolves({ Instances: [{ InstanceId: "i-1" }] });
    await instance.create?.(aws, { ...spec, instanceType: "m7i.large", cpuCredits: undefined }, owner, "t");
    const input = ec2.commandCalls(RunInstancesCommand)[0]?.args[0].input;
    expect(input).not.toHaveProperty("CreditSpecification");
    expect(JSON.stringify(input?.TagSpecifications)).not.toContain("cpu-credits");
  });

  describe("whose set-up is awaited", () => {
    const nat = (setUp: string, state = "running", instanceType = "t3.micro") =>
      found({
        State: { Name: state as "running" },
        InstanceType: instanceType as "t3.micro",
        Tags: [...awsTags("nat-1", "Buddy-NAT1"), { Key: "buddyverse:set-up", Value: setUp }],
      });
    const AWAITED = "awaited: BUDDYVERSE-NAT";
    const wanted = { ...spec, setUp: "BUDDYVERSE-NAT" };
    const says = (latest: string | Error, kept = "") =>
      ec2.on(GetConsoleOutputCommand).callsFake(({ Latest }) => {
        if (Latest && latest instanceof Error) throw latest;
        return { Output: Buffer.from(Latest ? String(latest) : kept).toString("base64") };
      });
    const look = async (shown: Instance) => {
      answers([shown]);
      const live = await instance.find(aws, owner, "i-1");
      if (!live) throw new Error("not found");
      return live;
    };

    test("says so by a tag from its launch on", async () => {
      ec2.on(RunInstancesCommand).resolves({ Instances: [{ InstanceId: "i-1" }] });
      await instance.create?.(aws, wanted, owner, "t");
      const [input] = ec2.commandCalls(RunInstancesCommand).map(({ args }) => args[0].input);
      expect(input?.TagSpecifications?.[0]?.Tags).toContainEqual({ Key: "buddyverse:set-up", Value: AWAITED });
    });

    test.each([
      ["nothing yet", "Linux version 6.1\n", "pending"],
      ["that it is done", "x\nBUDDYVERSE-NAT SETUP DONE: routing\n", "ready"],
      ["that it is done after all", "BUDDYVERSE-NAT FAILED at 3\nBUDDYVERSE-NAT SETUP DONE: routing\n", "ready"],
      [
        "that it failed",
        "booting\nBUDDYVERSE-NAT FAILED at line 9: nft\nlogin:",
        {
          failed:
            "the set-up of i-1 failed; the end of its console output:\nbooting\nBUDDYVERSE-NAT FAILED at line 9: nft",
        },
      ],
    ])("is what its console says as of now: %s", async (_what, console, health) => {
      says(console);
      const live = await look(nat(AWAITED));
      expect(instance.health?.(live)).toEqual(health);
    });

    test("is not asked before it runs, nor when it is known to be done, nor of one launched before there was a word", async () => {
      const at = async (shown: Instance) => instance.health?.(await look(shown));
      expect(await at(nat(AWAITED, "pending"))).toBe("pending");
      expect(await at(nat("done: BUDDYVERSE-NAT"))).toBe("ready");
      expect(await at(found())).toBe("ready");
      expect(ec2.commandCalls(GetConsoleOutputCommand)).toEqual([]);
    });

    test("is marked as done when it is, once", async () => {
      says("BUDDYVERSE-NAT SETUP DONE");
      const live = await look(nat(AWAITED));
      expect(differences(instance, wanted, live, undefined).map(({ field }) => field)).toContain("setUp");
      await instance.update?.(aws, live, wanted, new Set(["setUp"]), owner);
      const done = { Key: "buddyverse:set-up", Value: "done: BUDDYVERSE-NAT" };
      expect(ec2.commandCalls(CreateTagsCommand).map(({ args }) => args[0].input)).toEqual([
        { Resources: ["i-1"], Tags: [done] },
      ]);
      const marked = await look(nat(done.Value));
      expect(differences(instance, wanted, marked, undefined).map(({ field }) => field)).not.toContain("setUp");
    });

    test("on Xen, whose console AWS does not show as of now: only a failure counts", async () => {
      const xen = failure(
        "UnsupportedOperation",
        "This instance type does not support retrieving the latest console logs.",
      );
      says(xen, "Linux version\n");
      expect(instance.health?.(await look(nat(AWAITED, "running", "t2.micro")))).toBe("ready");
      says(xen, "BUDDYVERSE-NAT FAILED at line 9\n");
      expect(instance.health?.(await look(nat(AWAITED, "running", "t2.micro")))).toMatchObject({
        failed: expect.stringContaining("FAILED at line 9"),
      });
      says(failure("UnauthorizedOperation"));
      await expect(look(nat(AWAITED))).rejects.toMatchObject({ name: "UnauthorizedOperation" });
    });

    test("and does not come: the console, and how to get a new one", async () => {
      says("cloud-init: no user data\n");
      const live = await look(nat(AWAITED));
      expect(instance.doing?.(live)).toBe("setting itself up");
      expect(instance.stuck?.(aws, live)).toMatch(
        /^its set-up has not said that it is done; the end of its console output:\ncloud-init: no user data\nFor a new one: aws ec2 terminate-instances --instance-ids i-1 /,
      );
    });
  });

  describe("CPU credits", () => {
    const live = async (change: Partial<Instance>) => {
      answers([found(change)]);
      const one = await instance.find(aws, owner, "i-1");
      if (!one) throw new Error("not found");
      return one;
    };
    const Tags = awsTags("nat-1", "Buddy-NAT1");

    test("another option is a difference that is set in place; one without the tag is in standard mode", async () => {
      const before = await live({ Tags });
      expect(differences(instance, spec, before, owner.tags)).toMatchObject([
        { field: "cpuCredits", found: "standard", wanted: "unlimited", replaces: false },
      ]);
      ec2.on(ModifyInstanceCreditSpecificationCommand).resolves({
        SuccessfulInstanceCreditSpecifications: [{ InstanceId: "i-1" }],
        UnsuccessfulInstanceCreditSpecifications: [],
      });
      await instance.update?.(aws, before, spec, new Set(["cpuCredits"]), owner);
      expect(ec2.commandCalls(ModifyInstanceCreditSpecificationCommand)[0]?.args[0].input).toEqual({
        InstanceCreditSpecifications: [{ InstanceId: "i-1", CpuCredits: "unlimited" }],
      });
      expect(ec2.calls().at(-1)?.args[0].input).toEqual({
        Resources: ["i-1"],
        Tags: [{ Key: "buddyverse:cpu-credits", Value: "unlimited" }],
      });
    });

    test("what EC2 answers that it did not do has failed, and the tag stays as it is", async () => {
      const before = await live({ Tags });
      ec2.on(ModifyInstanceCreditSpecificationCommand).resolves({
        UnsuccessfulInstanceCreditSpecifications: [
          { InstanceId: "i-1", Error: { Code: "IncorrectInstanceState", Message: "it is stopping" } },
        ],
      });
      await expect(instance.update?.(aws, before, spec, new Set(["cpuCredits"]), owner)).rejects.toThrow(
        /CPU credits of i-1 to unlimited: IncorrectInstanceState: it is stopping/,
      );
      expect(ec2.commandCalls(CreateTagsCommand)).toEqual([]);
    });

    test("a type without them has no difference in them", async () => {
      const one = await live({ Tags, InstanceType: "m7i.large" });
      expect(
        differences(instance, { ...spec, instanceType: "m7i.large", cpuCredits: undefined }, one, owner.tags),
      ).toEqual([]);
    });
  });

  test("another image, user data or order of groups is no difference; another type is a replacement", async () => {
    answers([found()]);
    const live = await instance.find(aws, owner, "i-1");
    if (!live) throw new Error("not found");
    expect(differences(instance, spec, live, owner.tags)).toEqual([]);
    expect(differences(instance, { ...spec, instanceType: "t3.small" }, live, owner.tags)).toMatchObject([
      { field: "instanceType", replaces: true },
    ]);
    expect(
      differences(instance, { ...spec, sourceDestCheck: true, groupIds: ["sg-1"] }, live, owner.tags),
    ).toMatchObject([
      { field: "groupIds", replaces: false },
      { field: "sourceDestCheck", replaces: false },
    ]);
  });

  test("attributes are set one per call; tags on its volume and interface, too", async () => {
    answers([found()]);
    const live = await instance.find(aws, owner, "i-1");
    if (!live) throw new Error("not found");
    await instance.update?.(aws, live, spec, new Set(["sourceDestCheck", "groupIds", "tags"]), owner);
    expect(ec2.commandCalls(ModifyInstanceAttributeCommand).map(({ args }) => args[0].input)).toEqual([
      { InstanceId: "i-1", SourceDestCheck: { Value: false } },
      { InstanceId: "i-1", Groups: ["sg-1", "sg-2"] },
    ]);
    expect(ec2.commandCalls(CreateTagsCommand)[0]?.args[0].input.Resources).toEqual(["i-1", "vol-1", "eni-1"]);
  });

  test("instances of an Auto Scaling group, and those without a key, are nobody's", async () => {
    const tags = awsTags("nat-1", "web");
    answers([
      found({ InstanceId: "i-2", Tags: [...tags, { Key: "aws:autoscaling:groupName", Value: "group" }] }),
      found({ InstanceId: "i-3", Tags: tags.filter(({ Key }) => Key !== "buddyverse:key") }),
    ]);
    expect(await instance.list?.(aws, "test")).toEqual([]);
    expect(await instance.find(aws, owner)).toBeUndefined();
  });

  test.each([
    ["running", "ready"],
    ["pending", "pending"],
    ["stopping", "pending"],
    ["shutting-down", "deleting"],
  ] as const)("%s is %s", async (Name, health) => {
    answers([found({ State: { Name } })]);
    const live = await instance.find(aws, owner, "i-1");
    expect(live && instance.health?.(live)).toEqual(health);
  });

  test("a stopped one has failed, with the reason", async () => {
    const StateReason = {
      Code: "Client.InstanceInitiatedShutdown",
      Message: "Client.InstanceInitiatedShutdown: init 0",
    };
    answers([found({ State: { Name: "stopped" }, StateReason })]);
    const live = await instance.find(aws, owner, "i-1");
    expect(live && instance.health?.(live)).toEqual({
      failed: "i-1 is stopped (Client.InstanceInitiatedShutdown: init 0)",
    });
  });

  test("a launch that AWS ended tells AWS's reason; what a caller terminated is gone", async () => {
    answers([], [terminated("Server.InternalError", "the key is disabled")]);
    const live = await instance.find(aws, owner, "i-1");
    expect(live && instance.health?.(live)).toEqual({
      failed: "AWS terminated i-1: Server.InternalError: the key is disabled",
    });
    // Without the record it is an old story.
    expect(await instance.find(aws, owner)).toBeUndefined();
    answers([], [terminated("Client.UserInitiatedShutdown")]);
    expect(await instance.find(aws, owner, "i-1")).toBeUndefined();
    answers([], [terminated()]);
    expect(await instance.find(aws, owner, "i-1")).toBeUndefined();
  });

  test("a dead one cannot be removed: it says that it stays, and without its record it is nobody's", async () => {
    answers([], [terminated("Server.InternalError")]);
    const live = await instance.find(aws, owner, "i-1");
    if (!live) throw new Error("not found");
    expect(await instance.delete?.(aws, live, { discardData: false, label: "x" })).toBe("i-1");
    expect(ec2.commandCalls(TerminateInstancesCommand)).toEqual([]);
    expect(await instance.find(aws, owner)).toBeUndefined();
  });

  test("a recorded one that lost its tags is ours, with somebody else's it is not; a denied read is no missingMessage; gone is gone", async () => {
    answers([], [found({ Tags: [] })]);
    expect(await instance.find(aws, owner, "i-1")).toMatchObject({ id: "i-1", tags: {} });
    answers([], [found({ Tags: [{ Key: "buddyverse:stack", Value: "theirs" }] })]);
    await expect(instance.find(aws, owner, "i-1")).rejects.toMatchObject({ code: "not-ours" });
    ec2.on(DescribeInstancesCommand).rejects(failure("UnauthorizedOperation"));
    await expect(instance.find(aws, owner)).rejects.toMatchObject({ name: "UnauthorizedOperation" });
    answers([found()]);
    const live = await instance.find(aws, owner);
    if (!live) throw new Error("not found");
    ec2.on(TerminateInstancesCommand).rejects(failure("InvalidInstanceID.NotFound"));
    await instance.delete?.(aws, live, { discardData: false, label: "x" });
  });

  test("a profile that EC2 does not know yet is tried again; want of capacity and other bad values are not", () => {
    const again = (name: string, message: string) => isOneOf(failure(name, message), instance.retryable?.create);
    expect(
      again(
        "InvalidParameterValue",
        "Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
      ),
    ).toBe(true);
    expect(again("InvalidParameterValue", "Invalid value 't9.huge' for InstanceType.")).toBe(false);
    expect(again("InsufficientInstanceCapacity", "no capacity")).toBe(false);
  });
});

describe("image builder", () => {
  const marker = "/buddyverse/test/image/abc";
  const owner = ownerOf("builder-abc", "Buddy-WEB-Builder");
  const builder = (Name: "running" | "stopped") =>
    found({
      State: { Name },
      Tags: [...awsTags("builder-abc", "Buddy-WEB-Builder"), { Key: "buddyverse:image-marker", Value: marker }],
    });
  const health = async () => {
    const live = await imageBuilder.find(aws, owner);
    return live && imageBuilder.health?.(live);
  };

  test("while it runs nothing is asked for but the instance", async () => {
    answers([builder("running")]);
    expect(await health()).toBe("pending");
    expect(ec2.calls()).toHaveLength(1);
    expect(ssm.calls()).toEqual([]);
  });

  test("stopped with its mark it is ready, and its console is not read", async () => {
    answers([builder("stopped")]);
    ssm.on(GetParameterCommand, { Name: marker }).resolves({ Parameter: { Value: "baked" } });
    expect(await health()).toBe("ready");
    expect(ec2.commandCalls(GetConsoleOutputCommand)).toEqual([]);
  });

  test("stopped without its mark it has failed, with the last lines of its console, without terminal codes", async () => {
    answers([builder("stopped")]);
    ssm.on(GetParameterCommand).rejects(missing());
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const Output = Buffer.from(`${lines.join("\r\n")}\n\x1b[31mBUDDYVERSE-SETUP FAILED\x1b[0m\n`).toString("base64");
    ec2.on(GetConsoleOutputCommand).resolves({ Output });
    const failed = ((await health()) as { failed: string }).failed;
    expect(failed).toMatch(/line 99\nBUDDYVERSE-SETUP FAILED$/);
    expect(failed).toContain(`${marker} does not say "baked"`);
    expect(failed).not.toContain("line 50");
  });

  test("an empty console is told", async () => {
    answers([builder("stopped")]);
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: "something else" } });
    ec2.on(GetConsoleOutputCommand).resolves({});
    expect(await health()).toMatchObject({ failed: expect.stringContaining("no console output") });
  });

  test("the two sorts of instances are not taken for each other", async () => {
    answers([builder("running"), found()]);
    expect((await instance.list?.(aws, "test"))?.map(({ tags }) => tags.Name)).toEqual(["Buddy-NAT1"]);
    expect((await imageBuilder.list?.(aws, "test"))?.map(({ tags }) => tags.Name)).toEqual(["Buddy-WEB-Builder"]);
  });

  test("an old mark is removed before the launch, and with the builder", async () => {
    ssm.on(DeleteParameterCommand).rejects(missing());
    ec2.on(RunInstancesCommand).resolves({ Instances: [{ InstanceId: "i-1" }] });
    const { sourceDestCheck: _none, ...launch } = spec;
    await imageBuilder.create?.(aws, { ...launch, marker }, owner, "t");
    expect(ssm.commandCalls(DeleteParameterCommand)[0]?.args[0].input).toEqual({ Name: marker });
    const tags = ec2.commandCalls(RunInstancesCommand)[0]?.args[0].input.TagSpecifications?.[0]?.Tags;
    expect(tags).toContainEqual({ Key: "buddyverse:image-marker", Value: marker });

    answers([builder("running")]);
    const live = await imageBuilder.find(aws, owner);
    if (!live) throw new Error("not found");
    await imageBuilder.delete?.(aws, live, { discardData: false, label: "x" });
    expect(ssm.commandCalls(DeleteParameterCommand)).toHaveLength(2);
    expect(ec2.commandCalls(TerminateInstancesCommand)).toHaveLength(1);
  });
});

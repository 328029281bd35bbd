import {
  CreateImageCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  EC2ServiceException,
  type Image,
  ModifyLaunchTemplateCommand,
} from "@aws-sdk/client-ec2";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { image } from "../../../src/aws/ec2/image.ts";
import { type LaunchTemplateSpec, launchTemplate } from "../../../src/aws/ec2/launch-template.ts";
import { publicImage } from "../../../src/aws/ec2/public-image.ts";
import { IMAGE_NAMES } from "../../../src/config/kinds.ts";
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
const gone = { discardData: false, label: "x" };

describe("image", () => {
  const owner = ownerOf("image-abc", "Buddy-WEB-Image-abc");
  const found = (change: Partial<Image> = {}): Image => ({
    ImageId: "ami-1",
    Name: "Buddy-WEB-Image-abc",
    State: "available",
    RootDeviceName: "/dev/sda1",
    BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { SnapshotId: "snap-1", VolumeSize: 8 } }],
    Tags: awsTags("image-abc", "Buddy-WEB-Image-abc"),
    ...change,
  });
  const find = async (...Images: Image[]) => {
    ec2.on(DescribeImagesCommand).resolves({ Images });
    return image.find(aws, owner);
  };
  const spec = { builderId: "i-1", baseId: "ami-base", edition: "2026-11-28T12:00:00.000Z" };

  test("is tagged when it is made, and its snapshots with it; tags that change, on all of them", async () => {
    ec2.on(CreateImageCommand).resolves({ ImageId: "ami-1" });
    expect(await image.create?.(aws, spec, owner, "t")).toBe("ami-1");
    const Tags = expect.arrayContaining([{ Key: "buddyverse:key", Value: "image-abc" }]);
    expect(ec2.commandCalls(CreateImageCommand)[0]?.args[0].input).toMatchObject({
      InstanceId: "i-1",
      Name: "Buddy-WEB-Image-abc",
      TagSpecifications: [
        { ResourceType: "image", Tags },
        { ResourceType: "snapshot", Tags },
      ],
    });
    const [made] = ec2.commandCalls(CreateImageCommand)[0]?.args[0].input.TagSpecifications ?? [];
    const live = await find(found({ Tags: made?.Tags ?? [] }));
    if (!live) throw new Error("not found");
    expect(live).toMatchObject({ baseId: spec.baseId, edition: spec.edition });
    expect(differences(image, spec, live, owner.tags)).toEqual([]);
    await image.update?.(aws, live, spec, new Set(["tags"]), owner);
    expect(ec2.commandCalls(CreateTagsCommand)[0]?.args[0].input.Resources).toEqual(["ami-1", "snap-1"]);
  });

  test.each(["failed", "error", "invalid", "disabled"] as const)("%s is a failure with AWS's reason", async (State) => {
    const live = await find(found({ State, StateReason: { Message: "the snapshot failed" } }));
    expect(live && image.health?.(live)).toEqual({ failed: `image ami-1 is in state ${State}: the snapshot failed` });
  });

  test("a deregistered one, which AWS goes on to show, is absent", async () => {
    expect(await find(found({ State: "deregistered" }))).toBeUndefined();
  });

  test("a backup of an instance, with its tags and AWS Backup's, is not the stack's image", async () => {
    const { Tags = [] } = found();
    expect(await find(found({ Tags: [...Tags, { Key: "aws:backup:source-resource", Value: "arn" }] }))).toBeUndefined();
    expect(await find(found({ Tags: [...Tags, { Key: "aws:dlm:lifecycle-policy-id", Value: "p" }] }))).toBeUndefined();
  });

  test("a name that is taken is ours when an answer was lost, else it is said; one that does not show yet is looked for again", async () => {
    ec2.on(CreateImageCommand).rejects(failure("InvalidAMIName.Duplicate"));
    const taken = (Tags: { Key: string; Value: string }[]) =>
      ec2.on(DescribeImagesCommand).resolves({ Images: [{ ImageId: "ami-9", State: "pending", Tags }] });
    taken(awsTags(owner.key, owner.name));
    expect(await image.create?.(aws, spec, owner, "t")).toBe("ami-9");
    taken([]);
    await expect(image.create?.(aws, spec, owner, "t")).rejects.toMatchObject({ code: "not-ours" });
    ec2.on(DescribeImagesCommand).resolves({ Images: [] });
    await expect(image.create?.(aws, spec, owner, "t")).rejects.toMatchObject({ name: "InvalidAMIName.Duplicate" });
  });

  test("its snapshots go with it; those that AWS does not tell of are removed one by one, shared ones stay", async () => {
    const live = await find(
      found({
        BlockDeviceMappings: [1, 2, 3, 4].map((number) => ({ Ebs: { SnapshotId: `snap-${number}` } })),
      }),
    );
    if (!live) throw new Error("not found");
    ec2.on(DeregisterImageCommand).resolves({
      DeleteSnapshotResults: [
        { SnapshotId: "snap-1", ReturnCode: "success" },
        { SnapshotId: "snap-2", ReturnCode: "skipped" },
        { SnapshotId: "snap-3", ReturnCode: "internal-error" },
      ],
    });
    ec2.on(DeleteSnapshotCommand, { SnapshotId: "snap-4" }).rejects(failure("InvalidSnapshot.NotFound"));
    ec2.on(DescribeLaunchTemplatesCommand).resolves({ LaunchTemplates: [] });
    await image.delete?.(aws, live, gone);
    expect(ec2.commandCalls(DeregisterImageCommand)[0]?.args[0].input).toEqual({
      ImageId: "ami-1",
      DeleteAssociatedSnapshots: true,
    });
    expect(ec2.commandCalls(DeleteSnapshotCommand).map(({ args }) => args[0].input.SnapshotId)).toEqual([
      "snap-3",
      "snap-4",
    ]);
  });
});

describe("public image", () => {
  const owner = ownerOf("image-base", "ubuntu-22.04");
  const PARAMETER = "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id";
  const found = (ImageId: string, change: Partial<Image> = {}): Image => ({
    ImageId,
    State: "available",
    Architecture: "x86_64",
    RootDeviceName: "/dev/sda1",
    BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8 } }],
    ...change,
  });
  const parameter = (Value: string) =>
    ssm.on(GetParametersCommand).resolves({ Parameters: [{ Name: PARAMETER, Value }] });
  const noParameter = () => ssm.on(GetParametersCommand).resolves({ InvalidParameters: [PARAMETER] });

  test("is looked up by its publisher's parameter", async () => {
    parameter("ami-new");
    ec2.on(DescribeImagesCommand, { ImageIds: ["ami-new"] }).resolves({ Images: [found("ami-new")] });
    expect(await publicImage.find(aws, owner)).toMatchObject({ id: "ami-new", rootDevice: "/dev/sda1", rootGiB: 8 });
  });

  test("what was recorded is no longer it when a newer one is out", async () => {
    parameter("ami-new");
    ec2.on(DescribeImagesCommand).callsFake(({ ImageIds }) => ({ Images: ImageIds.map((id: string) => found(id)) }));
    expect(await publicImage.find(aws, owner, "ami-old")).toMatchObject({ id: "ami-new" });
  });

  test("a recorded one serves while its name stands for nothing", async () => {
    noParameter();
    ec2.on(DescribeImagesCommand).callsFake(({ ImageIds }) => ({ Images: ImageIds ? [found("ami-old")] : [] }));
    expect(await publicImage.find(aws, owner, "ami-old")).toMatchObject({ id: "ami-old" });
  });

  test.each([
    ["ap-northeast-2", "099720109477"],
    ["cn-north-1", "837727238323"],
    ["us-gov-west-1", "513442679011"],
  ])("in %s Ubuntu's publisher is %s", async (region, publisher) => {
    noParameter();
    ec2.on(DescribeImagesCommand).resolves({ Images: [found("ami-1")] });
    for (const name of IMAGE_NAMES)
      expect(await publicImage.find({ ...aws, region }, ownerOf("image-base", name))).toMatchObject({ id: "ami-1" });
    const asked = ec2.commandCalls(DescribeImagesCommand).map(({ args }) => args[0].input);
    expect(asked.map(({ Owners }) => Owners)).toEqual(IMAGE_NAMES.map(() => [publisher]));
    expect(asked.map(({ Filters }) => Filters?.[0]?.Values?.[0])).toEqual([
      expect.stringContaining("jammy-22.04"),
      expect.stringContaining("noble-24.04"),
    ]);
  });

  test("without the parameter, or with one that names an unseen image, it is the owner's newest", async () => {
    parameter("ami-unseen");
    ec2.on(DescribeImagesCommand).callsFake(({ ImageIds, Owners }) => {
      if (ImageIds) throw failure("InvalidAMIID.NotFound");
      expect(Owners).toEqual(["099720109477"]);
      return {
        Images: [
          found("ami-1", { CreationDate: "2026-01-01T00:00:00.000Z" }),
          found("ami-2", { CreationDate: "2026-09-01T00:00:00.000Z" }),
        ],
      };
    });
    expect(await publicImage.find(aws, owner)).toMatchObject({ id: "ami-2" });
    noParameter();
    expect(await publicImage.find(aws, owner)).toMatchObject({ id: "ami-2" });
  });

  test("a parameter path that is not there is no image; denied is denied", async () => {
    noParameter();
    const custom = ownerOf("image-base", "/aws/service/nothing");
    expect(await publicImage.find(aws, custom)).toBeUndefined();
    expect(ec2.calls()).toEqual([]);
    ssm.on(GetParametersCommand).rejects(Object.assign(new Error("no"), { name: "AccessDeniedException" }));
    await expect(publicImage.find(aws, custom)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  test("two are read in one call, and one that is gone does not hide the other", async () => {
    ec2.on(DescribeImagesCommand).callsFake(({ ImageIds }) => {
      if (ImageIds.includes("ami-gone")) throw failure("InvalidAMIID.NotFound");
      return { Images: ImageIds.map((id: string) => found(id)) };
    });
    const ids = ["ami-a", "ami-b"];
    await Promise.all(ids.map((id) => publicImage.find(aws, ownerOf(id, id), id)));
    expect(ec2.calls()).toHaveLength(1);
    const [a, b] = await Promise.all(["ami-a", "ami-gone"].map((id) => publicImage.find(aws, ownerOf(id, id), id)));
    expect([a?.id, b]).toEqual(["ami-a", undefined]);
  });

  test("one for another processor is refused before anything is launched of it", async () => {
    ec2.on(DescribeImagesCommand).resolves({ Images: [found("ami-arm", { Architecture: "arm64" })] });
    const live = await publicImage.find(aws, ownerOf("image-base", "ami-arm"));
    expect(live && publicImage.health?.(live)).toMatchObject({ blocked: expect.stringContaining("arm64") });
  });
});

describe("launch template", () => {
  const owner = { ...ownerOf("launch-template", "Buddy-WEB-Image-Start") };
  const spec: LaunchTemplateSpec = {
    imageId: "ami-1",
    rootDevice: "/dev/sda1",
    instanceType: "t3.micro",
    volumeGiB: 8,
    groupIds: ["sg-1"],
    keyName: "Buddy-Project",
    profileName: "Buddy-WEB",
    userData: "#!/bin/bash\n",
    instanceName: "Buddy-WEB",
    cpuCredits: "unlimited",
    metadataTokens: "required",
    encrypted: true,
    release: "revision v1",
    rolledBackFrom: "",
  };
  const create = async (given = owner) => {
    ec2.on(CreateLaunchTemplateCommand).resolves({ LaunchTemplate: { LaunchTemplateId: "lt-1" } });
    await launchTemplate.create?.(aws, spec, given, "token-1");
    return ec2.commandCalls(CreateLaunchTemplateCommand)[0]?.args[0].input;
  };

  test("what is made reads back as what was wanted, and its version is a number", async () => {
    const input = await create();
    expect(input).toMatchObject({
      ClientToken: "token-1",
      LaunchTemplateData: {
        KeyName: "Buddy-Project",
        CreditSpecification: { CpuCredits: "unlimited" },
        MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1, InstanceMetadataTags: "enabled" },
        BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { Encrypted: true, VolumeType: "gp3" } }],
      },
    });
    ec2.on(DescribeLaunchTemplatesCommand).resolves({
      LaunchTemplates: [{ LaunchTemplateId: "lt-1", Tags: awsTags("launch-template", "Buddy-WEB-Image-Start") }],
    });
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [
        {
          VersionNumber: 4,
          DefaultVersion: true,
          LaunchTemplateData: input?.LaunchTemplateData as { ImageId: string },
        },
      ],
    });
    const live = await launchTemplate.find(aws, owner);
    expect(live).toMatchObject({ id: "lt-1", version: 4 });
    if (!live) throw new Error("not found");
    expect(differences(launchTemplate, spec, live, owner.tags)).toEqual([]);
    // As versions before left it: in standard mode, and without a key.
    const before = { ...live, cpuCredits: "standard", keyName: "" };
    expect(differences(launchTemplate, spec, before, owner.tags).map(({ field }) => field)).toEqual([
      "keyName",
      "cpuCredits",
    ]);
    expect(ec2.commandCalls(DescribeLaunchTemplatesCommand)).toHaveLength(1);
    expect(ec2.commandCalls(DescribeLaunchTemplateVersionsCommand)).toHaveLength(1);
  });

  test("its instances and volumes carry the stack's tags, but not the key of a resource", async () => {
    const input = await create();
    const given = input?.LaunchTemplateData?.TagSpecifications ?? [];
    expect(given.map(({ ResourceType }) => ResourceType)).toEqual(["instance", "volume"]);
    for (const { Tags } of given)
      expect(Tags).toEqual([
        { Key: "Name", Value: "Buddy-WEB" },
        { Key: "buddyverse:stack", Value: "test" },
      ]);
  });

  test("a tag key that the metadata service would refuse turns its tags off, not the launch", async () => {
    const input = await create({ ...owner, tags: { ...owner.tags, "cost center": "a/b" } });
    expect(input?.LaunchTemplateData?.MetadataOptions?.InstanceMetadataTags).toBe("disabled");
  });

  test("a difference is a new, whole version, which becomes the default; the tags come last", async () => {
    ec2.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 5 } });
    const live = { ...spec, id: "lt-1", tags: {}, version: 4, versions: [], running: [] };
    await launchTemplate.update?.(aws, live, { ...spec, imageId: "ami-2" }, new Set(["imageId", "tags"]), owner);
    expect(ec2.commandCalls(CreateLaunchTemplateVersionCommand)[0]?.args[0].input).toMatchObject({
      LaunchTemplateId: "lt-1",
      LaunchTemplateData: { ImageId: "ami-2", InstanceType: "t3.micro" },
    });
    expect(ec2.commandCalls(ModifyLaunchTemplateCommand)[0]?.args[0].input).toEqual({
      LaunchTemplateId: "lt-1",
      DefaultVersion: "5",
    });
    expect(ec2.calls().at(-1)?.args[0]).toBeInstanceOf(CreateTagsCommand);
  });

  test("a name that is taken is ours when an answer was lost, else it is said whose it is not", async () => {
    ec2.on(CreateLaunchTemplateCommand).rejects(failure("InvalidLaunchTemplateName.AlreadyExistsException"));
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [{ VersionNumber: 1, DefaultVersion: true }],
    });
    ec2.on(DescribeLaunchTemplatesCommand).resolves({
      LaunchTemplates: [{ LaunchTemplateId: "lt-9", Tags: awsTags("launch-template", "x") }],
    });
    expect(await launchTemplate.create?.(aws, spec, owner, "t")).toBe("lt-9");
    ec2.on(DescribeLaunchTemplatesCommand).resolves({ LaunchTemplates: [{ LaunchTemplateId: "lt-9", Tags: [] }] });
    await expect(launchTemplate.create?.(aws, spec, owner, "t")).rejects.toMatchObject({ code: "not-ours" });
    ec2.on(DescribeLaunchTemplatesCommand).resolves({ LaunchTemplates: [] });
    await expect(launchTemplate.create?.(aws, spec, owner, "t")).rejects.toMatchObject({
      name: "InvalidLaunchTemplateName.AlreadyExistsException",
    });
  });
});

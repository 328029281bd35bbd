import type { Instance, InstanceAttribute } from "@aws-sdk/client-ec2";
import type { Charge, Costing } from "../../engine/charge.ts";
import type {
  Coverage,
  Foreseen,
  Identified,
  Mending,
  NotYet,
  Owner,
  Protection,
  Tags,
} from "../../engine/resource.ts";
import { isUnknown } from "../../lib/unknown.ts";
import type { Aws } from "../aws.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { foreseeNamesake, KEY_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { type CpuCredits, creditSpecification } from "./cpu-credits.ts";
import { lookedAtVpc, ofStackIn } from "./in-vpc.ts";
import { creditCharges, instanceHours, publicAddress, volumeStorage } from "./prices.ts";
import type { InstanceTypeName } from "./tags.ts";
import { setTags, tagSpecifications } from "./tags.ts";

/** What the instances of the stack have in common, whatever they are for. */
export interface Found extends Identified {
  readonly tags: Tags;
  readonly state: string;
  /** Why it is in that state, as AWS's code and text; empty when AWS does not say. */
  readonly stateReason: { readonly code: string; readonly message: string };
  /** The AWS answer itself. */
  readonly instance: Instance;
  /** An Auto Scaling group launched it. */
  readonly ofGroup: boolean;
}

const LENT = "lent while the instance runs, and another one after each start";
const LIVING = ["pending", "running", "stopping", "stopped", "shutting-down"];
const USER_SHUTDOWN = "Client.UserInitiatedShutdown";

/** What the console, the AWS CLI and SDKs make up as a launch's token; `Run.token` has no dashes. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Somebody has started it like one of the stack's, with its tags ("Launch more like this" in the console copies them): so it is
 * theirs. An instance keeps the token that its launch was sent with (API reference, Instance, ClientToken).
 */
export const isCopy = ({ ClientToken = "", Tags }: Instance): boolean =>
  UUID.test(ClientToken) && tagsFrom(Tags)[KEY_TAG] !== undefined;

/** Those that the filters and ids name; what is asked for at the same moment is one call. */
export const instancesBy = (aws: Aws, input: Parameters<Aws["ec2"]["describeInstances"]>[0]) =>
  aws.coalesce(`ec2:instances:${JSON.stringify(input)}`, async () => {
    const reservations = await allPages(
      (NextToken) => aws.ec2.describeInstances({ ...input, NextToken }),
      (page) => page.Reservations,
      (page) => page.NextToken,
    );
    return reservations
      .flatMap(({ Instances = [] }) => Instances)
      .map(
        (instance): Found => ({
          id: instance.InstanceId as string,
          tags: tagsFrom(instance.Tags),
          state: instance.State?.Name ?? "",
          stateReason: { code: instance.StateReason?.Code ?? "", message: instance.StateReason?.Message ?? "" },
          instance,
          described: instance,
          ofGroup: (instance.Tags ?? []).some(({ Key }) => Key === "aws:autoscaling:groupName"),
        }),
      );
  });

/**
 * The stack's own instances: those with a key. What an Auto Scaling group launches carries the stack's tag too, but is the
 * group's, and what somebody has started like one of them is theirs. Terminated ones, which AWS shows for an hour, are gone.
 */
export async function ownInstances(aws: Aws, stack: string): Promise<readonly Found[]> {
  const place = { filter: "vpc-id", kind: "instance", idFilter: "instance-id" } as const;
  const found = await ofStackIn(aws, stack, place, (Filters) =>
    // All in the VPC is what is told of others, too: by the same filters.
    instancesBy(aws, {
      Filters: lookedAtVpc(aws) ? Filters : [...Filters, { Name: "instance-state-name", Values: [...LIVING] }],
    }),
  );
  return found.filter(
    ({ tags, ofGroup, state, instance }) =>
      !ofGroup && tags[KEY_TAG] !== undefined && !isCopy(instance) && LIVING.includes(state),
  );
}

/** For `foresee` of one that is not there: others that bear its name. */
export async function instanceNamesake(
  aws: Aws,
  _spec: object,
  owner: Owner,
  there: object | undefined,
): Promise<Foreseen | undefined> {
  if (there) return undefined;
  const found = await aws.batchById<readonly Found[]>("ec2:named-instances", owner.name, async (names) => {
    const all = await instancesBy(aws, {
      Filters: [
        { Name: "tag:Name", Values: [...names] },
        { Name: "instance-state-name", Values: [...LIVING] },
      ],
    });
    return new Map(names.map((name) => [name, all.filter(({ tags, ofGroup }) => !ofGroup && tags.Name === name)]));
  });
  return foreseeNamesake(owner, found ?? []);
}

/** The running instances of an Auto Scaling group. */
export const groupInstances = async (aws: Aws, group: string): Promise<readonly Found[]> =>
  instancesBy(aws, {
    Filters: [
      { Name: "tag:aws:autoscaling:groupName", Values: [group] },
      { Name: "instance-state-name", Values: ["running"] },
    ],
  });

/**
 * The versions of a launch template that instances run: EC2 itself tags those that it launches from one (user guide,
 * "Launch EC2 instances using a launch template").
 */
export async function versionsRunning(aws: Aws, templateId: string): Promise<readonly number[]> {
  const found = await instancesBy(aws, {
    Filters: [
      { Name: "tag:aws:ec2launchtemplate:id", Values: [templateId] },
      { Name: "instance-state-name", Values: ["pending", "running"] },
    ],
  });
  const versions = found.flatMap(({ instance }) =>
    (instance.Tags ?? []).flatMap(({ Key, Value }) => (Key === "aws:ec2launchtemplate:version" ? Number(Value) : [])),
  );
  return [...new Set(versions)];
}

/**
 * A recorded instance. A launch that AWS took may still fail (no capacity, a volume limit, a key that it may not use): then
 * the instance is terminated at once, and the reason stands only there. One that a caller terminated is gone. The tags of
 * a terminated instance vanish before itself (EC2 user guide, "Instance termination").
 */
export const recordedInstance = (aws: Aws, id: string): Promise<Found | undefined> =>
  aws.batchById("ec2:instances", id, async (ids) => {
    const found = await instancesBy(aws, { Filters: [{ Name: "instance-id", Values: [...ids] }] });
    return new Map(
      found
        .filter((one) => one.state !== "terminated" || (failedLaunch(one) && one.tags[KEY_TAG] !== undefined))
        .map((one) => [one.id, one]),
    );
  });

const failedLaunch = ({ stateReason }: Found): boolean => stateReason.code !== "" && stateReason.code !== USER_SHUTDOWN;

/** AWS's reason as a sentence part; its message often begins with its code. */
export const reasonOf = ({ code, message }: Found["stateReason"]): string =>
  message.startsWith(code) ? message : [code, message].filter(Boolean).join(": ");

/** What every instance of the stack is launched with. */
export interface Launch {
  readonly imageId: string;
  /** The image's root device: another name in the mapping would make a second volume. */
  readonly rootDevice: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly keyName: string | undefined;
  readonly profileName: string | undefined;
  readonly publicAddress: boolean;
  /** Plain text, at most 16 KB; the SDK does not encode it. */
  readonly userData: string | undefined;
  /** Undefined: as large as the image's. */
  readonly volumeGiB: number | undefined;
  /** Undefined: the type is not burstable. */
  readonly cpuCredits: CpuCredits | undefined;
}

/** What an instance was launched with, as AWS still tells it: not its user data, the size that was asked for, nor its credits. */
export const launchedAs = (instance: Instance): Launch => ({
  imageId: instance.ImageId ?? "",
  rootDevice: instance.RootDeviceName ?? "",
  instanceType: instance.InstanceType ?? "",
  subnetId: instance.SubnetId ?? "",
  groupIds: (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  keyName: instance.KeyName,
  // "": none, which is a difference where one is asked for.
  profileName: instance.IamInstanceProfile?.Arn?.split("/").at(-1) ?? "",
  publicAddress: instance.PublicIpAddress !== undefined,
  userData: undefined,
  volumeGiB: undefined,
  cpuCredits: undefined,
});

/** Whose is what AWS tells of an instance that was launched so. */
export const launchCoverage = {
  covers: {
    imageId: "watched",
    rootDevice: "watched",
    instanceType: ["InstanceType"],
    subnetId: ["SubnetId", "NetworkInterfaces[].SubnetId"],
    groupIds: ["SecurityGroups", "NetworkInterfaces[].Groups"],
    keyName: ["KeyName"],
    profileName: ["IamInstanceProfile"],
    publicAddress: "watched",
    userData: "unshown",
    volumeGiB: "unshown",
    cpuCredits: ["Tags[buddyverse:cpu-credits]"],
  },
  ignores: {
    State: STATE,
    StateReason: STATE,
    StateTransitionReason: STATE,
    "MetadataOptions.State": STATE,
    "BlockDeviceMappings[].Ebs.Status": STATE,
    "NetworkInterfaces[].Status": STATE,
    "NetworkInterfaces[].Attachment.Status": STATE,
    PublicIpAddress: LENT,
    PublicDnsName: LENT,
    "NetworkInterfaces[].Association": LENT,
    "NetworkInterfaces[].PrivateIpAddresses[].Association": LENT,
  },
  unshown: {
    userData: "another call for each instance; it runs at the first start only",
    volumeGiB: "another call for each volume, as is whether it is encrypted",
    "termination and stop protection": "another call for each instance and attribute; `down` makes it",
    "CPU credits": "another call; the tag says what was set",
  },
  dangers: [
    { at: ["MetadataOptions.HttpTokens"], danger: "IMDSv1 allowed", when: (text) => text !== "required" },
    { at: ["groupIds"], danger: "opened to the world" },
    { at: ["profileName"], danger: "administrator rights", when: (text) => text !== '""' },
    // Of one that has none by the config.
    { at: ["IamInstanceProfile.Arn"], danger: "administrator rights", when: (text) => text !== "" },
  ],
} as const satisfies Coverage<Launch>;

/** The options of an instance's metadata are a person's to set back: `up` sets them at launch only. */
export function mendInstance(
  { cli, region }: Aws,
  { id }: Found,
  { path, before }: { readonly path: string; readonly before: string | undefined },
): Mending | undefined {
  if (path === "Monitoring.State")
    return {
      command: `${cli} ec2 ${before === "enabled" ? "monitor" : "unmonitor"}-instances --instance-ids ${id} --region ${region}`,
    };
  const options: Readonly<Record<string, string>> = {
    "MetadataOptions.HttpTokens": "--http-tokens",
    "MetadataOptions.HttpEndpoint": "--http-endpoint",
    "MetadataOptions.HttpPutResponseHopLimit": "--http-put-response-hop-limit",
    "MetadataOptions.InstanceMetadataTags": "--instance-metadata-tags",
  };
  const option = options[path];
  return option === undefined || before === undefined
    ? undefined
    : {
        command: `${cli} ec2 modify-instance-metadata-options --instance-id ${id} ${option} ${before} --region ${region}`,
      };
}

/** The root volume of the public images that instances start from, where it is not known how large theirs is, GiB. */
const ROOT_GIB = 8;

/** What an instance costs that runs all month. */
export const launchCharges = (
  { instanceType, volumeGiB, publicAddress: reachable, cpuCredits }: Launch,
  costing: Costing,
): readonly Charge[] => [
  instanceHours(`${instanceType} instance`, instanceType, 1),
  {
    what: "root volume",
    price: volumeStorage,
    quantity: volumeGiB === undefined || isUnknown(volumeGiB) ? ROOT_GIB : volumeGiB,
  },
  ...(reachable ? [{ what: "public IPv4 address", price: publicAddress, quantity: 1 }] : []),
  ...creditCharges(instanceType, cpuCredits, { low: 1, typical: 1, high: 1 }, costing),
];

/** IMDSv2 only, and only from the instance itself. */
export const METADATA = { HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 } as const;

/** The root volume: encrypted, gone with its instance. */
export const rootVolume = (DeviceName: string, VolumeSize: number | undefined, Encrypted = true) => [
  {
    DeviceName,
    Ebs: {
      ...(VolumeSize === undefined ? {} : { VolumeSize }),
      VolumeType: "gp3" as const,
      Encrypted,
      DeleteOnTermination: true,
    },
  },
];

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A role that was just made is not known to EC2 yet: minutes at worst. */
export const PROFILE_NOT_YET: readonly NotYet[] = [
  { code: "InvalidParameterValue", message: /Invalid IAM Instance Profile|has no associated IAM Roles/i },
];

/**
 * Launches one instance with its tags, also on its volume and interface. Repeated with the same token it is the same one.
 * @param own tags of the instance alone
 */
export async function launch(aws: Aws, spec: Launch, owner: Owner, token: string, own: Tags = {}): Promise<string> {
  const { Instances } = await aws.ec2.runInstances({
    ImageId: spec.imageId,
    InstanceType: spec.instanceType as InstanceTypeName,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: token,
    ...(spec.keyName === undefined ? {} : { KeyName: spec.keyName }),
    ...(spec.profileName === undefined ? {} : { IamInstanceProfile: { Name: spec.profileName } }),
    ...(spec.userData === undefined ? {} : { UserData: base64(spec.userData) }),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: spec.subnetId,
        Groups: [...spec.groupIds],
        AssociatePublicIpAddress: spec.publicAddress,
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: rootVolume(spec.rootDevice, spec.volumeGiB),
    MetadataOptions: METADATA,
    ...creditSpecification(spec.cpuCredits),
    InstanceInitiatedShutdownBehavior: "stop",
    TagSpecifications: [
      ...tagSpecifications({ ...owner, tags: { ...owner.tags, ...own } }, "instance"),
      ...tagSpecifications(owner, "volume", "network-interface"),
    ],
  });
  return Instances?.[0]?.InstanceId as string;
}

/** The owner's tags on the instance, its volumes and interfaces. */
export async function retagInstance(aws: Aws, { id, instance }: Found, owner: Owner): Promise<void> {
  const volumes = (instance.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []);
  const interfaces = (instance.NetworkInterfaces ?? []).flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []);
  await setTags(aws, [id, ...volumes, ...interfaces], owner);
}

const GONE = ["InvalidInstanceID.NotFound"];

/** Each alone makes AWS refuse to terminate an instance (EC2 user guide, "Enable stop protection for your EC2 instances"). */
const GUARDS = [
  {
    attribute: "disableApiTermination",
    isOn: ({ DisableApiTermination }: InstanceAttribute) => DisableApiTermination?.Value,
    name: "termination protection",
    more: "",
    off: "--no-disable-api-termination",
    lifted: { DisableApiTermination: { Value: false } },
  },
  {
    attribute: "disableApiStop",
    isOn: ({ DisableApiStop }: InstanceAttribute) => DisableApiStop?.Value,
    name: "stop protection",
    more: ", which protects from termination, too",
    off: "--no-disable-api-stop",
    lifted: { DisableApiStop: { Value: false } },
  },
] as const;

/** What protects an instance from termination. DescribeInstances does not tell; one attribute is asked for per call. */
export async function protectionsOf(aws: Aws, InstanceId: string): Promise<readonly Protection[]> {
  const found = await Promise.all(
    GUARDS.map(async ({ attribute, isOn, name, more, off, lifted }): Promise<Protection[]> => {
      const answer = await undefinedIf(GONE, () =>
        aws.ec2.describeInstanceAttribute({ InstanceId, Attribute: attribute }),
      );
      if (!answer || !isOn(answer)) return [];
      const command = `${aws.cli} ec2 modify-instance-attribute --instance-id ${InstanceId} ${off} --region ${aws.region}`;
      return [
        {
          what: `${name} is on${more}`,
          lift: { to: `lift the ${name} of ${InstanceId}`, commands: [command] },
          unprotect: () => aws.ec2.modifyInstanceAttribute({ InstanceId, ...lifted }),
        },
      ];
    }),
  );
  return found.flat();
}

/** The same of an instance that is still there. */
export const protections = async (aws: Aws, { id, state }: Found): Promise<readonly Protection[]> =>
  state === "terminated" ? [] : protectionsOf(aws, id);

/**
 * Terminates. One that died at launch stays visible for an hour and cannot be removed: answering its own id says that it
 * stays where it is.
 */
export async function terminate(aws: Aws, { id, state }: Found): Promise<string | undefined> {
  if (state === "terminated") return id;
  await undefinedIf(GONE, () => aws.ec2.terminateInstances({ InstanceIds: [id] }));
  return undefined;
}

import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { profileUsable } from "../iam/iam.ts";
import { ms } from "./durations.ts";
import { imageFor } from "./images.ts";
import { addInterface } from "./interfaces.ts";
import { instanceTypeFacts, offeredIn } from "./offerings.ts";
import { filters, page, passes, type TagSpecifications, tagSpecifications, tagsOf } from "./shared.ts";
import { subnetFor } from "./subnets.ts";
import {
  groupTable,
  type Instance,
  instanceTable,
  interfaceTable,
  keyPairTable,
  type Subnet,
  subnetTable,
  tagTable,
} from "./tables.ts";
import { checkCapacity } from "./zones.ts";

/** "Running On-Demand Standard instances" of an account that is no longer new, vCPUs. */
export const VCPU_QUOTA = 64;
const USER_DATA_BYTES = 16_384;
/** Terminated instances stay visible for about an hour (EC2 user guide). */
const VISIBLE_MS = 3_600_000;

/** What an instance is launched with, by RunInstances or by an Auto Scaling group. */
export interface LaunchRequest {
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly keyName?: string | null | undefined;
  readonly profileName?: string | null | undefined;
  readonly profileArn?: string | null | undefined;
  /** Base64. */
  readonly userData?: string | null | undefined;
  /** Undefined: as the subnet says. */
  readonly associatePublicIp?: boolean | undefined;
  readonly volumeGiB?: number | undefined;
  readonly volumeType?: string | undefined;
  readonly encrypted?: boolean | undefined;
  readonly httpTokens?: "required" | "optional" | undefined;
  readonly hopLimit?: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly volumeTags?: Readonly<Record<string, string>> | undefined;
  readonly interfaceTags?: Readonly<Record<string, string>> | undefined;
  readonly clientToken?: string | null | undefined;
  readonly creditSpecification?: string | null | undefined;
  readonly shutdownBehavior?: "stop" | "terminate" | undefined;
  readonly monitoring?: boolean | undefined;
}

const invalid = (message: string) => awsError("InvalidParameterValue", message);

export const instanceNotFound = (id: string) =>
  awsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);

/** The instance as another call may refer to it: it must be visible already. */
export function instanceFor(sim: Sim, id: string): Instance {
  const instance = instanceTable(sim).seen(id) && instanceTable(sim).get(id);
  if (!instance) throw instanceNotFound(id);
  return instance;
}

/** Changes an instance as AWS does by itself: at once visible. Nothing when it is gone. */
export function changeInstance(sim: Sim, id: string, change: Partial<Instance>): void {
  const instance = instanceTable(sim).get(id);
  if (instance) instanceTable(sim).putNow(id, { ...instance, ...change });
}

/** Throws as RunInstances does for user data that it does not take. */
export function checkUserData(userData: string): void {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(userData) || userData.length % 4 !== 0)
    throw invalid("Invalid BASE64 encoding of user data.");
  // The limit is on the bytes before base64 (EC2 user guide, instance user data).
  if (Buffer.from(userData, "base64").length > USER_DATA_BYTES)
    throw invalid(`User data is limited to ${USER_DATA_BYTES} bytes`);
}

function checkType(
  sim: Sim,
  { instanceType, creditSpecification }: LaunchRequest,
  subnet: Subnet,
  architecture: string,
) {
  const facts = instanceTypeFacts(instanceType);
  if (!facts) throw invalid(`Invalid value '${instanceType}' for InstanceType.`);
  if (!offeredIn(instanceType, subnet.zone)) {
    throw awsError(
      "Unsupported",
      `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${subnet.zone}).`,
    );
  }
  if (facts.architecture !== architecture) {
    throw invalid(
      `The architecture '${facts.architecture}' of the specified instance type does not match the architecture '${architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    );
  }
  if (creditSpecification && !/^t\d/.test(instanceType)) {
    throw awsError(
      "InvalidParameterCombination",
      `The CreditSpecification parameter is not supported for instance type ${instanceType}`,
    );
  }
  const running = instanceTable(sim)
    .all()
    .filter(({ state }) => state === "pending" || state === "running" || state === "stopping")
    .reduce((sum, one) => sum + (instanceTypeFacts(one.instanceType)?.vcpus ?? 0), 0);
  if (running + facts.vcpus > VCPU_QUOTA) {
    throw awsError(
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${VCPU_QUOTA} allows for the instance bucket that the specified instance type belongs to.`,
    );
  }
}

function checkGroups(sim: Sim, groupIds: readonly string[], subnet: Subnet): void {
  if (groupIds.length > 5)
    throw awsError(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  for (const id of groupIds) {
    const group = groupTable(sim).seen(id) && groupTable(sim).get(id);
    if (!group) throw awsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    if (group.vpcId !== subnet.vpcId) {
      throw awsError("InvalidParameter", `Security group ${id} and subnet ${subnet.id} belong to different networks.`);
    }
  }
}

function checkProfile(sim: Sim, name: string): void {
  if (!profileUsable(sim, name)) {
    throw invalid(
      `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
}

/** The instance that an earlier call with this token made, terminated ones too. Throws when that call was a different one. */
function launchedBefore(sim: Sim, token: string, request: string): Instance | undefined {
  const before = instanceTable(sim)
    .all()
    .find(({ clientToken }) => clientToken === token);
  if (before && before.request !== request) {
    throw awsError(
      "IdempotentParameterMismatch",
      "The client token that you provided was used before with other parameters",
    );
  }
  return before;
}

/** Launches one instance by all of EC2's rules. Throws as RunInstances does. */
export function launchInstance(sim: Sim, given: LaunchRequest): Instance {
  const request = JSON.stringify(given);
  const before = given.clientToken ? launchedBefore(sim, given.clientToken, request) : undefined;
  if (before) return before;

  const image = imageFor(sim, given.imageId);
  const subnet = subnetFor(sim, given.subnetId);
  checkType(sim, given, subnet, image.architecture);
  checkCapacity(sim, given.instanceType, subnet.zone);
  checkGroups(sim, given.groupIds, subnet);
  if (given.keyName && !keyPairExists(sim, given.keyName))
    throw awsError("InvalidKeyPair.NotFound", `The key pair '${given.keyName}' does not exist`);
  const profileName = given.profileName ?? given.profileArn?.split("/").at(-1) ?? null;
  if (profileName) checkProfile(sim, profileName);
  if (given.userData) checkUserData(given.userData);
  const volumeGiB = given.volumeGiB ?? image.rootGiB;
  if (volumeGiB < image.rootGiB) {
    throw awsError(
      "InvalidBlockDeviceMapping",
      `Volume of size ${volumeGiB}GB is smaller than snapshot '${image.snapshotId}', expect size >= ${image.rootGiB}GB`,
    );
  }

  const id = sim.id("i");
  const publicIp = (given.associatePublicIp ?? subnet.mapPublicIp) ? publicAddress(sim) : null;
  const groupIds = given.groupIds.length > 0 ? given.groupIds : defaultGroupOf(sim, subnet.vpcId);
  const eni = addInterface(sim, subnet, {
    groupIds,
    publicIp,
    description: "",
    type: "interface",
    requester: null,
    instanceId: id,
  });
  const instance: Instance = {
    id,
    clientToken: given.clientToken ?? null,
    imageId: given.imageId,
    instanceType: given.instanceType,
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    groupIds,
    interfaceId: eni.id,
    privateIp: eni.privateIp,
    publicIp,
    keyName: given.keyName ?? null,
    profileArn: profileName ? `arn:aws:iam::${sim.account}:instance-profile/${profileName}` : null,
    userData: given.userData ?? null,
    state: "pending",
    stateReason: null,
    launchedAt: sim.now,
    volumeId: sim.id("vol"),
    volumeGiB,
    volumeType: given.volumeType ?? "gp2",
    encrypted: given.encrypted ?? false,
    httpTokens: given.httpTokens ?? "optional",
    hopLimit: given.hopLimit ?? 1,
    shutdownBehavior: given.shutdownBehavior ?? "stop",
    creditSpecification: given.creditSpecification ?? null,
    request,
    setUp: false,
    httpFrom: null,
    routesFrom: null,
    monitoring: given.monitoring ?? false,
    runningFrom: null,
    runningUntil: null,
    mount: null,
    stress: [],
    console: "",
  };
  instanceTable(sim).put(id, instance);
  tagTable(sim).putNow(id, { tags: given.tags });
  tagTable(sim).putNow(instance.volumeId, { tags: given.volumeTags ?? {} });
  tagTable(sim).putNow(instance.interfaceId, { tags: given.interfaceTags ?? {} });
  sim.after(ms("instanceRunning"), "ec2:instance-running", id);
  return instance;
}

/** AWS's own addresses of the region look like this; these are from a block that nobody routes (RFC 2544). */
const publicAddress = (sim: Sim): string =>
  `198.18.${Math.floor(sim.random() * 256)}.${1 + Math.floor(sim.random() * 254)}`;

const keyPairExists = (sim: Sim, name: string): boolean =>
  keyPairTable(sim)
    .seenAll()
    .some((pair) => pair.name === name);

const defaultGroupOf = (sim: Sim, vpcId: string): string[] =>
  groupTable(sim)
    .all()
    .filter((group) => group.vpcId === vpcId && group.name === "default")
    .map(({ id }) => id);

/** What ends with a machine's run. */
const ended = (sim: Sim, { runningUntil, runningFrom, stress }: Instance) => ({
  httpFrom: null,
  routesFrom: null,
  runningUntil: runningFrom === null ? null : (runningUntil ?? sim.now),
  stress: stress.map(({ from, until }) => ({ from, until: Math.min(until, sim.now) })),
});

const USER_SHUTDOWN = {
  code: "Client.UserInitiatedShutdown",
  message: "Client.UserInitiatedShutdown: User initiated shutdown",
};
const OWN_SHUTDOWN = {
  code: "Client.InstanceInitiatedShutdown",
  message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
};

/** Terminates an instance, by a caller or an Auto Scaling group; again is nothing. */
export function terminateInstance(sim: Sim, id: string): Instance {
  const instance = instanceFor(sim, id);
  if (instance.state === "shutting-down" || instance.state === "terminated") return instance;
  const ending: Instance = {
    ...instance,
    state: "shutting-down",
    stateReason: USER_SHUTDOWN,
    ...ended(sim, instance),
  };
  instanceTable(sim).putNow(id, ending);
  sim.tell("instanceEnded", id);
  sim.after(ms("instanceTerminated"), "ec2:instance-terminated", id);
  return ending;
}

/** AWS ends a launch that it had taken: for want of capacity, of volumes, of a key. The reason stands only on the instance. */
export function failLaunch(sim: Sim, id: string, code: string, message: string): void {
  const instance = instanceTable(sim).get(id);
  if (!instance) return;
  interfaceTable(sim).removeNow(instance.interfaceId);
  changeInstance(sim, id, {
    state: "terminated",
    stateReason: { code, message: `${code}: ${message}` },
    publicIp: null,
  });
  sim.after(VISIBLE_MS, "ec2:instance-forgotten", id);
}

/** Stops an instance. @param own it powers itself off (`shutdown -h now`, `init 0`), as its shutdown behavior says. */
export function stopInstance(sim: Sim, id: string, own: boolean): Instance | undefined {
  const instance = instanceTable(sim).get(id);
  if (!instance || (instance.state !== "running" && instance.state !== "pending")) return instance;
  const terminates = own && instance.shutdownBehavior === "terminate";
  const stopping: Instance = {
    ...instance,
    state: terminates ? "shutting-down" : "stopping",
    stateReason: own ? OWN_SHUTDOWN : USER_SHUTDOWN,
    ...ended(sim, instance),
  };
  instanceTable(sim).putNow(id, stopping);
  sim.tell("instanceEnded", id);
  if (terminates) sim.after(ms("instanceTerminated"), "ec2:instance-terminated", id);
  else sim.after(ms("instanceStopped"), "ec2:instance-stopped", id);
  return stopping;
}

/** An automatically assigned public address goes with a stop. */
function releaseAddress(sim: Sim, { interfaceId }: Instance): void {
  const eni = interfaceTable(sim).get(interfaceId);
  if (eni) interfaceTable(sim).putNow(eni.id, { ...eni, publicIp: null });
}

const CODES = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 } as const;
const stateOf = (state: Instance["state"]) => ({ Name: state, Code: CODES[state] });

function described(sim: Sim, one: Instance) {
  const eni = interfaceTable(sim).get(one.interfaceId);
  const image = (() => {
    try {
      return imageFor(sim, one.imageId);
    } catch {
      return undefined;
    }
  })();
  const gone = one.state === "terminated";
  const rootDevice = image?.rootDevice ?? "/dev/sda1";
  return {
    InstanceId: one.id,
    ImageId: one.imageId,
    InstanceType: one.instanceType,
    State: stateOf(one.state),
    ...(one.stateReason ? { StateReason: { Code: one.stateReason.code, Message: one.stateReason.message } } : {}),
    LaunchTime: new Date(one.launchedAt),
    ...(one.clientToken ? { ClientToken: one.clientToken } : {}),
    ...(one.keyName ? { KeyName: one.keyName } : {}),
    Placement: { AvailabilityZone: subnetTable(sim).get(one.subnetId)?.zone },
    Architecture: image?.architecture,
    RootDeviceName: rootDevice,
    RootDeviceType: "ebs",
    MetadataOptions: {
      State: "applied",
      HttpTokens: one.httpTokens,
      HttpEndpoint: "enabled",
      HttpPutResponseHopLimit: one.hopLimit,
    },
    ...(one.profileArn ? { IamInstanceProfile: { Arn: one.profileArn, Id: "AIPASANDBOX" } } : {}),
    // A terminated instance has neither network nor volumes any more.
    ...(gone
      ? { SecurityGroups: [], NetworkInterfaces: [], BlockDeviceMappings: [] }
      : {
          VpcId: one.vpcId,
          SubnetId: one.subnetId,
          PrivateIpAddress: one.privateIp,
          ...(eni?.publicIp ? { PublicIpAddress: eni.publicIp } : {}),
          SourceDestCheck: eni?.sourceDestCheck ?? true,
          SecurityGroups: one.groupIds.map((GroupId) => ({ GroupId })),
          NetworkInterfaces: [
            {
              NetworkInterfaceId: one.interfaceId,
              SubnetId: one.subnetId,
              VpcId: one.vpcId,
              PrivateIpAddress: one.privateIp,
              SourceDestCheck: eni?.sourceDestCheck ?? true,
              Attachment: { DeviceIndex: 0, DeleteOnTermination: true, Status: "attached" },
            },
          ],
          BlockDeviceMappings: [
            { DeviceName: rootDevice, Ebs: { VolumeId: one.volumeId, DeleteOnTermination: true, Status: "attached" } },
          ],
        }),
    Tags: tagsOf(sim, one.id),
  };
}

export const creditSpecification = z.strictObject({ CpuCredits: z.enum(["standard", "unlimited"]) }).optional();
export const metadataOptions = z
  .strictObject({
    HttpTokens: z.enum(["required", "optional"]).optional(),
    HttpEndpoint: z.enum(["enabled", "disabled"]).optional(),
    HttpPutResponseHopLimit: z.number().int().min(1).max(64).optional(),
    InstanceMetadataTags: z.enum(["enabled", "disabled"]).optional(),
  })
  .optional();
export const blockDeviceMappings = z
  .array(
    z.strictObject({
      DeviceName: z.string(),
      Ebs: z.strictObject({
        VolumeSize: z.number().int().min(1).max(16384).optional(),
        VolumeType: z.enum(["gp2", "gp3"]).optional(),
        Encrypted: z.boolean().optional(),
        DeleteOnTermination: z.boolean().optional(),
      }),
    }),
  )
  .optional();

export const tagsFor = (specifications: TagSpecifications, kind: string): Record<string, string> =>
  Object.fromEntries(
    (specifications ?? [])
      .filter((one) => one.ResourceType === kind)
      .flatMap((one) => one.Tags.map(({ Key, Value }) => [Key, Value])),
  );

/** The root volume among the mappings. A mapping of another device would be a second, empty volume: refused here. */
export function rootVolume(sim: Sim, imageId: string, mappings: z.infer<typeof blockDeviceMappings>) {
  const root = imageFor(sim, imageId).rootDevice;
  const other = (mappings ?? []).find(({ DeviceName }) => DeviceName !== root);
  if (other) {
    throw awsError(
      "InvalidBlockDeviceMapping",
      `${other.DeviceName} is not the root device of ${imageId}, ${root}: it would be a second volume, which the sandbox does not know`,
    );
  }
  return mappings?.[0]?.Ebs;
}

export const instances: SandboxService = {
  operations: {
    RunInstances: operation(
      {
        ImageId: z.string(),
        InstanceType: z.string(),
        MinCount: z.literal(1),
        MaxCount: z.literal(1),
        ClientToken: z.string().max(64).optional(),
        KeyName: z.string().optional(),
        UserData: z.string().optional(),
        SubnetId: z.string().optional(),
        SecurityGroupIds: z.array(z.string()).optional(),
        NetworkInterfaces: z
          .array(
            z.strictObject({
              DeviceIndex: z.literal(0),
              SubnetId: z.string(),
              Groups: z.array(z.string()).min(1),
              AssociatePublicIpAddress: z.boolean().optional(),
              DeleteOnTermination: z.boolean().optional(),
            }),
          )
          .length(1)
          .optional(),
        IamInstanceProfile: z.strictObject({ Name: z.string().optional(), Arn: z.string().optional() }).optional(),
        MetadataOptions: metadataOptions,
        BlockDeviceMappings: blockDeviceMappings,
        CreditSpecification: creditSpecification,
        InstanceInitiatedShutdownBehavior: z.enum(["stop", "terminate"]).optional(),
        TagSpecifications: tagSpecifications("instance", "volume", "network-interface"),
      },
      (input, sim) => {
        const own = input.NetworkInterfaces?.[0];
        if (own && (input.SubnetId || input.SecurityGroupIds)) {
          throw awsError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request",
          );
        }
        const subnetId = own?.SubnetId ?? input.SubnetId;
        if (!subnetId) throw awsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
        const root = rootVolume(sim, input.ImageId, input.BlockDeviceMappings);
        const instance = launchInstance(sim, {
          imageId: input.ImageId,
          instanceType: input.InstanceType,
          subnetId,
          groupIds: own?.Groups ?? input.SecurityGroupIds ?? [],
          keyName: input.KeyName,
          profileName: input.IamInstanceProfile?.Name,
          profileArn: input.IamInstanceProfile?.Arn,
          userData: input.UserData,
          associatePublicIp: own?.AssociatePublicIpAddress,
          volumeGiB: root?.VolumeSize,
          volumeType: root?.VolumeType,
          encrypted: root?.Encrypted,
          httpTokens: input.MetadataOptions?.HttpTokens,
          hopLimit: input.MetadataOptions?.HttpPutResponseHopLimit,
          tags: tagsFor(input.TagSpecifications, "instance"),
          volumeTags: tagsFor(input.TagSpecifications, "volume"),
          interfaceTags: tagsFor(input.TagSpecifications, "network-interface"),
          clientToken: input.ClientToken,
          creditSpecification: input.CreditSpecification?.CpuCredits,
          shutdownBehavior: input.InstanceInitiatedShutdownBehavior,
        });
        return { ReservationId: sim.id("r"), OwnerId: sim.account, Instances: [described(sim, instance)] };
      },
    ),

    DescribeInstances: operation(
      {
        InstanceIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = instanceTable(sim);
        // A list of ids fails as a whole when one is unknown.
        for (const id of input.InstanceIds ?? []) if (!table.seen(id)) throw instanceNotFound(id);
        const found = table
          .seenAll()
          .filter((one) => !input.InstanceIds || input.InstanceIds.includes(one.id))
          .filter((one) =>
            passes(sim, one.id, input.Filters, {
              "instance-id": [one.id],
              "instance-state-name": [one.state],
              "client-token": one.clientToken ? [one.clientToken] : [],
              "subnet-id": [one.subnetId],
              "vpc-id": [one.vpcId],
              "image-id": [one.imageId],
              "instance.group-id": one.groupIds,
              "private-ip-address": [one.privateIp],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          Reservations: items.map((one) => ({
            ReservationId: `r-${one.id.slice(2)}`,
            OwnerId: sim.account,
            Instances: [described(sim, one)],
          })),
          NextToken,
        };
      },
    ),

    ModifyInstanceAttribute: operation(
      {
        InstanceId: z.string(),
        SourceDestCheck: z.strictObject({ Value: z.boolean() }).optional(),
        Groups: z.array(z.string()).min(1).optional(),
      },
      (input, sim) => {
        const instance = instanceFor(sim, input.InstanceId);
        if ((input.SourceDestCheck === undefined) === (input.Groups === undefined))
          throw awsError("InvalidParameterCombination", "Fields for multiple attribute types specified, or none");
        if (instance.state === "terminated" || instance.state === "shutting-down")
          throw awsError("IncorrectInstanceState", `The instance '${instance.id}' is in state ${instance.state}.`);
        const eni = interfaceTable(sim).get(instance.interfaceId);
        if (!eni) throw awsError("InternalError", `${instance.id} has no interface`, { status: 500 });
        if (input.SourceDestCheck)
          interfaceTable(sim).put(eni.id, { ...eni, sourceDestCheck: input.SourceDestCheck.Value });
        if (input.Groups) {
          checkGroups(sim, input.Groups, subnetFor(sim, instance.subnetId));
          interfaceTable(sim).put(eni.id, { ...eni, groupIds: input.Groups });
          instanceTable(sim).put(instance.id, { ...instance, groupIds: input.Groups });
        }
        return {};
      },
    ),

    StopInstances: operation({ InstanceIds: z.array(z.string()).min(1) }, ({ InstanceIds }, sim) => {
      const chosen = InstanceIds.map((id) => instanceFor(sim, id));
      for (const { id, state } of chosen) {
        if (state === "terminated" || state === "shutting-down")
          throw awsError(
            "IncorrectInstanceState",
            `The instance '${id}' is not in a state from which it can be stopped.`,
          );
      }
      return {
        StoppingInstances: chosen.map((one) => ({
          InstanceId: one.id,
          PreviousState: stateOf(one.state),
          CurrentState: stateOf(stopInstance(sim, one.id, false)?.state ?? one.state),
        })),
      };
    }),

    TerminateInstances: operation({ InstanceIds: z.array(z.string()).min(1) }, ({ InstanceIds }, sim) => {
      const chosen = InstanceIds.map((id) => instanceFor(sim, id));
      return {
        TerminatingInstances: chosen.map((one) => ({
          InstanceId: one.id,
          PreviousState: stateOf(one.state),
          CurrentState: stateOf(terminateInstance(sim, one.id).state),
        })),
      };
    }),

    GetConsoleOutput: operation({ InstanceId: z.string(), Latest: z.boolean().optional() }, (input, sim) => {
      const instance = instanceFor(sim, input.InstanceId);
      return {
        InstanceId: instance.id,
        Timestamp: new Date(sim.now),
        ...(instance.console ? { Output: Buffer.from(instance.console).toString("base64") } : {}),
      };
    }),
  },

  timers: {
    "instance-running"(id, sim) {
      const instance = instanceTable(sim).get(id);
      if (instance?.state !== "pending") return;
      if (sim.failing("launch", instance.instanceType) !== undefined) {
        failLaunch(sim, id, "Server.InternalError", "Internal error on launch");
        return;
      }
      changeInstance(sim, id, { state: "running", runningFrom: sim.now });
      sim.tell("instanceStarted", id);
    },
    "instance-stopped"(id, sim) {
      const instance = instanceTable(sim).get(id);
      if (instance?.state !== "stopping") return;
      releaseAddress(sim, instance);
      changeInstance(sim, id, { state: "stopped", publicIp: null });
    },
    "instance-terminated"(id, sim) {
      const instance = instanceTable(sim).get(id);
      if (instance?.state !== "shutting-down") return;
      interfaceTable(sim).removeNow(instance.interfaceId);
      changeInstance(sim, id, { state: "terminated", publicIp: null });
      sim.tell("instanceTerminated", id);
      sim.after(VISIBLE_MS, "ec2:instance-forgotten", id);
    },
    "instance-forgotten"(id, sim) {
      instanceTable(sim).removeNow(id);
    },
  },
};

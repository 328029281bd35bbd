import { partitionOf } from "../../../aws/partition.ts";
import { quotaOf } from "../../quotas.ts";
import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { profileUsable } from "../iam/iam.ts";
import { burstable } from "./burstable.ts";
import { type CreditOption, creditsAtLaunch, creditsNotSupported } from "./credits.ts";
import { ms } from "./durations.ts";
import { imageFor } from "./images.ts";
import { addInterface, defaultGroupOf } from "./interfaces.ts";
import { instanceTypeFacts, offeredIn } from "./offerings.ts";
import { subnetFor } from "./subnets.ts";
import { groupTable, type Instance, instanceTable, keyPairTable, type Subnet, tagTable } from "./tables.ts";
import { checkCapacity, checkVerified } from "./zones.ts";

const USER_DATA_BYTES = 16_384;
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
  readonly creditSpecification?: CreditOption | null | undefined;
  readonly shutdownBehavior?: "stop" | "terminate" | undefined;
  readonly monitoring?: boolean | undefined;
}

const invalid = (message: string) => awsError("InvalidParameterValue", message);

/** Throws as RunInstances does for user data that it does not take, and `sandbox` for what cannot be run here. */
function checkUserData(sim: Sim, userData: string): void {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(userData) || userData.length % 4 !== 0)
    throw invalid("Invalid BASE64 encoding of user data.");
  // The limit is on the bytes before base64 (EC2 user guide, instance user data).
  if (Buffer.from(userData, "base64").length > USER_DATA_BYTES)
    throw invalid(`User data is limited to ${USER_DATA_BYTES} bytes`);
  sim.tell("userDataGiven", userData);
}

/** What a launch template's user is told before anything is started, too: whether the image runs on that type at all. */
export function checkFit(instanceType: string, architecture: string): void {
  const facts = instanceTypeFacts(instanceType);
  if (!facts) throw invalid(`Invalid value '${instanceType}' for InstanceType.`);
  if (facts.architecture !== architecture) {
    throw invalid(
      `The architecture '${facts.architecture}' of the specified instance type does not match the architecture '${architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    );
  }
  if (facts.virtualization !== undefined)
    throw awsError(
      "InvalidParameterCombination",
      "Non-Windows instances with a virtualization type of 'hvm' are currently not supported for this instance type.",
    );
}

function checkType(
  sim: Sim,
  { instanceType, creditSpecification }: LaunchRequest,
  subnet: Subnet,
  architecture: string,
): void {
  const facts = instanceTypeFacts(instanceType);
  if (facts && !offeredIn(instanceType, subnet.zone)) {
    throw awsError(
      "Unsupported",
      `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${subnet.zone}).`,
    );
  }
  checkFit(instanceType, architecture);
  if (creditSpecification && !burstable(instanceType)) throw creditsNotSupported(instanceType);
  const vcpus = (type: string) => instanceTypeFacts(type)?.vcpus ?? 0;
  const running = instanceTable(sim)
    .all()
    .filter(({ state }) => state === "pending" || state === "running" || state === "stopping")
    .reduce((sum, one) => sum + vcpus(one.instanceType), 0);
  const limit = quotaOf(sim, "ec2/L-1216C47A");
  if (running + vcpus(instanceType) > limit) {
    throw awsError(
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to.`,
    );
  }
}

export function checkGroups(sim: Sim, groupIds: readonly string[], subnet: Subnet): void {
  if (groupIds.length > 5)
    throw awsError(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  for (const id of groupIds) {
    const group = groupTable(sim).visible(id) && groupTable(sim).get(id);
    if (!group) throw awsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    if (group.vpcId !== subnet.vpcId) {
      throw awsError("InvalidParameter", `Security group ${id} and subnet ${subnet.id} belong to different networks.`);
    }
  }
}

/** The ARN of a profile that EC2 knows. */
export function checkedProfile(sim: Sim, name: string): string {
  checkProfile(sim, name);
  return `arn:${partitionOf(sim.region).name}:iam::${sim.account}:instance-profile/${name}`;
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

  checkVerified(sim);
  const image = imageFor(sim, given.imageId);
  const subnet = subnetFor(sim, given.subnetId);
  checkType(sim, given, subnet, image.architecture);
  checkCapacity(sim, given.instanceType, subnet.zone);
  checkGroups(sim, given.groupIds, subnet);
  if (given.keyName && !keyPairExists(sim, given.keyName))
    throw awsError("InvalidKeyPair.NotFound", `The key pair '${given.keyName}' does not exist`);
  const profileName = given.profileName ?? given.profileArn?.split("/").at(-1) ?? null;
  if (profileName) checkProfile(sim, profileName);
  if (given.userData) checkUserData(sim, given.userData);
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
    profileArn: profileName
      ? `arn:${partitionOf(sim.region).name}:iam::${sim.account}:instance-profile/${profileName}`
      : null,
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
    cpuCredits: creditsAtLaunch(given.instanceType, given.creditSpecification, sim.now),
    request,
    content: image.content,
    httpFrom: null,
    routes: null,
    monitoring: given.monitoring ?? false,
    runningFrom: null,
    runningUntil: null,
    mount: null,
    work: null,
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
    .allVisible()
    .some((pair) => pair.name === name);

import type { Health, ResourceType, Tags } from "../../engine/resource.ts";
import { createOnly, sameSet } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { findOwned, tagList } from "../owned.ts";
import { type CpuCredits, cpuCreditsOf } from "./cpu-credits.ts";
import { MARKER_TAG } from "./image-builder.ts";
import {
  type Found,
  type Launch,
  launch,
  launchCharges,
  launchedAs,
  ownInstances,
  PROFILE_NOT_YET,
  protections,
  reasonOf,
  recordedInstance,
  retagInstance,
  terminate,
} from "./read-instances.ts";

/**
 * Remembers the credit option that the instance was given. AWS would tell the option itself, but only by a call of its own
 * (DescribeInstanceCreditSpecifications), which fails as a whole while a zone is disrupted, when the stack must be looked
 * at (EC2 API reference). So a change by somebody else is not seen.
 */
export const CREDITS_TAG = "buddyverse:cpu-credits";

export interface InstanceSpec extends Launch {
  /** False: it forwards what is neither from nor to itself (a NAT). */
  readonly sourceDestCheck: boolean;
}
/** AWS does not tell `userData` and `volumeGiB` with the instance; both are asked for at launch only. `cpuCredits` is the tag's. */
export interface InstanceLive extends InstanceSpec, Found {
  readonly interfaceId: string;
  readonly privateAddress: string;
  /** Changes with every stop and start. */
  readonly publicAddressFound: string | undefined;
  readonly zone: string;
}

function live(found: Found): InstanceLive {
  const { instance } = found;
  return {
    ...found,
    ...launchedAs(instance),
    cpuCredits: creditsFrom(found),
    // Of an instance with one interface this is the interface's.
    sourceDestCheck: instance.SourceDestCheck ?? true,
    interfaceId: instance.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "",
    privateAddress: instance.PrivateIpAddress ?? "",
    publicAddressFound: instance.PublicIpAddress,
    zone: instance.Placement?.AvailabilityZone ?? "",
  };
}

/** One without the tag was launched before there was a choice, in standard mode. */
function creditsFrom({ tags, instance }: Found): CpuCredits | undefined {
  const tag = tags[CREDITS_TAG];
  return cpuCreditsOf(instance.InstanceType ?? "", tag === "unlimited" ? tag : "standard");
}

const creditsTag = ({ cpuCredits }: Launch): Tags => (cpuCredits === undefined ? {} : { [CREDITS_TAG]: cpuCredits });

/** Changes the option of an instance, running or stopped. What it has spent and not earned back by then is charged when it leaves unlimited. */
async function setCredits(aws: Aws, InstanceId: string, CpuCredits: CpuCredits): Promise<void> {
  const { UnsuccessfulInstanceCreditSpecifications: [failed] = [] } = await aws.ec2.modifyInstanceCreditSpecification({
    InstanceCreditSpecifications: [{ InstanceId, CpuCredits }],
  });
  // The call itself succeeds.
  if (failed)
    throw new BuddyError({
      code: "failed",
      message: `EC2 did not set the CPU credits of ${InstanceId} to ${CpuCredits}: ${failed.Error?.Code}: ${failed.Error?.Message}`,
      about: { id: InstanceId, operation: "ModifyInstanceCreditSpecification" },
    });
  await aws.ec2.createTags({ Resources: [InstanceId], Tags: tagList({ [CREDITS_TAG]: CpuCredits }) });
}

const list = async (aws: Aws, stack: string) =>
  (await ownInstances(aws, stack)).filter(({ tags }) => tags[MARKER_TAG] === undefined).map(live);

const byId = async (aws: Aws, id: string) => {
  const found = await recordedInstance(aws, id);
  return found && live(found);
};

/** A stopped instance does not come back by itself: it counts as failed, and `up` makes a new one in its place. */
function health({ id, state, stateReason }: InstanceLive): Health {
  if (state === "running") return "ready";
  if (state === "shutting-down") return "deleting";
  const why = reasonOf(stateReason);
  if (state === "stopped") return { failed: `${id} is stopped${why ? ` (${why})` : ""}` };
  if (state === "terminated") return { failed: `AWS terminated ${id}: ${why}` };
  return "pending";
}

/** An instance of its own: a bastion, a NAT. Its image is pinned at launch, a newer one is no reason to replace it. */
export const instance: ResourceType<InstanceSpec, InstanceLive> = {
  name: "ec2:instance",
  immutable: ["instanceType", "subnetId", "keyName", "profileName"],
  same: {
    imageId: createOnly,
    rootDevice: createOnly,
    userData: createOnly,
    volumeGiB: createOnly,
    publicAddress: createOnly,
    groupIds: sameSet,
  },
  unrecorded: ["userData"],
  timing: { createSeconds: 15, timeoutSeconds: 900, deleteSeconds: 40 },
  retryable: { create: PROFILE_NOT_YET },
  list,
  find: findOwned(list, { health, byId }),
  health,
  protections,

  create: (aws, spec, owner, token) => launch(aws, spec, owner, token, creditsTag(spec)),

  async update(aws, live, { sourceDestCheck, groupIds, cpuCredits }, changed, owner) {
    const InstanceId = live.id;
    // One attribute per call. Not a parameter of RunInstances, so a new NAT gets it here, too.
    if (changed.has("sourceDestCheck"))
      await aws.ec2.modifyInstanceAttribute({ InstanceId, SourceDestCheck: { Value: sourceDestCheck } });
    if (changed.has("groupIds")) await aws.ec2.modifyInstanceAttribute({ InstanceId, Groups: [...groupIds] });
    if (changed.has("cpuCredits") && cpuCredits !== undefined) await setCredits(aws, InstanceId, cpuCredits);
    if (changed.has("tags")) await retagInstance(aws, live, owner);
  },

  delete: (aws, live) => terminate(aws, live),

  charges: launchCharges,
};

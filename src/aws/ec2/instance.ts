import type { Health, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { createOnly, sameSet } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { findOwned, tagList } from "../owned.ts";
import { type CpuCredits, cpuCreditsOf } from "./cpu-credits.ts";
import { MARKER_TAG } from "./image-builder.ts";
import { consoleOf, consoleTail } from "./read-console.ts";
import {
  type Found,
  instanceNamesake,
  type Launch,
  launch,
  launchCharges,
  launchCoverage,
  launchedAs,
  mendInstance,
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

/**
 * Remembers the set-up that an instance was launched with: "awaited: BUDDYVERSE-NAT", and when it is done "done: BUDDYVERSE-NAT".
 * So the console is read only until then. (An instance without a role can say it nowhere else.)
 */
const SET_UP_TAG = "buddyverse:set-up";

export interface InstanceSpec extends Launch {
  /** False: it forwards what is neither from nor to itself (a NAT). */
  readonly sourceDestCheck: boolean;
  /**
   * The first word of what its user data writes to the console: after "<word> SETUP DONE" the instance is ready, after
   * "<word> FAILED" it has failed. Undefined: it is ready when it runs.
   */
  readonly setUp: string | undefined;
}
/** What the console says of a set-up that is awaited, and the end of it. */
interface SettingUp {
  readonly says: "done" | "failed" | "nothing";
  readonly console: string;
}
/**
 * AWS does not tell `userData` and `volumeGiB` with the instance; both are asked for at launch only. `cpuCredits` and `setUp`
 * are the tags'.
 */
export interface InstanceLive extends InstanceSpec, Found {
  readonly interfaceId: string;
  readonly privateAddress: string;
  /** Changes with every stop and start. */
  readonly publicAddressFound: string | undefined;
  readonly zone: string;
  /** While it runs and its set-up is awaited. */
  readonly settingUp: SettingUp | undefined;
}

function live(found: Found): InstanceLive {
  const { instance } = found;
  return {
    ...found,
    ...launchedAs(instance),
    cpuCredits: creditsFrom(found),
    setUp: setUpIn(found, "done"),
    // What has become of it only the console tells.
    settingUp: found.state === "running" && setUpIn(found, "awaited") ? { says: "nothing", console: "" } : undefined,
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

const setUpIn = ({ tags }: Found, how: "awaited" | "done"): string | undefined => {
  const [is, word] = tags[SET_UP_TAG]?.split(": ") ?? [];
  return is === how ? word : undefined;
};
const setUpTag = (how: "awaited" | "done", setUp: string | undefined): Tags =>
  setUp === undefined ? {} : { [SET_UP_TAG]: `${how}: ${setUp}` };

/**
 * What was said last counts. A console that AWS does not show as of now may never show the end of a set-up: there only a
 * failure counts.
 */
async function settingUp(aws: Aws, id: string, word: string): Promise<SettingUp> {
  const output = await consoleOf(aws, id);
  const [done, failed] = [`${word} SETUP DONE`, `${word} FAILED`].map((text) => output.text.lastIndexOf(text)) as [
    number,
    number,
  ];
  const says = failed > done ? "failed" : done >= 0 || !output.current ? "done" : "nothing";
  return { says, console: consoleTail(output, failed > done ? `${word} FAILED` : undefined) };
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

const findSeen = findOwned(list, { byId });

/** Only of the one that is asked for, and only until its set-up is known to be done, the console is read. */
async function find(aws: Aws, owner: Owner, id?: string): Promise<InstanceLive | undefined> {
  const found = await findSeen(aws, owner, id);
  const awaited = found?.state === "running" ? setUpIn(found, "awaited") : undefined;
  return found && awaited ? { ...found, settingUp: await settingUp(aws, found.id, awaited) } : found;
}

/** A stopped instance does not come back by itself: it counts as failed, and `up` makes a new one in its place. */
function health({ id, state, stateReason, settingUp }: InstanceLive): Health {
  if (state === "running" && settingUp?.says === "failed")
    return { failed: `the set-up of ${id} failed; ${settingUp.console}` };
  if (state === "running") return settingUp?.says === "nothing" ? "pending" : "ready";
  if (state === "shutting-down") return "deleting";
  const why = reasonOf(stateReason);
  if (state === "stopped") return { failed: `${id} is stopped${why ? ` (${why})` : ""}` };
  if (state === "terminated") return { failed: `AWS terminated ${id}: ${why}` };
  return "pending";
}

/** An instance of its own: a bastion, a NAT. Its image is pinned at launch, a newer one is no reason to replace it. */
export const instance: ResourceType<InstanceSpec, InstanceLive> = {
  name: "ec2:instance",
  attributes: ["publicAddressFound"],
  matters: ["instanceType"],
  immutable: ["instanceType", "subnetId", "keyName", "profileName"],
  coverage: {
    ...launchCoverage,
    covers: {
      ...launchCoverage.covers,
      sourceDestCheck: ["SourceDestCheck", "NetworkInterfaces[].SourceDestCheck"],
      setUp: [`Tags[${SET_UP_TAG}]`],
    },
  },
  same: {
    imageId: createOnly,
    rootDevice: createOnly,
    userData: createOnly,
    volumeGiB: createOnly,
    publicAddress: createOnly,
    // One that was launched before it had any goes on without; from another somebody has taken it.
    profileName: (wanted, found, _live, _spec, applied) =>
      wanted === found || (found === "" && applied.profileName === undefined),
    groupIds: sameSet,
  },
  unrecorded: ["userData"],
  // A set-up that takes more than five minutes does not come to an end.
  timing: { createSeconds: 15, timeoutSeconds: 420, deleteSeconds: 40 },
  // A NAT's set-up takes about a minute more.
  createSeconds: ({ setUp }) => (setUp === undefined ? undefined : 75),
  retryable: { create: PROFILE_NOT_YET },
  list,
  find,
  foresee: instanceNamesake,
  health,
  doing: ({ settingUp }) => (settingUp ? "setting itself up" : undefined),
  stuck: ({ cli, region }, { id, settingUp }) =>
    settingUp &&
    `its set-up has not said that it is done; ${settingUp.console}\nFor a new one: ${cli} ec2 terminate-instances --instance-ids ${id} --region ${region}, and \`buddyverse up\` again`,
  protections,
  mend: mendInstance,

  create: (aws, spec, owner, token) =>
    launch(aws, spec, owner, token, { ...creditsTag(spec), ...setUpTag("awaited", spec.setUp) }),

  async update(aws, live, { sourceDestCheck, groupIds, cpuCredits, setUp }, changed, owner) {
    const InstanceId = live.id;
    // One attribute per call. Not a parameter of RunInstances, so a new NAT gets it here, too.
    if (changed.has("sourceDestCheck"))
      await aws.ec2.modifyInstanceAttribute({ InstanceId, SourceDestCheck: { Value: sourceDestCheck } });
    if (changed.has("groupIds")) await aws.ec2.modifyInstanceAttribute({ InstanceId, Groups: [...groupIds] });
    if (changed.has("cpuCredits") && cpuCredits !== undefined) await setCredits(aws, InstanceId, cpuCredits);
    if (changed.has("setUp"))
      await aws.ec2.createTags({ Resources: [InstanceId], Tags: tagList(setUpTag("done", setUp)) });
    if (changed.has("tags")) await retagInstance(aws, live, owner);
  },

  delete: (aws, live) => terminate(aws, live),

  charges: launchCharges,
};

import type { Health, ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned } from "../owned.ts";
import { consoleOf, consoleTail } from "./read-console.ts";
import {
  type Found,
  type Launch,
  launch,
  launchedAs,
  ownInstances,
  PROFILE_NOT_YET,
  protections,
  reasonOf,
  recordedInstance,
  retagInstance,
  terminate,
} from "./read-instances.ts";

/** Holds the name of the SSM parameter in which the builder says that its set-up went well. */
export const MARKER_TAG = "buddyverse:image-marker";
const BAKED = "baked";

export interface ImageBuilderSpec extends Launch {
  /** Name of the SSM parameter that its set-up writes "baked" to as its last step. */
  readonly marker: string;
}
export interface ImageBuilderLive extends ImageBuilderSpec, Found {
  /** The marker says that the set-up went well. Asked for only when it is stopped. */
  readonly baked: boolean;
  /** What its console says, when it is stopped and not baked. */
  readonly console: string;
}

const isBuilder = ({ tags }: Found): boolean => tags[MARKER_TAG] !== undefined;

async function live(aws: Aws, found: Found): Promise<ImageBuilderLive> {
  const { id, instance, state } = found;
  const marker = found.tags[MARKER_TAG] ?? "";
  const baked = state === "stopped" && (await markerSays(aws, marker)) === BAKED;
  return {
    ...found,
    marker,
    baked,
    console: state === "stopped" && !baked ? consoleTail(await consoleOf(aws, id)) : "",
    ...launchedAs(instance),
  };
}

async function markerSays(aws: Aws, Name: string): Promise<string | undefined> {
  const answer = await undefinedIf(["ParameterNotFound"], () => aws.ssm.getParameter({ Name }));
  return answer?.Parameter?.Value;
}

const list = async (aws: Aws, stack: string) =>
  Promise.all((await ownInstances(aws, stack)).filter(isBuilder).map((found) => live(aws, found)));

const byId = async (aws: Aws, id: string) => {
  const found = await recordedInstance(aws, id);
  return found && live(aws, found);
};

/** Stopped is not baked: only the marker proves that all of the set-up worked. */
function health({ id, state, stateReason, baked, marker, console }: ImageBuilderLive): Health {
  if (state === "shutting-down") return "deleting";
  if (state === "terminated") return { failed: `AWS terminated ${id}: ${reasonOf(stateReason)}` };
  if (state !== "stopped") return "pending";
  if (baked) return "ready";
  return { failed: `the set-up of the image failed: ${id} stopped but ${marker} does not say "${BAKED}"; ${console}` };
}

/** The machine that the web image is made of: it sets itself up, leaves a mark, and powers off. */
export const imageBuilder: ResourceType<ImageBuilderSpec, ImageBuilderLive> = {
  name: "ec2:image-builder",
  matters: ["instanceType"],
  same: {
    imageId: createOnly,
    rootDevice: createOnly,
    instanceType: createOnly,
    subnetId: createOnly,
    groupIds: createOnly,
    keyName: createOnly,
    profileName: createOnly,
    publicAddress: createOnly,
    userData: createOnly,
    volumeGiB: createOnly,
    cpuCredits: createOnly,
  },
  unrecorded: ["userData"],
  timing: { createSeconds: 285, timeoutSeconds: 3_000, deleteSeconds: 40 },
  retryable: { create: PROFILE_NOT_YET },
  list,
  find: findOwned(list, { health, byId }),
  health,
  protections,

  /** A mark of an earlier builder would pass for this one's. */
  async create(aws, { marker, ...spec }, owner, token) {
    await removeMarker(aws, marker);
    return launch(aws, spec, owner, token, { [MARKER_TAG]: marker });
  },

  async update(aws, live, _spec, _changed, owner) {
    await retagInstance(aws, live, owner);
  },

  /** The mark first: a builder without one is a failed builder, but a mark without its builder would stay for ever. */
  async delete(aws, live) {
    await removeMarker(aws, live.marker);
    return terminate(aws, live);
  },

  charges: () => [{ uncounted: "the builder instance: minutes for each new image" }],
};

async function removeMarker(aws: Aws, Name: string): Promise<void> {
  await undefinedIf(["ParameterNotFound"], () => aws.ssm.deleteParameter({ Name }));
}

import { ADDRESSED } from "../../steps/outputs.ts";
import { asItStands } from "../../steps/zones.ts";
import type { Config } from "../config/schema.ts";
import type { Identified } from "../engine/resource.ts";
import type { Recorded, StackState } from "../state/state.ts";
import { checkIdentity, readState, type StateText, stateFile } from "../state/store.ts";
import type { CommonOptions } from "./options.ts";
import type { Paths } from "./paths.ts";
import { sharedPlaceOf } from "./state-place.ts";

/** What a state says of a stack, without asking anybody. */
export interface RecordedStack {
  readonly config: Config;
  readonly account: string;
  /** When what it says was last written, milliseconds since 1970. */
  readonly since: number;
  /** What was applied to an object, and what AWS gave it. */
  readonly live: (key: string) => Identified | undefined;
}

/** Undefined: there is no state, or it does not say of all that stands where it is. Throws on a bad one, and on another stack's. */
export async function recordedStack(
  options: CommonOptions,
  paths: Paths,
  given: Config,
): Promise<RecordedStack | undefined> {
  const state = await recordedState(options, paths, given);
  if (!state) return undefined;
  const unknown = Object.entries(state.resources).some(
    ([key, recorded]) => ADDRESSED.test(key) && recorded.status !== "deleting" && recorded.attributes === undefined,
  );
  if (unknown) return undefined;
  return {
    config: await asItStands(given, undefined, state.resources),
    account: state.account,
    since: writtenAt(state),
    live: (key) => liveOf(state.resources[key]),
  };
}

/** The state of that stack; undefined: there is none. Throws on a bad one, and on another stack's. */
export async function recordedState(
  options: CommonOptions,
  paths: Paths,
  given: Config,
): Promise<StackState | undefined> {
  const text = await textOf(options, paths, given);
  const state = readState(text);
  const { stack, region } = given;
  if (state) checkIdentity(state, { stack, region, account: state.account }, text.path);
  return state;
}

async function textOf(options: CommonOptions, paths: Paths, given: Config): Promise<Pick<StateText, "path" | "read">> {
  const place = sharedPlaceOf(options, given);
  if (!place) return localText(options, paths.state);
  // What connects to AWS is loaded only for a state that is there.
  const { readShared } = await import("./read-shared.ts");
  return (await readShared(options, paths, given, place)).state;
}

/** A state's text, in a file of its own or in a sandbox's. */
export async function localText(
  { sandbox }: Pick<CommonOptions, "sandbox">,
  state: string,
): Promise<Pick<StateText, "path" | "read">> {
  if (!sandbox) return stateFile(state);
  // The sandbox is loaded only for those who rehearse.
  const { readStateText } = await import("../sandbox/file.ts");
  return { path: state, read: () => readStateText(state) };
}

/** When what it says was last written, milliseconds since 1970. */
export const writtenAt = ({ resources }: StackState): number =>
  Math.max(0, ...Object.values(resources).map(({ since }) => since));

const GONE: readonly StackState["resources"][string]["status"][] = ["creating", "deleting"];

const liveOf = (recorded: Recorded | undefined): Identified | undefined =>
  recorded?.id === undefined || GONE.includes(recorded.status)
    ? undefined
    : ({ ...recorded.spec, ...recorded.attributes, id: recorded.id } as unknown as Identified);

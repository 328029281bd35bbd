import type { Aws } from "../aws/aws.ts";
import { sharedText } from "../aws/s3/shared-text.ts";
import { bucketFacts, unfitFor } from "../aws/s3/state-bucket.ts";
import { BUCKET, STATE_KEY } from "../config/patterns.ts";
import type { Config } from "../config/schema.ts";
import { BuddyError } from "../lib/errors.ts";
import { fileText, type Text } from "../state/file.ts";
import { historyFile } from "../state/history.ts";
import { openShared, openSharedState, type SentText, type SharedState, type SharedText } from "../state/shared.ts";
import { readState, type StateText } from "../state/store.ts";
import type { CommonOptions } from "./options.ts";
import { isShared, type Paths } from "./paths.ts";

/** Where a state lies in S3. */
export interface SharedPlace {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

export const urlOf = ({ bucket, key }: Pick<SharedPlace, "bucket" | "key">): string => `s3://${bucket}/${key}`;

/** Where the state is shared, by the command line or else by the config. Undefined: it is in a file. */
export function sharedPlaceOf({ state }: Pick<CommonOptions, "state">, config: Config): SharedPlace | undefined {
  if (isShared(state)) return placeIn(state, config);
  return state === undefined ? configuredPlace(config) : undefined;
}

/** The object of a stack's state where nobody names another. */
export const usualKey = (stack: string): string => `${stack}.state.json`;

/** Where the config says that the state is. */
export const configuredPlace = ({ state, stack, region }: Config): SharedPlace | undefined =>
  state === null
    ? undefined
    : { bucket: state.bucket, key: state.key ?? usualKey(stack), region: state.region ?? region };

/** A bucket alone means the usual key in it, as in the config. Throws `usage` on a place that cannot be. */
export function placeIn(url: string, { state, stack, region }: Config): SharedPlace {
  const [, bucket = "", named = ""] = /^s3:\/\/([^/]*)\/?(.*)$/.exec(url) ?? [];
  const key = named === "" ? usualKey(stack) : named;
  if (BUCKET.test(bucket) && STATE_KEY.test(key))
    return { bucket, key, region: (bucket === state?.bucket ? state.region : undefined) ?? region };
  throw new BuddyError({
    code: "usage",
    message: `${url} is not a place for a state`,
    hint: "Name a bucket and a key: s3://example-buddyverse-state/buddyverse.state.json",
  });
}

const NOT_SENT = ".unsent";

/** A state and its history, as they are shared. */
export interface OpenedShared {
  readonly state: SharedState;
  readonly history: SentText;
}

/** The shared texts of a state and its history. */
export function sharedTexts(
  aws: Aws,
  place: SharedPlace,
): { readonly state: SharedText; readonly history: SharedText } {
  const { s3 } = aws.bookkeeping(place.region);
  const at = (key: string, type: string) => sharedText(s3, { bucket: place.bucket, key, owner: aws.account }, type);
  return {
    state: at(place.key, "application/json"),
    history: at(historyFile(place.key), "application/jsonl"),
  };
}

const historyOvertaken = (path: string) =>
  new BuddyError({ code: "state", message: `somebody else has written ${path}`, about: { file: path } });

/**
 * Opens a state that is shared. Where there is none yet, the bucket is looked at: one that could lose it is refused, and so is
 * one beside a state in a file, which would be left behind.
 */
export async function openSharedAt(aws: Aws, place: SharedPlace, paths: Paths, local: Text): Promise<OpenedShared> {
  const texts = sharedTexts(aws, place);
  const [state, history] = await Promise.all([
    openSharedState(texts.state, fileText(`${paths.state}${NOT_SENT}`)),
    openShared(texts.history, historyOvertaken),
  ]);
  if (state.read() !== undefined) return { state, history };
  const url = urlOf(place);
  if (readState(local))
    throw new BuddyError({
      code: "refused",
      message: `there is no state at ${url}, but one in ${local.path}`,
      about: { file: local.path },
      hint: `Nothing was changed. \`buddyverse state move\` takes it there; or work with the file: --state ${local.path}.`,
    });
  await throwIfUnfit(aws, place);
  return { state, history };
}

/** Throws `refused` where a bucket could lose a state that is begun in it, or show it to others. */
export async function throwIfUnfit(aws: Aws, { bucket, region }: SharedPlace): Promise<void> {
  const facts = await bucketFacts(aws.bookkeeping(region).s3, { bucket, owner: aws.account });
  const [unfit] = unfitFor(facts);
  if (unfit !== undefined)
    throw new BuddyError({
      code: "refused",
      message: `no state is begun in the bucket ${bucket}: ${unfit}`,
      about: { id: bucket },
      hint: `Nothing was changed. \`buddyverse state init s3://${bucket}\` sets the bucket right.`,
    });
}

/** The texts of a state in a file. */
export const localTexts = (paths: Paths, state: StateText): { readonly state: StateText; readonly history: Text } => ({
  state,
  history: fileText(historyFile(paths.state)),
});

import type { Aws } from "../src/aws/aws.ts";
import { type ImageLive, listImages } from "../src/aws/ec2/image.ts";
import type { PublicImageLive } from "../src/aws/ec2/public-image.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";
import { imageBaseKey, imageKey } from "./image.ts";
import type { Inputs } from "./inputs.ts";

const DAY_MS = 86_400_000;
/** An image gets no updates; from so many days on it is worth a word. */
const OLD_DAYS = 30;

/**
 * What a person should know of the web image's age: at most one sentence or two.
 * @param live what was found of an object, by its key
 * @param now milliseconds since 1970
 */
export function imageNotes(
  config: Config,
  inputs: Inputs,
  live: (key: string) => Identified | undefined,
  now: number,
): readonly string[] {
  const image = live(imageKey(config, inputs)) as ImageLive | undefined;
  const base = live(imageBaseKey(config)) as PublicImageLive | undefined;
  if (!image || image.createdAt === 0) return [];
  const days = Math.floor((now - image.createdAt) / DAY_MS);
  const newer = base !== undefined && image.baseId !== "" && base.id !== image.baseId ? base : undefined;
  if (!newer && days < OLD_DAYS) return [];
  const age = `The web image ${image.id} was made ${days === 1 ? "a day" : `${days} days`} ago`;
  const since = newer ? `${age}, and a newer base is out since: ${newer.imageName || newer.id}.` : `${age}.`;
  return [`${since} To have today's packages: buddyverse up --refresh-image`];
}

/** The edition of the stack's newest web image, by its tag: for those who have lost the state. Undefined: it has none. */
export async function editionFound(aws: Aws, stack: string): Promise<string | undefined> {
  const images = await listImages(aws, stack);
  return images.toSorted((a, b) => b.createdAt - a.createdAt)[0]?.edition;
}

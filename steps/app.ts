import { bucket as bucketType, stackBucket } from "../src/aws/s3/bucket.ts";
import { object } from "../src/aws/s3/object.ts";
import type { Config } from "../src/config/schema.ts";
import { resource } from "../src/engine/resource.ts";
import type { Inputs } from "./inputs.ts";

/** The application's folder as an archive in a bucket, where the image builder fetches it. Undefined: the config names no folder. */
export function appArchive({ stack, image }: Config, { appArchive: packed }: Inputs) {
  if (!image.app || !("folder" in image.app) || !packed) return undefined;
  const { sha256, bytes } = packed;
  const name = stackBucket(stack);
  const appBucket = resource(bucketType, "app-bucket", name, {}, () => ({ publicAccessBlocked: true }));
  const appObject = resource(object, "app-archive", `${name}/app`, { appBucket }, ({ appBucket }) => ({
    bucket: appBucket.id,
    sha256,
    body: bytes,
  }));
  return { appBucket, appObject };
}

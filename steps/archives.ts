import { bucket as bucketType, stackBucket } from "../src/aws/s3/bucket.ts";
import { object } from "../src/aws/s3/object.ts";
import type { Config } from "../src/config/schema.ts";
import { resource } from "../src/engine/resource.ts";
import type { Archive } from "../src/lib/archive.ts";
import type { Inputs } from "./inputs.ts";
import { scriptsArchive } from "./scripts/user-data.ts";

/**
 * What the image builder fetches: the machine's scripts, and the application where the config names a folder. User data has
 * no room for them.
 */
export function archives({ stack, image }: Config, { appArchive }: Inputs) {
  const name = stackBucket(stack);
  const bucket = resource(bucketType, "app-bucket", name, {}, () => ({ publicAccessBlocked: true }));
  const archive = (key: string, folder: string, packed: () => Archive) =>
    resource(object, key, `${name}/${folder}`, { bucket }, ({ bucket }) => {
      const { sha256, bytes } = packed();
      return { bucket: bucket.id, sha256, body: bytes };
    });
  const scripts = archive("scripts-archive", "scripts", scriptsArchive);
  if (!image.app || !("folder" in image.app) || !appArchive) return { bucket, scripts };
  return { bucket, scripts, app: archive("app-archive", "app", () => appArchive) };
}

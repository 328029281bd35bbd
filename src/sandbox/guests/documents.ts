import * as z from "zod";
import type { AppSettings, ReleaseSettings } from "../../../steps/scripts/app-settings.ts";
import {
  DEBIAN_PACKAGE,
  ENVIRONMENT_VARIABLE,
  HEALTH_CHECK_PATH,
  PROJECT_PATH,
  PYTHON_MODULE,
  PYTHON_VERSION,
  SITE_NAME,
  WSGI_ENTRY,
} from "../../config/patterns.ts";
import { parseCidr } from "../../lib/cidr.ts";

const like = (pattern: RegExp) => z.string().regex(pattern);

/** /etc/buddyverse/app.json, as the image's scripts read it. */
export const appDocument = z.strictObject({
  directory: z.union([z.literal(""), like(PROJECT_PATH), z.null()]),
  wsgi: like(WSGI_ENTRY).nullable(),
  settings: like(PYTHON_MODULE).nullable(),
  requirements: like(PROJECT_PATH).nullable(),
  packages: z.array(like(DEBIAN_PACKAGE)),
  addsDriver: z.boolean(),
  python: like(PYTHON_VERSION).nullable(),
}) satisfies z.ZodType<AppSettings>;

/** /etc/buddyverse/release.json, as a web instance reads it. */
export const releaseDocument = z.strictObject({
  env: z.record(like(ENVIRONMENT_VARIABLE), like(/^[^\0]*$/)),
  secrets: z.array(like(ENVIRONMENT_VARIABLE)),
  release: like(/^[^\n\r\0]*$/),
  releaseId: like(/^[0-9a-f]{12}$/),
  siteNames: z.array(like(SITE_NAME)).min(1),
  https: z.boolean(),
  vpcCidr: z.string().refine((text) => parseCidr(text) !== undefined),
  healthCheckPath: like(HEALTH_CHECK_PATH),
}) satisfies z.ZodType<ReleaseSettings>;

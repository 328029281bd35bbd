import type { Safety } from "../safety.ts";

export { GetCallerIdentityCommand, STSClient as Client } from "@aws-sdk/client-sts";

export const safety: Readonly<Record<string, Safety>> = {};

import type { Safety } from "../safety.ts";

export { GetRoleCommand, IAMClient as Client } from "@aws-sdk/client-iam";

export const safety: Readonly<Record<string, Safety>> = {};

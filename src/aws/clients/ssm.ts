import type { Safety } from "../safety.ts";

export { GetParameterCommand, SSMClient as Client } from "@aws-sdk/client-ssm";

export const safety: Readonly<Record<string, Safety>> = {};

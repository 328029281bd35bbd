import type { Safety } from "../safety.ts";

export { ListHostedZonesByNameCommand, Route53Client as Client } from "@aws-sdk/client-route-53";

export const safety: Readonly<Record<string, Safety>> = {};

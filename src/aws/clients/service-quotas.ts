import type { Safety } from "../safety.ts";

export { GetServiceQuotaCommand, ServiceQuotasClient as Client } from "@aws-sdk/client-service-quotas";

export const safety: Readonly<Record<string, Safety>> = {};

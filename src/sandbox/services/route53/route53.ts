import type { SandboxService } from "../../service.ts";
import { records } from "./records.ts";
import { addHostedZone, zones } from "./zones.ts";

/** Route 53: hosted zones and their records. */
export const route53: SandboxService = {
  everywhere: true,
  operations: { ...zones, ...records },
  errors: { missingParameter: "InvalidInput", malformedParameter: "InvalidInput" },
  inventory: { "route53.zones": "hosted zones", "route53.records": "DNS records" },
  // The zone of a domain that was bought from Route 53.
  fresh(sim, { domain }) {
    if (domain) addHostedZone(sim, domain);
  },
};

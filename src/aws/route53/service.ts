import type { Service } from "../service.ts";
import { aliasRecords } from "./alias-records.ts";
import { extras } from "./extras.ts";
import { narrowed } from "./narrowed.ts";
import { prices } from "./prices.ts";
import { record } from "./record.ts";
import { forgottenZones, keptZones } from "./residuals.ts";
import { existingZone, ownedZone } from "./zone.ts";

export const route53: Service<typeof import("./client.ts")> = {
  package: "route-53",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "route53",
    changes: { CreateHostedZone: ["ChangeTagsForResource"] },
    global: true,
    narrowed,
  },
  // One change of a zone at a time (API reference, ChangeResourceRecordSets).
  errors: { throttled: ["PriorRequestNotComplete"] },
  extras,
  types: [existingZone, ownedZone, aliasRecords, record],
  colour: "#7a5cc9",
  prices,
  residuals: [forgottenZones, keptZones],
  safety: {
    // A repeat is refused (HostedZoneAlreadyExists), but that answer does not give the zone's id.
    CreateHostedZone: "look",
    ChangeTagsForResource: "same",
    // CREATE of what is there is refused, and DELETE of what is gone: a repeat looks as if somebody else had been at work.
    ChangeResourceRecordSets: "look",
    DeleteHostedZone: "same",
  },
};

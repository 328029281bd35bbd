import type { Safety } from "../safety.ts";

export {
  ChangeResourceRecordSetsCommand,
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  Route53Client as Client,
} from "@aws-sdk/client-route-53";

export const safety: Readonly<Record<string, Safety>> = {
  // A repeat is refused (HostedZoneAlreadyExists), but that answer does not give the zone's id.
  CreateHostedZone: "look",
  ChangeTagsForResource: "same",
  // CREATE of what is there is refused, and looks as if the record were somebody else's: records carry no tags.
  ChangeResourceRecordSets: "look",
  DeleteHostedZone: "same",
};

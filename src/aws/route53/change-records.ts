import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { NotYet } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { hasCode } from "../errors.ts";

export const creating = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: "CREATE", ResourceRecordSet });
/** A DELETE must repeat the set exactly as Route 53 has it. */
export const deleting = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: "DELETE", ResourceRecordSet });

/**
 * Sends one change batch: Route 53 makes all of it or nothing (API reference, ChangeResourceRecordSets), in its order: a
 * CREATE before the DELETE that makes room for it is refused (cookpad/roadworker#89).
 */
export async function changeRecords(aws: Aws, zoneId: string, changes: readonly Change[]): Promise<void> {
  try {
    await aws.route53.changeResourceRecordSets({ HostedZoneId: zoneId, ChangeBatch: { Changes: [...changes] } });
  } catch (error) {
    // Route 53 puts its reasons into a list, and sometimes into the message too: from here on into the message only.
    const { messages = [] } = error as { messages?: readonly string[] };
    if (error instanceof Error && hasCode(error, REFUSED) && messages.length > 0) error.message = messages.join(" ");
    throw error;
  }
}

export const REFUSED = "InvalidChangeBatch";

/** Route 53's ways to say that the zone is no longer as it was read: the next look sees how it is. */
export const CHANGED_MEANWHILE: NotYet = {
  code: REFUSED,
  message: /already exists|was not found|do not match|conflict|other RRSets exist/,
};

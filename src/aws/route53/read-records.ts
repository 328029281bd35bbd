import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { allPages } from "../pages.ts";
import { NO_ZONE, plainName } from "./read-zones.ts";

/** All records of a zone; none when the zone is gone. */
export const recordsIn = (aws: Aws, zoneId: string): Promise<readonly ResourceRecordSet[]> =>
  aws.coalesce(`route53:records:${zoneId}`, async () => {
    const records = await undefinedIf(NO_ZONE, () =>
      allPages(
        (from) => {
          const [StartRecordName, StartRecordType, StartRecordIdentifier] = from ? (JSON.parse(from) as string[]) : [];
          return aws.route53.listResourceRecordSets({
            HostedZoneId: zoneId,
            StartRecordName,
            StartRecordType: StartRecordType as ResourceRecordSet["Type"],
            StartRecordIdentifier: StartRecordIdentifier ?? undefined,
          });
        },
        (page) => page.ResourceRecordSets,
        (page) =>
          page.IsTruncated
            ? JSON.stringify([page.NextRecordName, page.NextRecordType, page.NextRecordIdentifier])
            : undefined,
      ),
    );
    return records ?? [];
  });

/** Where an alias leads, as the load balancer itself says it: Route 53 lower-cases, adds a dot, and its console `dualstack.`. */
export const plainTarget = (name: string): string => plainName(name).replace(/^dualstack\./, "");

export interface PlainRecord {
  readonly name: string;
  readonly type: string;
  readonly alias:
    | { readonly dnsName: string; readonly zoneId: string; readonly evaluateTargetHealth: boolean }
    | undefined;
  readonly values: readonly string[];
  readonly ttl: number | undefined;
}

export function plainRecord({ Name = "", Type, AliasTarget, ResourceRecords, TTL }: ResourceRecordSet): PlainRecord {
  return {
    name: plainName(Name),
    type: Type ?? "",
    alias: AliasTarget && {
      dnsName: plainTarget(AliasTarget.DNSName ?? ""),
      zoneId: AliasTarget.HostedZoneId ?? "",
      evaluateTargetHealth: AliasTarget.EvaluateTargetHealth ?? false,
    },
    values: (ResourceRecords ?? []).map(({ Value = "" }) => (Type === "CNAME" ? plainName(Value) : Value)),
    ttl: TTL,
  };
}

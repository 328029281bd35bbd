import type { HostedZone } from "@aws-sdk/client-route-53";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { allPages } from "../pages.ts";

/** A domain name as people write it. Route 53 answers lower case, a trailing dot, and `\052` for a star. */
export const plainName = (name: string): string =>
  name
    .replace(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\.$/, "")
    .toLowerCase();

export const NO_ZONE = ["NoSuchHostedZone"];

export interface FoundZone {
  /** `Z…`. */
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly comment: string;
}
export interface ZoneWithServers extends FoundZone {
  /** The four name servers that the registrar (or the parent zone) must name. */
  readonly nameServers: readonly string[];
  readonly described?: object;
}

const found = ({ Id = "", Name = "", Config }: HostedZone): FoundZone => ({
  id: Id.replace(/^\/hostedzone\//, ""),
  name: plainName(Name),
  isPrivate: Config?.PrivateZone ?? false,
  comment: Config?.Comment ?? "",
});

export const covers = (zone: string, domain: string): boolean => zone === domain || domain.endsWith(`.${zone}`);

/** All public zones of the account that could hold a domain's records, those with the longest name first. */
export async function zonesCovering(aws: Aws, name: string): Promise<readonly FoundZone[]> {
  const domain = plainName(name);
  // The call is "start at", not a filter; names sort from the right, so that a domain's zones follow its last two labels.
  const start = domain.split(".").slice(-2).join(".");
  const zones = await aws.coalesce(`route53:zones:${start}`, () =>
    allPages(
      (from) => {
        const [DNSName, HostedZoneId] = (from ?? start).split(" ");
        return aws.route53.listHostedZonesByName({ DNSName, ...(HostedZoneId ? { HostedZoneId } : {}) });
      },
      (page) => page.HostedZones?.map(found),
      (page) => {
        const last = page.HostedZones?.at(-1);
        return page.IsTruncated && last && covers(start, plainName(last.Name ?? ""))
          ? `${page.NextDNSName} ${page.NextHostedZoneId}`
          : undefined;
      },
    ),
  );
  return zones
    .filter((zone) => !zone.isPrivate && covers(zone.name, domain))
    .toSorted((a, b) => b.name.length - a.name.length);
}

/** Those with the longest name, which the DNS asks for a domain's records; several when they are named alike. */
export async function zonesFor(aws: Aws, domain: string): Promise<readonly FoundZone[]> {
  const fitting = await zonesCovering(aws, domain);
  return fitting.filter(({ name }) => name === fitting[0]?.name);
}

/** A zone with its name servers, or undefined when there is none (any more). */
export const zoneById = (aws: Aws, id: string): Promise<ZoneWithServers | undefined> =>
  aws.coalesce(`route53:zone:${id}`, async () => {
    const answer = await undefinedIf(NO_ZONE, () => aws.route53.getHostedZone({ Id: id }));
    return (
      answer?.HostedZone && {
        ...found(answer.HostedZone),
        described: { ...answer, $metadata: undefined },
        nameServers: (answer.DelegationSet?.NameServers ?? []).map(plainName),
      }
    );
  });

/**
 * What a zone of ours says in its comment: tags come only after it is made, this is there from the start. Zones are the
 * account's, not the region's: the stack of the same name in another region has its own.
 */
export const ownComment = ({ region }: Pick<Aws, "region">, stack: string, key: string): string =>
  `buddyverse stack=${stack} region=${region} key=${key}`;
/** True for a comment of ours, whichever stack's. */
export const isOwnComment = (comment: string): boolean => /^buddyverse stack=\S+ region=\S+ key=/.test(comment);
export const isOfStack = ({ comment }: FoundZone, aws: Pick<Aws, "region">, stack: string): boolean =>
  comment.startsWith(ownComment(aws, stack, ""));

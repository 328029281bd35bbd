import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { FORGOTTEN, type ResidualReader } from "../residual.ts";
import { zoneMonth } from "./prices.ts";
import { ownComment, plainName } from "./read-zones.ts";
import { existingZone } from "./zone.ts";

const command = ({ cli }: Aws, id: string) => `${cli} route53 delete-hosted-zone --id ${id}`;

export const forgottenZones: ResidualReader = {
  what: "hosted zones",
  async read(aws, stack) {
    const all = await allPages(
      (from) => {
        const [DNSName, HostedZoneId] = from?.split(" ") ?? [];
        return aws.route53.listHostedZonesByName({ DNSName, HostedZoneId });
      },
      (page) => page.HostedZones,
      (page) => (page.IsTruncated ? `${page.NextDNSName} ${page.NextHostedZoneId}` : undefined),
    );
    return all
      .filter(({ Config }) => Config?.Comment?.startsWith(ownComment(stack, "")))
      .map(({ Id = "", Name = "" }) => {
        const id = Id.replace(/^\/hostedzone\//, "");
        return {
          what: "hosted zone",
          id,
          why: `${plainName(Name)}, ${FORGOTTEN}; its records have to go first`,
          price: zoneMonth.item,
          commands: [command(aws, id)],
        };
      });
  },
};

/** The zone that the stack used. Where nothing of the stack was, it is nothing that the stack leaves. */
export const keptZones: ResidualReader = {
  what: "the stack's hosted zone",
  read(aws, _stack, before) {
    const all = [...before.values()];
    if (!all.some(({ node, look, recorded }) => !node.type.external && (look.live ?? recorded))) return [];
    return all
      .filter(({ node }) => node.type === existingZone)
      .flatMap(({ look }) => look.live?.id ?? [])
      .map((id) => ({
        what: "hosted zone",
        id,
        why: "it was there before the stack and is not its own; delete it only when nothing else needs it",
        price: zoneMonth.item,
        commands: [command(aws, id)],
      }));
  },
};

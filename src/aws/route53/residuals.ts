import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { FORGOTTEN, type ResidualReader } from "../residual.ts";
import { zoneMonth } from "./prices.ts";
import { ownComment, plainName } from "./read-zones.ts";
import { existingZone, ownedZone } from "./zone.ts";

const command = ({ cli }: Aws, id: string) => `${cli} route53 delete-hosted-zone --id ${id}`;

export const forgottenZones: ResidualReader = {
  what: "hosted zones",
  async read(aws, stack, before) {
    const all = await allPages(
      (from) => {
        const [DNSName, HostedZoneId] = from?.split(" ") ?? [];
        return aws.route53.listHostedZonesByName({ DNSName, HostedZoneId });
      },
      (page) => page.HostedZones,
      (page) => (page.IsTruncated ? `${page.NextDNSName} ${page.NextHostedZoneId}` : undefined),
    );
    const known = new Set([...before.values()].map(({ look }) => look.live?.id));
    return all
      .filter(({ Config }) => Config?.Comment?.startsWith(ownComment(aws, stack, "")))
      .map(({ Id = "", Name = "" }) => ({ id: Id.replace(/^\/hostedzone\//, ""), name: plainName(Name) }))
      .filter(({ id }) => !known.has(id))
      .map(({ id, name }) => ({
        what: "hosted zone",
        id,
        why: `${name}, ${FORGOTTEN}; its records have to go first`,
        price: zoneMonth.item,
        commands: [command(aws, id)],
      }));
  },
};

/** The zone that the stack used. Where nothing of the stack was, somebody's zone is nothing that the stack leaves. */
export const keptZones: ResidualReader = {
  what: "the stack's hosted zone",
  read(aws, _stack, before) {
    const all = [...before.values()];
    const any = all.some(({ node, look, recorded }) => !node.type.external && (look.live ?? recorded));
    return all
      .filter(
        ({ node, decision }) =>
          (any && node.type === existingZone) || (node.type === ownedZone && decision.kind === "keep"),
      )
      .flatMap(({ node, look }) => (look.live ? [{ id: look.live.id, own: node.type === ownedZone }] : []))
      .map(({ id, own }) => ({
        what: "hosted zone",
        id,
        why: own
          ? "the stack made it, and keeps it for the next up: the registrar has been told its name servers; down --delete-zone deletes it"
          : "it was there before the stack and is not its own; delete it only when nothing else needs it",
        price: zoneMonth.item,
        commands: own ? [] : [command(aws, id)],
      }));
  },
};

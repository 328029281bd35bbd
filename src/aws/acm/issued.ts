import type { Health, Identified, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { KEY_TAG, STACK_TAG } from "../owned.ts";
import { isOfStack, zoneById, zonesFor } from "../route53/read-zones.ts";
import { type CertificateLive, certificateById, certificatesOf, whyNotIssued } from "./certificate.ts";

export interface IssuedSpec {
  readonly certificateArn: string;
}
/** `id` is the certificate's ARN. */
export interface IssuedLive extends IssuedSpec, Identified {
  readonly certificate: CertificateLive;
  /** Set while ACM cannot see the validation records: the public DNS leads elsewhere. */
  readonly undelegated: { readonly zone: string; readonly nameServers: readonly string[] } | undefined;
}

/** The keys of a certificate and of its being issued: one pair per set of names, so that a new certificate is there before the old one goes. */
export const certificateKeys = (names: readonly string[]) => {
  const set = names.join("+");
  return { certificate: `certificate-${set}`, issued: `certificate-issued-${set}` };
};

/** The zone that the public DNS does not lead to. Undefined: it does, or DNS cannot be asked. */
async function undelegatedZone(aws: Aws, stack: string, domain: string): Promise<IssuedLive["undelegated"]> {
  const zones = await zonesFor(aws, domain);
  const own = zones.filter((zone) => isOfStack(zone, stack));
  const whole = await Promise.all((own.length > 0 ? own : zones).map(({ id }) => zoneById(aws, id)));
  const [zone, ...others] = whole.filter((one) => one !== undefined);
  if (!zone) return undefined;
  const public_ = (await aws.network.nameServers(zone.name))?.map((name) => name.toLowerCase().replace(/\.$/, ""));
  const known = [zone, ...others].flatMap(({ nameServers }) => nameServers);
  if (!public_ || known.some((name) => public_.includes(name))) return undefined;
  return { zone: zone.name, nameServers: zone.nameServers };
}

function health({ certificate, undelegated }: IssuedLive): Health {
  if (certificate.status === "ISSUED") return "ready";
  const failed = whyNotIssued(certificate);
  if (failed !== undefined)
    return { blocked: `${failed}. Mend that and run \`buddyverse up\` again: it asks for a new certificate` };
  if (certificate.status !== "PENDING_VALIDATION") return { blocked: `the certificate is ${certificate.status}` };
  if (!undelegated) return "pending";
  return {
    blocked: `ACM cannot see the zone ${undelegated.zone}: the registrar must name these name servers: ${undelegated.nameServers.join(", ")}. Set them there and run \`buddyverse up\` again`,
  };
}

/**
 * That a certificate is issued: what an https listener must wait for. A state of the certificate, not an object of its
 * own: its "creation" calls nothing. Named as the certificate, which it needs.
 */
export const issuedCertificate: ResourceType<IssuedSpec, IssuedLive> = {
  name: "acm:issued-certificate",
  timing: { createSeconds: 120, timeoutSeconds: 3600 },
  health,

  async find(aws, { stack, needs, name: domain }, id) {
    const recorded = id === undefined ? undefined : await certificateById(aws, id);
    const certificate =
      recorded?.tags[STACK_TAG] === stack
        ? recorded
        : (await certificatesOf(aws, stack, domain)).find(
            // There may be another one, for other names of the domain.
            ({ tags }) => needs.includes(tags[KEY_TAG] ?? ""),
          );
    if (!certificate) return undefined;
    const pending = certificate.status === "PENDING_VALIDATION";
    return {
      id: certificate.id,
      certificateArn: certificate.id,
      certificate,
      undelegated: pending ? await undelegatedZone(aws, stack, domain) : undefined,
    };
  },

  create: async (_aws, { certificateArn }) => certificateArn,
};

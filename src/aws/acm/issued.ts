import type { Health, Identified, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { KEY_TAG, STACK_TAG } from "../owned.ts";
import { type Delegation, delegationOf, elsewhereText } from "../route53/read-delegation.ts";
import {
  type CertificateLive,
  certificateById,
  certificateDetail,
  certificatesOf,
  whyNotIssued,
} from "./certificate.ts";

export interface IssuedSpec {
  readonly certificateArn: string;
}
/** `id` is the certificate's ARN. */
export interface IssuedLive extends IssuedSpec, Identified {
  readonly certificate: CertificateLive;
  /** Set while ACM cannot see the validation records: the public DNS leads elsewhere. */
  readonly undelegated: Delegation | undefined;
}

/** The keys of a certificate and of its being issued: one pair per set of names, so that a new certificate is there before the old one goes. */
export const certificateKeys = (names: readonly string[]) => {
  const set = names.join("+");
  return { certificate: `certificate-${set}`, issued: `certificate-issued-${set}` };
};

const PENDING = "PENDING_VALIDATION";

/** The zone that the public DNS does not lead to. Undefined: it does, or DNS cannot be asked. */
async function undelegated(aws: Aws, stack: string, domain: string): Promise<Delegation | undefined> {
  const delegation = await delegationOf(aws, stack, domain);
  return delegation?.leadsHere === false ? delegation : undefined;
}

const waitsForDelegation = (delegation: Delegation): string =>
  `${elsewhereText(delegation)}, so ACM cannot see that the domain is yours: the registrar must name these name servers: ${delegation.zone.nameServers.join(", ")}. Set them there and run \`buddyverse up\` again`;

function health({ certificate, undelegated }: IssuedLive): Health {
  if (certificate.status === "ISSUED") return "ready";
  const failed = whyNotIssued(certificate);
  if (failed !== undefined)
    return { blocked: `${failed}. Mend that and run \`buddyverse up\` again: it asks for a new certificate` };
  if (certificate.status !== PENDING) return { blocked: `the certificate is ${certificate.status}` };
  return undelegated ? { blocked: waitsForDelegation(undelegated) } : "pending";
}

/**
 * That a certificate is issued: what an https listener must wait for. A state of the certificate, not an object of its
 * own: its "creation" calls nothing. Named as the certificate, which it needs.
 */
export const issuedCertificate: ResourceType<IssuedSpec, IssuedLive> = {
  name: "acm:issued-certificate",
  timing: { createSeconds: 120, timeoutSeconds: 3600 },
  health,
  stillPending: async (aws, { id }) => (await certificateDetail(aws, id))?.Status === PENDING,

  async find(aws, { stack, needs, name: domain }, id) {
    const recorded = id === undefined ? undefined : await certificateById(aws, id);
    const certificate =
      recorded && (recorded.tags[STACK_TAG] ?? stack) === stack
        ? recorded
        : (await certificatesOf(aws, stack, domain)).find(
            // There may be another one, for other names of the domain.
            ({ tags }) => needs.includes(tags[KEY_TAG] ?? ""),
          );
    if (!certificate) return undefined;
    const pending = certificate.status === PENDING;
    return {
      id: certificate.id,
      certificateArn: certificate.id,
      certificate,
      undelegated: pending ? await undelegated(aws, stack, domain) : undefined,
    };
  },

  async foresee(aws, _spec, { stack, name: domain }) {
    const delegation = await delegationOf(aws, stack, domain);
    if (!delegation)
      return {
        kind: "waits",
        reason:
          "there is no hosted zone for it yet; when there is, the registrar must name its name servers, which up shows",
      };
    return delegation.leadsHere ? undefined : { kind: "waits", reason: waitsForDelegation(delegation) };
  },

  create: async (_aws, { certificateArn }) => certificateArn,
  /** ACM may show the certificate before this one for some seconds after it was deleted: looked at again, it is the new one. */
  update: async () => {},
};

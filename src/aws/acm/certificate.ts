import type { CertificateDetail, CertificateSummary, KeyAlgorithm } from "@aws-sdk/client-acm";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, findOwned, STACK_TAG, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";

export interface CertificateSpec {
  /** All domain names, the certificate's first name first. */
  readonly names: readonly string[];
}
/** The CNAME by which ACM sees that a domain is ours; it must stay for renewals. */
export interface ValidationRecord {
  readonly domain: string;
  readonly name: string;
  readonly value: string;
}
/** `id` is the ARN. */
export interface CertificateLive extends CertificateSpec, Identified {
  readonly tags: Tags;
  /** As ACM says it: PENDING_VALIDATION, ISSUED, FAILED, … */
  readonly status: string;
  readonly failureReason: string | undefined;
  /** Only for the domains for which ACM has made one up already: that takes it some seconds. */
  readonly records: readonly ValidationRecord[];
  /** ARNs of the load balancers that serve it. */
  readonly usedBy: readonly string[];
}

const GONE = ["ResourceNotFoundException"];
// Without it ListCertificates shows only RSA_1024 and RSA_2048 (API reference).
const KEY_TYPES: KeyAlgorithm[] = [
  "RSA_1024",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_prime256v1",
  "EC_secp384r1",
  "EC_secp521r1",
];

/** The account's certificates in this region that bear a domain's name or its wildcard. */
export async function certificatesNaming(aws: Aws, name: string): Promise<readonly CertificateSummary[]> {
  const domain = name.toLowerCase();
  const all = await aws.coalesce("acm:certificates", () =>
    allPages(
      (NextToken) => aws.acm.listCertificates({ Includes: { keyTypes: KEY_TYPES }, NextToken }),
      (page) => page.CertificateSummaryList,
      (page) => page.NextToken,
    ),
  );
  return all.filter(({ DomainName, SubjectAlternativeNameSummaries = [] }) =>
    [DomainName, ...SubjectAlternativeNameSummaries].some((one) => one === domain || one === `*.${domain}`),
  );
}

async function certificateTags(aws: Aws, arn: string): Promise<Tags | undefined> {
  const answer = await aws.coalesce(`acm:tags:${arn}`, () =>
    undefinedIf(GONE, () => aws.acm.listTagsForCertificate({ CertificateArn: arn })),
  );
  return answer && tagsFrom(answer.Tags);
}

/** What ACM tells of a certificate, without its tags; undefined: it does not (yet) know it. */
export const certificateDetail = (aws: Aws, arn: string): Promise<CertificateDetail | undefined> =>
  aws.coalesce(`acm:certificate:${arn}`, async () => {
    const answer = await undefinedIf(GONE, () => aws.acm.describeCertificate({ CertificateArn: arn }));
    return answer?.Certificate;
  });

/** The certificate as it is, or undefined when ACM does not (yet) know it. */
export async function certificateById(aws: Aws, arn: string): Promise<CertificateLive | undefined> {
  const [certificate, tags] = await Promise.all([certificateDetail(aws, arn), certificateTags(aws, arn)]);
  if (!certificate || !tags) return undefined;
  const options = certificate.DomainValidationOptions ?? [];
  return {
    id: arn,
    tags,
    names: [
      ...new Set(
        [certificate.DomainName ?? "", ...(certificate.SubjectAlternativeNames ?? [])].map((n) => n.toLowerCase()),
      ),
    ],
    status: certificate.Status ?? "",
    failureReason: certificate.FailureReason,
    records: options.flatMap(({ DomainName, ResourceRecord }) =>
      DomainName && ResourceRecord?.Name && ResourceRecord.Value
        ? [{ domain: DomainName.toLowerCase(), name: ResourceRecord.Name, value: ResourceRecord.Value }]
        : [],
    ),
    usedBy: certificate.InUseBy ?? [],
    described: { ...certificate, Tags: tags },
  };
}

/** The stack's own certificates that bear a domain's name. */
export async function certificatesOf(aws: Aws, stack: string, domain: string): Promise<readonly CertificateLive[]> {
  const named = await certificatesNaming(aws, domain);
  const tagged = await Promise.all(
    named.map(async ({ CertificateArn = "" }) =>
      (await certificateTags(aws, CertificateArn))?.[STACK_TAG] === stack ? CertificateArn : undefined,
    ),
  );
  const found = await Promise.all(tagged.map((arn) => (arn === undefined ? undefined : certificateById(aws, arn))));
  return found.filter((one) => one !== undefined);
}

const WHY: Readonly<Record<string, string>> = {
  CAA_ERROR: "a CAA record of the domain forbids Amazon: let one name amazon.com, or remove it",
  DOMAIN_NOT_ALLOWED: "Amazon counts the domain among unsafe ones: ask AWS Support",
  ADDITIONAL_VERIFICATION_REQUIRED: "Amazon wants to verify the domain further: ask AWS Support",
  INVALID_PUBLIC_DOMAIN: "the domain is not under a public top-level domain",
  DOMAIN_VALIDATION_DENIED: "the validation was denied",
};

/** Why a certificate will never be issued, and what to mend; undefined for one that may be, or is. */
export function whyNotIssued({ status, failureReason }: CertificateLive): string | undefined {
  if (status === "FAILED")
    return `ACM did not issue it: ${failureReason ?? "no reason given"}${failureReason && WHY[failureReason] ? ` (${WHY[failureReason]})` : ""}`;
  // 72 hours (ACM user guide, DNS validation).
  if (status === "VALIDATION_TIMED_OUT")
    return "ACM did not see its validation records within 72 hours: check the domain's name servers and that CAA records allow amazon.com";
  return undefined;
}

/** A public certificate, RSA 2048, validated by DNS. Named as its first domain. Ready when ACM has told its validation records. */
export const certificate: ResourceType<CertificateSpec, CertificateLive> = {
  name: "acm:certificate",
  matters: ["names"],
  coverage: {
    covers: { names: ["DomainName", "SubjectAlternativeNames"] },
    ignores: {
      Status: STATE,
      FailureReason: STATE,
      RenewalSummary: STATE,
      DomainValidationOptions: "how ACM sees that the names are ours; the records are objects of their own",
      InUseBy: "the listeners that serve it",
      ...Object.fromEntries(
        [
          "ExtendedKeyUsages",
          "Issuer",
          "KeyUsages",
          "RenewalEligibility",
          "Serial",
          "SignatureAlgorithm",
          "Subject",
          "CertificateKeyPairOrigin",
        ].map((path) => [path, "ACM fills it in with each issue and renewal"]),
      ),
    },
  },
  immutable: ["names"],
  same: {
    names: (wanted, found) =>
      sameSet(
        wanted.map((name) => name.toLowerCase()),
        found,
      ),
  },
  timing: { createSeconds: 10, timeoutSeconds: 600, deleteSeconds: 25 },
  // It counts as used for 10 s to over 10 min after its listener is gone (terraform-provider-aws issue 3866).
  retryable: { delete: ["ResourceInUseException", "ConflictException"] },

  async find(aws, owner, id) {
    const recorded = id === undefined ? undefined : await certificateById(aws, id);
    if (recorded) {
      assertOurs(owner, recorded.id, recorded.tags, "id");
      return recorded;
    }
    return findOwned((_aws, stack) => certificatesOf(aws, stack, owner.name))(aws, owner);
  },

  health(live) {
    const failed = whyNotIssued(live);
    if (failed !== undefined) return { failed };
    if (live.status === "EXPIRED" || live.status === "REVOKED" || live.status === "INACTIVE")
      return {
        blocked: `the certificate is ${live.status}: delete it in the ACM console (and the https listener that uses it), then run \`buddyverse up\``,
      };
    return live.names.every((name) => live.records.some(({ domain }) => domain === name)) ? "ready" : "pending";
  },

  async stillPending(aws, { id }) {
    const { Status, DomainValidationOptions = [] } = (await certificateDetail(aws, id)) ?? {};
    return Status === "PENDING_VALIDATION" && !DomainValidationOptions.every(({ ResourceRecord }) => ResourceRecord);
  },

  async create(aws, { names }, owner, token) {
    const [DomainName = "", ...others] = names;
    const { CertificateArn } = await aws.acm.requestCertificate({
      DomainName,
      ...(others.length > 0 ? { SubjectAlternativeNames: others } : {}),
      ValidationMethod: "DNS",
      KeyAlgorithm: "RSA_2048",
      IdempotencyToken: token,
      Tags: tagList(owner.tags),
    });
    return CertificateArn as string;
  },

  async update(aws, { id }, _spec, changed, owner) {
    if (!changed.has("tags")) return;
    const { tags, obsoleteTags = [] } = owner;
    if (obsoleteTags.length > 0)
      await aws.acm.removeTagsFromCertificate({ CertificateArn: id, Tags: obsoleteTags.map((Key) => ({ Key })) });
    await aws.acm.addTagsToCertificate({ CertificateArn: id, Tags: tagList(tags) });
  },

  async delete(aws, { id }) {
    await undefinedIf(GONE, () => aws.acm.deleteCertificate({ CertificateArn: id }));
  },

  blockers: async (_aws, { usedBy }) =>
    usedBy.map((arn) => ({ id: arn, what: "it serves the certificate", passing: true, commands: [] })),
};

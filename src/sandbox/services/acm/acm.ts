import { createHash } from "node:crypto";
import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";
import { listenerTable } from "../elb/tables.ts";
import { plain } from "../route53/names.ts";
import { publicRecords } from "../route53/tables.ts";
import { durations, ms } from "./durations.ts";

export interface Certificate {
  readonly arn: string;
  readonly status: "PENDING_VALIDATION" | "ISSUED" | "FAILED" | "VALIDATION_TIMED_OUT";
  readonly failureReason: string | null;
  /** The first is the certificate's own name. */
  readonly names: readonly string[];
  readonly token: string | null;
  readonly requestedAt: number;
  /** Since when ACM sees all validation records; null: not (yet). */
  readonly validSince: number | null;
  readonly issuedAt: number | null;
  /** A listener used it when somebody last looked; it counts as used for a while after. */
  readonly wasUsed: boolean;
  readonly releasedAt: number | null;
  readonly tags: Readonly<Record<string, string>>;
}
export const certificateTable = (sim: Sim): Table<Certificate> => sim.table("acm.certificates");

/** The same token is the same request for so long (API reference). */
const TOKEN_MS = 60 * 60_000;
/** Names on a certificate, the default quota (ACM quotas page). */
const NAMES = 10;
/** DNS validation is given up (user guide). */
const GIVEN_UP_MS = 72 * 60 * 60_000;

const arnShape = z
  .string()
  .min(20)
  .regex(/^arn:[\w+=/,.@-]+:acm:[\w+=/,.@-]*:[0-9]+:[\w+=,.@-]+(\/[\w+=,.@-]+)*$/);
const domainName = z
  .string()
  .max(253)
  .regex(/^(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$/);
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagList = z
  .array(z.strictObject({ Key: z.string().min(1).max(128).regex(tagText), Value: z.string().max(256).regex(tagText) }))
  .min(1)
  .max(50);

const notFound = (arn: string) =>
  awsError("ResourceNotFoundException", `Could not find certificate ${arn}.`, { status: 400 });

function certificateFor(sim: Sim, arn: string): Certificate {
  const certificate = certificateTable(sim).visible(arn) && certificateTable(sim).get(arn);
  if (!certificate) throw notFound(arn);
  return certificate;
}

const digest = (text: string) => createHash("md5").update(text).digest("hex");

/** The CNAME that ACM asks for: the same for a domain and its wildcard, and for all certificates of the account. */
function validationRecord(sim: Sim, domain: string): { name: string; value: string } {
  const base = domain.replace(/^\*\./, "").toLowerCase();
  const seed = `${sim.account} ${base}`;
  return {
    name: `_${digest(`name ${seed}`)}.${base}.`,
    value: `_${digest(`value ${seed}`)}.${digest(`zone ${seed}`).slice(0, 10)}.acm-validations.aws.`,
  };
}

const isValidated = (sim: Sim, domain: string): boolean => {
  const { name, value } = validationRecord(sim, domain);
  return publicRecords(sim, plain(name), "CNAME").some(({ values }) => values.map(plain).includes(plain(value)));
};

const AMAZON = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];
/** A CAA record of the domain, or of the nearest parent that has any, that lets no Amazon CA issue. */
function forbidden(sim: Sim, domain: string): boolean {
  const labels = domain.replace(/^\*\./, "").split(".");
  for (let from = 0; from < labels.length - 1; from++) {
    const [caa] = publicRecords(sim, labels.slice(from).join("."), "CAA");
    if (caa) return !caa.values.some((value) => AMAZON.some((ca) => value.includes(`"${ca}"`)));
  }
  return false;
}

/** The load balancers that serve it, as InUseBy names them. */
function users(sim: Sim, arn: string): string[] {
  const using = listenerTable(sim)
    .all()
    .filter(({ certificateArn }) => certificateArn === arn);
  return [...new Set(using.map(({ loadBalancerArn }) => loadBalancerArn))];
}

/** Takes note of who uses it now: after the last user is gone it counts as used for a while. */
function noteUse(sim: Sim, certificate: Certificate): Certificate {
  const used = users(sim, certificate.arn).length > 0;
  if (used === certificate.wasUsed) return certificate;
  const noted = used
    ? { ...certificate, wasUsed: true, releasedAt: null }
    : { ...certificate, wasUsed: false, releasedAt: sim.now };
  certificateTable(sim).putNow(certificate.arn, noted);
  return noted;
}

/** How soon ACM looks for the records again: often at first, rarely later. */
function nextLook(age: number): number {
  if (age < 10 * 60_000) return 5_000;
  return age < 60 * 60_000 ? 30_000 : 10 * 60_000;
}

export const acm: SandboxService = {
  durations,
  errors: { throttled: "ThrottlingException" },
  failures: {
    certificate: {
      // Those that were not looked at meanwhile are looked at again.
      changed(_about, sim) {
        if (sim.failing("certificate") !== undefined) return;
        const watched = new Set(sim.world.timers.filter(({ name }) => name === "acm:look").map(({ about }) => about));
        for (const { arn, status, requestedAt } of certificateTable(sim).all())
          if (status === "PENDING_VALIDATION" && !watched.has(arn))
            sim.after(nextLook(sim.now - requestedAt), "acm:look", arn);
      },
    },
  },
  inventory: { "acm.certificates": "certificates" },
  operations: {
    RequestCertificate: operation(
      {
        DomainName: domainName,
        SubjectAlternativeNames: z.array(domainName).min(1).max(100).optional(),
        ValidationMethod: z.literal("DNS"),
        KeyAlgorithm: z.literal("RSA_2048").optional(),
        IdempotencyToken: z
          .string()
          .regex(/^\w{1,32}$/)
          .optional(),
        Tags: tagList.optional(),
      },
      (input, sim) => {
        const names = [
          ...new Set([input.DomainName, ...(input.SubjectAlternativeNames ?? [])].map((n) => n.toLowerCase())),
        ];
        if (input.DomainName.length > 64)
          throw awsError(
            "InvalidDomainValidationOptionsException",
            "The first domain name can be no longer than 64 characters.",
          );
        if (names.length > NAMES)
          throw awsError("LimitExceededException", `Error: the number of domain names exceeds the limit of ${NAMES}`);
        const table = certificateTable(sim);
        const same = table
          .all()
          .find(
            (one) =>
              input.IdempotencyToken !== undefined &&
              one.token === input.IdempotencyToken &&
              sim.now - one.requestedAt < TOKEN_MS &&
              one.names.join() === names.join(),
          );
        if (same) return { CertificateArn: same.arn };
        const uuid = [8, 4, 4, 4, 12].map((digits) => sim.hex(digits)).join("-");
        const arn = `arn:${partitionOf(sim.region).name}:acm:${sim.region}:${sim.account}:certificate/${uuid}`;
        table.put(arn, {
          arn,
          status: "PENDING_VALIDATION",
          failureReason: null,
          names,
          token: input.IdempotencyToken ?? null,
          requestedAt: sim.now,
          validSince: null,
          issuedAt: null,
          wasUsed: false,
          releasedAt: null,
          tags: Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
        });
        sim.after(nextLook(0), "acm:look", arn);
        return { CertificateArn: arn };
      },
    ),

    DescribeCertificate: operation({ CertificateArn: arnShape }, ({ CertificateArn }, sim) => {
      const seen = certificateTable(sim).visible(CertificateArn);
      if (!seen) throw notFound(CertificateArn);
      const known = certificateTable(sim).get(CertificateArn);
      if (known) noteUse(sim, known);
      const shown = sim.now >= seen.requestedAt + ms("certificateRecordShown");
      return {
        Certificate: {
          CertificateArn,
          DomainName: seen.names[0],
          SubjectAlternativeNames: [...seen.names],
          DomainValidationOptions: seen.names.map((name) => {
            const record = validationRecord(sim, name);
            return {
              DomainName: name,
              ValidationDomain: name,
              ValidationStatus:
                seen.status === "ISSUED"
                  ? "SUCCESS"
                  : seen.status === "PENDING_VALIDATION"
                    ? "PENDING_VALIDATION"
                    : "FAILED",
              ValidationMethod: "DNS",
              ...(shown ? { ResourceRecord: { Name: record.name, Type: "CNAME", Value: record.value } } : {}),
            };
          }),
          Status: seen.status,
          ...(seen.failureReason ? { FailureReason: seen.failureReason } : {}),
          ...(seen.issuedAt === null ? {} : { IssuedAt: new Date(seen.issuedAt) }),
          CreatedAt: new Date(seen.requestedAt),
          KeyAlgorithm: "RSA-2048",
          Type: "AMAZON_ISSUED",
          InUseBy: users(sim, CertificateArn),
        },
      };
    }),

    ListCertificates: operation(
      {
        Includes: z.strictObject({ keyTypes: z.array(z.string()).optional() }).optional(),
        MaxItems: z.number().int().min(1).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const types = input.Includes?.keyTypes ?? ["RSA_1024", "RSA_2048"];
        const found = types.includes("RSA_2048") ? certificateTable(sim).allVisible() : [];
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxItems ?? 1000);
        return {
          CertificateSummaryList: found.slice(from, to).map((one) => ({
            CertificateArn: one.arn,
            DomainName: one.names[0],
            SubjectAlternativeNameSummaries: [...one.names],
            HasAdditionalSubjectAlternativeNames: false,
            Status: one.status,
            Type: "AMAZON_ISSUED",
            KeyAlgorithm: "RSA-2048",
            InUse: users(sim, one.arn).length > 0,
            CreatedAt: new Date(one.requestedAt),
          })),
          ...(to < found.length ? { NextToken: String(to) } : {}),
        };
      },
    ),

    ListTagsForCertificate: operation({ CertificateArn: arnShape }, ({ CertificateArn }, sim) => {
      const seen = certificateTable(sim).visible(CertificateArn);
      if (!seen) throw notFound(CertificateArn);
      return { Tags: Object.entries(seen.tags).map(([Key, Value]) => ({ Key, Value })) };
    }),

    AddTagsToCertificate: operation({ CertificateArn: arnShape, Tags: tagList }, ({ CertificateArn, Tags }, sim) => {
      const certificate = certificateFor(sim, CertificateArn);
      const tags = { ...certificate.tags, ...Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) };
      if (Object.keys(tags).length > 50) throw awsError("TooManyTagsException", "The request contains too many tags.");
      certificateTable(sim).put(CertificateArn, { ...certificate, tags });
      return {};
    }),

    // A value takes the tag away only where it has that value (API reference).
    RemoveTagsFromCertificate: operation(
      {
        CertificateArn: arnShape,
        Tags: z
          .array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().optional() }))
          .min(1)
          .max(50),
      },
      ({ CertificateArn, Tags }, sim) => {
        const certificate = certificateFor(sim, CertificateArn);
        const gone = Tags.filter(({ Key, Value }) => Value === undefined || certificate.tags[Key] === Value);
        const tags = untagged(
          certificate.tags,
          gone.map(({ Key }) => Key),
        );
        certificateTable(sim).put(CertificateArn, { ...certificate, tags });
        return {};
      },
    ),

    DeleteCertificate: operation({ CertificateArn: arnShape }, ({ CertificateArn }, sim) => {
      const certificate = noteUse(sim, certificateFor(sim, CertificateArn));
      const held = certificate.releasedAt !== null && sim.now < certificate.releasedAt + ms("certificateHeld");
      if (certificate.wasUsed || held)
        throw awsError(
          "ResourceInUseException",
          `Certificate ${CertificateArn} in account ${sim.account} is in use. Verify that you have disassociated the certificate from all resources before deleting it.`,
        );
      certificateTable(sim).remove(CertificateArn);
      return {};
    }),
  },

  timers: {
    /** ACM looks at the public DNS for the records that it asked for. */
    look(arn, sim) {
      if (sim.failing("certificate") !== undefined) return;
      const table = certificateTable(sim);
      const certificate = table.get(arn);
      if (certificate?.status !== "PENDING_VALIDATION") return;
      const age = sim.now - certificate.requestedAt;
      const validated = certificate.names.every((name) => isValidated(sim, name));
      const since = validated ? (certificate.validSince ?? sim.now) : null;
      if (age > GIVEN_UP_MS) {
        table.putNow(arn, { ...certificate, status: "VALIDATION_TIMED_OUT" });
        return;
      }
      if (since !== null && sim.now >= since + ms("certificateIssued")) {
        const denied = certificate.names.some((name) => forbidden(sim, name));
        table.putNow(arn, {
          ...certificate,
          validSince: since,
          ...(denied ? { status: "FAILED", failureReason: "CAA_ERROR" } : { status: "ISSUED", issuedAt: sim.now }),
        });
        return;
      }
      if (since !== certificate.validSince) table.putNow(arn, { ...certificate, validSince: since });
      sim.after(
        since === null ? nextLook(age) : Math.max(1, since + ms("certificateIssued") - sim.now),
        "acm:look",
        arn,
      );
    },
  },
};

import {
  ACMClient,
  AccessDeniedException,
  type CertificateDetail,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  RequestCertificateCommand,
  ResourceInUseException,
  ResourceNotFoundException,
} from "@aws-sdk/client-acm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { certificate, certificatesNaming } from "../../../src/aws/acm/certificate.ts";
import type { Aws } from "../../../src/aws/aws.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const acm = mocked(ACMClient);
beforeEach(() => acm.reset());

const ARN = "arn:aws:acm:ap-northeast-2:111122223333:certificate/c1";
const owner = ownerOf("certificate-a.link", "a.link");
const fault = { $metadata: { httpStatusCode: 400, attempts: 1 } };
const record = (domain: string) => ({
  Name: `_x.${domain}.`,
  Type: "CNAME" as const,
  Value: "_y.acm-validations.aws.",
});

async function find(detail: CertificateDetail, Tags = awsTags(owner.key, owner.name)) {
  acm.on(DescribeCertificateCommand).resolves({ Certificate: { CertificateArn: ARN, ...detail } });
  acm.on(ListTagsForCertificateCommand).resolves({ Tags });
  acm.on(ListCertificatesCommand).resolves({ CertificateSummaryList: [{ CertificateArn: ARN, DomainName: "a.link" }] });
  return certificate.find(aws, owner, ARN);
}
const pending = (...shown: string[]): CertificateDetail => ({
  DomainName: "a.link",
  SubjectAlternativeNames: ["a.link", "www.a.link"],
  Status: "PENDING_VALIDATION",
  DomainValidationOptions: ["a.link", "www.a.link"].map((DomainName) => ({
    DomainName,
    ...(shown.includes(DomainName) ? { ResourceRecord: record(DomainName) } : {}),
  })),
});
const health = async (detail: CertificateDetail) => {
  const live = await find(detail);
  return live && certificate.health?.(live);
};

test("ready when every domain has its record, though ACM still waits for them", async () => {
  expect(await health(pending())).toBe("pending");
  expect(await health(pending("a.link"))).toBe("pending");
  expect(await health(pending("a.link", "www.a.link"))).toBe("ready");
});

test("one that ACM will never issue has failed, and says why", async () => {
  expect(await health({ ...pending(), Status: "FAILED", FailureReason: "CAA_ERROR" })).toEqual({
    failed: expect.stringMatching(/CAA_ERROR.*amazon\.com/),
  });
  expect(await health({ ...pending(), Status: "VALIDATION_TIMED_OUT" })).toEqual({
    failed: expect.stringContaining("72 hours"),
  });
  expect(await health({ ...pending(), Status: "EXPIRED" })).toEqual({ blocked: expect.stringContaining("EXPIRED") });
});

test("a recorded one costs two calls; one that AWS does not know (yet) is looked for by its tags", async () => {
  await find(pending());
  expect(acm.calls()).toHaveLength(2);
  acm.reset();
  const gone = new ResourceNotFoundException({ message: "no", ...fault });
  acm.on(DescribeCertificateCommand).rejects(gone);
  acm.on(ListTagsForCertificateCommand).rejects(gone);
  acm.on(ListCertificatesCommand).resolves({ CertificateSummaryList: [] });
  expect(await certificate.find(aws, owner, ARN)).toBeUndefined();
});

test("denied is not absent", async () => {
  acm.on(ListTagsForCertificateCommand).resolves({ Tags: [] });
  acm.on(DescribeCertificateCommand).rejects(new AccessDeniedException({ message: "no", ...fault }));
  await expect(certificate.find(aws, owner, ARN)).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("somebody else's certificate for the domain is not ours; the recorded one is, without its tags too", async () => {
  await find(pending());
  acm.on(ListTagsForCertificateCommand).resolves({ Tags: awsTags("other", "a.link") });
  expect(await certificate.find(aws, owner)).toBeUndefined();
  expect(await find(pending(), [])).toMatchObject({ tags: {} });
  await expect(find(pending(), awsTags("other", "a.link"))).rejects.toMatchObject({ code: "not-ours" });
});

test("two with our key are ambiguous", async () => {
  await find(pending());
  acm.on(ListCertificatesCommand).resolves({
    CertificateSummaryList: ["c1", "c2"].map((id) => ({ CertificateArn: ARN.replace("c1", id), DomainName: "a.link" })),
  });
  await expect(certificate.find(aws, owner)).rejects.toMatchObject({ code: "ambiguous" });
});

test("it asks for all key types, which AWS hides otherwise, and for all pages", async () => {
  acm
    .on(ListCertificatesCommand)
    .resolvesOnce({ CertificateSummaryList: [], NextToken: "2" })
    .resolves({
      CertificateSummaryList: [
        { CertificateArn: ARN, DomainName: "x.link", SubjectAlternativeNameSummaries: ["*.a.link"] },
      ],
    });
  expect(await certificatesNaming(aws, "a.link")).toHaveLength(1);
  const [first, second] = acm.commandCalls(ListCertificatesCommand).map(({ args }) => args[0].input);
  expect(first?.Includes?.keyTypes).toEqual(expect.arrayContaining(["RSA_2048", "RSA_4096", "EC_prime256v1"]));
  expect(second?.NextToken).toBe("2");
});

test("the request carries tags, the DNS method and a token of letters and digits", async () => {
  acm.on(RequestCertificateCommand).resolves({ CertificateArn: ARN });
  const token = "token000000000000000000000000001";
  expect(await certificate.create?.(aws, { names: ["a.link", "www.a.link"] }, owner, token)).toBe(ARN);
  const [call] = acm.commandCalls(RequestCertificateCommand);
  expect(call?.args[0].input).toMatchObject({
    DomainName: "a.link",
    SubjectAlternativeNames: ["www.a.link"],
    ValidationMethod: "DNS",
    KeyAlgorithm: "RSA_2048",
    IdempotencyToken: expect.stringMatching(/^\w{1,32}$/),
    Tags: expect.arrayContaining([{ Key: "buddyverse:key", Value: owner.key }]),
  });
});

test("one that still counts as used is waited for; one that is gone is gone", async () => {
  const live = await find({ ...pending(), InUseBy: ["arn:lb"] });
  if (!live) throw new Error("not found");
  const used = new ResourceInUseException({ message: "in use", ...fault });
  acm.on(DeleteCertificateCommand).rejects(used);
  await expect(certificate.delete?.(aws, live, { discardData: false, label: "" })).rejects.toBe(used);
  expect(isOneOf(used, certificate.retryable?.delete)).toBe(true);
  expect(await certificate.blockers?.(aws, live)).toMatchObject([{ id: "arn:lb" }]);
  acm.on(DeleteCertificateCommand).rejects(new ResourceNotFoundException({ message: "no", ...fault }));
  await certificate.delete?.(aws, live, { discardData: false, label: "" });
});

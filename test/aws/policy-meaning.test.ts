import { describe, expect, test } from "vitest";
import { makesAdministrators, policyMeaning, trustsOthers } from "../../src/aws/policy-meaning.ts";
import { EVERYBODY } from "../../src/aws/ranges.ts";

const OWN = "111122223333";
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const root = (account: string) => ({ AWS: `arn:aws:iam::${account}:root` });
const read = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };

describe("what a resource's policy allows, and to whom", () => {
  test.each([
    [{ ...read, Principal: "*" }, "allows s3:GetObject to everybody", "made public"],
    [{ ...read, Principal: { AWS: ["*"] } }, "allows s3:GetObject to everybody", "made public"],
    [{ ...read, NotPrincipal: root(OWN) }, "allows s3:GetObject to everybody", "made public"],
    [{ ...read, Principal: root("999988887777") }, "allows s3:GetObject to account 999988887777", "leads elsewhere"],
    [{ ...read, Principal: { AWS: "999988887777" } }, "allows s3:GetObject to account 999988887777", "leads elsewhere"],
    [{ ...read, Principal: root(OWN) }, "allows s3:GetObject", undefined],
    [{ ...read, Principal: { Service: "logging.s3.amazonaws.com" } }, "allows s3:GetObject", undefined],
    [
      { ...read, Principal: "*", Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } },
      "allows s3:GetObject to everybody, under conditions",
      undefined,
    ],
    [
      { ...read, Principal: "*", Condition: { Bool: { "elasticfilesystem:AccessedViaMountTarget": "true" } } },
      "allows s3:GetObject to everybody, under conditions",
      undefined,
    ],
    [
      { ...read, Principal: "*", Condition: { IpAddress: { "aws:SourceIp": ["0.0.0.0/0"] } } },
      "allows s3:GetObject to everybody",
      "made public",
    ],
    [
      { ...read, Principal: "*", Condition: { StringNotEquals: { "aws:SourceVpc": "vpc-1" } } },
      "allows s3:GetObject to everybody",
      "made public",
    ],
    [{ ...read, Effect: "Deny", Principal: "*" }, "denies s3:GetObject", undefined],
  ])("%j", (statement, effect, danger) => {
    expect(policyMeaning(document(statement), OWN)).toEqual({ effect, danger });
  });
  test("what is no document", () => {
    expect(policyMeaning("<xml>", OWN)).toEqual({ effect: "it cannot be read", danger: undefined });
    expect(policyMeaning("null", OWN)).toEqual({ effect: "", danger: undefined });
  });
});

test.each([
  [{ Action: "*", Resource: "*" }, true],
  [{ Action: ["*:*"], Resource: ["*"] }, true],
  [{ Action: "iam:*", Resource: "*" }, true],
  [{ NotAction: "iam:*", Resource: "*" }, true],
  [{ Action: "*", NotResource: "arn:aws:s3:::x" }, true],
  [{ Action: "s3:*", Resource: "*" }, false],
  [{ Action: "*", Resource: "arn:aws:s3:::x/*" }, false],
])("what makes an administrator: %j, %s", (statement, is) => {
  const allow = { Effect: "Allow", ...statement };
  expect(makesAdministrators(JSON.stringify([read, allow]))).toBe(is);
  expect(policyMeaning(document(allow), OWN).danger).toBe(is ? "administrator rights" : undefined);
  expect(makesAdministrators(JSON.stringify([{ ...allow, Effect: "Deny" }]))).toBe(false);
});

test.each([
  [{ Service: "ec2.amazonaws.com" }, false],
  [{ Service: ["ec2.amazonaws.com", "lambda.amazonaws.com"] }, false],
  ["*", true],
  [{ Service: "ec2.amazonaws.com", AWS: "*" }, true],
  [root("999988887777"), true],
  [{ Federated: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }, true],
])("a role's trust in %j lets others in: %s", (Principal, is) => {
  expect(trustsOthers(document({ Effect: "Allow", Principal, Action: "sts:AssumeRole" }))).toBe(is);
});

test("a range that holds a large part of the internet", () => {
  for (const range of ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "64.0.0.0/2", "::/0", "2000::/3", "2400::/12"])
    expect(EVERYBODY.test(`"tcp 22 from ${range}"`), range).toBe(true);
  for (const range of [
    "10.0.0.0/8",
    "172.31.0.0/16",
    "198.51.100.7/32",
    "2001:db8::/32",
    "2001:db8::1/128",
    "fc00::/18",
  ])
    expect(EVERYBODY.test(`"tcp 22 from ${range}"`), range).toBe(false);
});

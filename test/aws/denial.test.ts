import { describe, expect, test } from "vitest";
import { setEncodedApart } from "../../src/aws/denial.ts";
import { failureOf } from "../../src/aws/failure.ts";
import { BuddyError } from "../../src/lib/errors.ts";

/** AWS's sentences: IAM user guide, "Troubleshoot access denied error messages"; with the policy's ARN since January 2026. */
const WHO = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: rds:CreateDBInstance on resource: *";
const denied = (reason: string, name = "AccessDenied") =>
  Object.assign(new Error(`${WHO}${reason}`), { name, $metadata: { httpStatusCode: 403 } });

describe("a denial", () => {
  test.each([
    [
      "with an explicit deny in a service control policy",
      "A service control policy denies it explicitly",
      "Organizations",
    ],
    [
      "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
      "A service control policy denies it explicitly",
      "forbids regions",
    ],
    ["with an explicit deny in a resource control policy", "A resource control policy denies it", "Organizations"],
    ["with an explicit deny in a permissions boundary", "A permissions boundary denies it explicitly", "IAM"],
    ["with an explicit deny in a session policy", "A session policy denies it explicitly", "came with the session"],
    [
      "with an explicit deny in a VPC endpoint policy",
      "A VPC endpoint policy denies it explicitly",
      "runs that network",
    ],
    ["with an explicit deny in a resource-based policy", "A resource-based policy denies it", "the object itself"],
    [
      "with an explicit deny in an identity-based policy",
      "An identity-based policy denies it explicitly",
      "mfa_serial",
    ],
    ["with an explicit deny", "A policy denies it explicitly", "MFA"],
    [
      "because no service control policy allows the rds:CreateDBInstance action",
      "A service control policy does not allow it",
      "Organizations",
    ],
    [
      "because no permissions boundary allows the rds:CreateDBInstance action",
      "A permissions boundary does not allow it",
      "IAM",
    ],
    [
      "because no session policy allows the rds:CreateDBInstance action",
      "A session policy does not allow it",
      "log in with",
    ],
    [
      "because no VPC endpoint policy allows the rds:CreateDBInstance action",
      "A VPC endpoint policy does not allow it",
      "endpoint",
    ],
  ])("%s: says whose it is, and that permissions do not help", (reason, whose, who) => {
    const { code, message, hint } = failureOf(denied(` ${reason}`));
    expect(code).toBe("denied");
    expect(message).toContain(reason);
    expect(hint).toContain(`${whose}`);
    expect(hint).toContain("`buddyverse policy` does not help");
    expect(hint).toContain(who);
    expect(hint).not.toMatch(/undefined|log in again|sso/);
  });

  test.each(["", " because no identity-based policy allows the rds:CreateDBInstance action"])(
    "a permission that is missing (%j) is what `buddyverse policy` prints",
    (reason) => {
      // What is said of the code in general.
      expect(failureOf(denied(reason))).toMatchObject({ code: "denied", hint: undefined });
    },
  );

  test("EC2's encoded reason is no part of the words; the command that decodes it has the profile", () => {
    const error = Object.assign(
      new Error("You are not authorized to perform this operation. Encoded authorization failure message: xY-3_z9"),
      { name: "UnauthorizedOperation" },
    );
    setEncodedApart(error);
    expect(failureOf(error, "aws --profile shop")).toEqual({
      code: "denied",
      message: "UnauthorizedOperation: You are not authorized to perform this operation.",
      hint: expect.stringMatching(
        /`buddyverse policy` prints.*`aws --profile shop sts decode-authorization-message --encoded-message xY-3_z9` says which/,
      ),
    });
    const explicit = denied(
      " with an explicit deny. Encoded authorization failure message: xY-3_z9",
      "UnauthorizedOperation",
    );
    setEncodedApart(explicit);
    expect(explicit.message).not.toContain("xY-3_z9");
    expect(failureOf(explicit).hint).toContain("`aws sts decode-authorization-message --encoded-message xY-3_z9` says");
  });
});

test("an account that is not let in (yet): never a permission, never a login", () => {
  const of = (name: string) => failureOf(Object.assign(new Error("no"), { name }));
  for (const name of [
    "PendingVerification",
    "OptInRequired",
    "SubscriptionRequiredException",
    "NotSignedUp",
    "Blocked",
  ]) {
    const { code, hint } = of(name);
    expect([name, code]).toEqual([name, "account"]);
    expect(hint).not.toMatch(/policy|log in|sso/i);
  }
  expect(of("PendingVerification").hint).toMatch(/passes by itself.*Then run the same command again/);
  expect(of("OptInRequired").hint).toMatch(/sign-up is not complete/);
});

test("what the tool itself says on the way is not dressed up as AWS's", () => {
  const own = new BuddyError({ code: "state", message: "could not write x.json: ENOSPC", hint: "Make room." });
  const passedOn = Object.assign(own, { $metadata: { attempts: 1, totalRetryDelay: 0 } });
  expect(failureOf(passedOn)).toEqual({
    code: "failed",
    message: "could not write x.json: ENOSPC",
    hint: "Make room.",
  });
});

test("an answer without a body is said by its status", () => {
  const error = Object.assign(new Error("Unknown"), { name: "Unknown", $metadata: { httpStatusCode: 403 } });
  expect(failureOf(error).message).toBe("the answer was HTTP 403, without a word why");
});

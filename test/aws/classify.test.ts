import { ResourceContentionFault } from "@aws-sdk/client-auto-scaling";
import { EC2ServiceException } from "@aws-sdk/client-ec2";
import { NetworkInterfaceLimitExceeded, TooManyRequests } from "@aws-sdk/client-efs";
import { TooManyListenersException } from "@aws-sdk/client-elastic-load-balancing-v2";
import { LimitExceededException } from "@aws-sdk/client-iam";
import {
  DBParameterGroupQuotaExceededFault,
  InstanceQuotaExceededFault,
  InsufficientDBInstanceCapacityFault,
  SnapshotQuotaExceededFault,
} from "@aws-sdk/client-rds";
import { PriorRequestNotComplete, TooManyHostedZones } from "@aws-sdk/client-route-53";
import { S3ServiceException } from "@aws-sdk/client-s3";
import { AuthorizationErrorException, TopicLimitExceededException } from "@aws-sdk/client-sns";
import { ParameterLimitExceeded, TooManyUpdates } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { classify, type ErrorClass, isNotVisible } from "../../src/aws/classify.ts";

const $metadata = { httpStatusCode: 400, attempts: 1 };
const facts = { message: "no", ErrorCode: "", $metadata };
const of = <E>(Class: new (options: typeof facts) => E): E => new Class(facts);
/** EC2 and S3 model few errors: the wire's code is the name. */
const ec2 = (name: string, message = "no", httpStatusCode = 400) =>
  new EC2ServiceException({ name, message, $fault: "client", $metadata: { httpStatusCode } });
const s3 = (name: string) => new S3ServiceException({ name, message: "no", $fault: "client", $metadata });
const skewed = (error: Error) => Object.assign(error, { $metadata: { httpStatusCode: 400, clockSkewCorrected: true } });
const node = (code: string) => Object.assign(new Error("no"), { code });

test.each<[ErrorClass, readonly unknown[]]>([
  [
    "quota",
    [
      ec2("VpcLimitExceeded"),
      ec2("SecurityGroupsPerInterfaceLimitExceeded"),
      ec2("MaxSpotInstanceCountExceeded"),
      of(InstanceQuotaExceededFault),
      of(DBParameterGroupQuotaExceededFault),
      of(SnapshotQuotaExceededFault),
      of(NetworkInterfaceLimitExceeded),
      of(TooManyListenersException),
      of(TooManyHostedZones),
      of(LimitExceededException),
      of(TopicLimitExceededException),
      of(ParameterLimitExceeded),
      { name: "FreeTierRestrictionError" },
    ],
  ],
  [
    "throttled",
    [
      ec2("RequestLimitExceeded", "no", 503),
      s3("SlowDown"),
      of(TooManyRequests),
      of(TooManyUpdates),
      of(PriorRequestNotComplete),
      of(ResourceContentionFault),
      { name: "Throttling" },
      { $metadata: { httpStatusCode: 429 } },
    ],
  ],
  // A lack of capacity is answered with a 500 too.
  ["capacity", [ec2("InsufficientInstanceCapacity", "no", 500), of(InsufficientDBInstanceCapacityFault)]],
  ["denied", [ec2("UnauthorizedOperation"), of(AuthorizationErrorException), { Code: "AccessDenied" }]],
  ["unverified", [ec2("PendingVerification")]],
  [
    "not-activated",
    [
      ec2("OptInRequired"),
      ec2("Blocked"),
      s3("NotSignedUp"),
      { name: "SubscriptionRequiredException" },
      {
        name: "OperationNotPermittedException",
        message:
          "This AWS account currently does not support creating load balancers. For more information, contact us.",
      },
    ],
  ],
  // The SDK marks every error so on a machine whose clock is off; only those of a signature are about it.
  ["clock", [skewed(ec2("SignatureDoesNotMatch")), skewed(s3("RequestTimeTooSkewed"))]],
  [
    "credentials",
    [
      ec2("AuthFailure", "AWS was not able to validate the provided access credentials"),
      s3("InvalidAccessKeyId"),
      { name: "ExpiredTokenException" },
    ],
  ],
  [
    "transient",
    [ec2("Unavailable"), { $metadata: { httpStatusCode: 502 } }, node("ECONNRESET"), { cause: node("EPIPE") }],
  ],
  ["network", [node("ENOTFOUND"), node("SELF_SIGNED_CERT_IN_CHAIN"), node("EPROTO"), node("CERT_HAS_EXPIRED")]],
  [
    "other",
    [
      ec2("AuthFailure", "You do not have permission to access the specified resource."),
      ec2("InvalidVpcID.NotFound"),
      skewed(ec2("InvalidVpcID.NotFound")),
      { name: "OperationNotPermittedException", message: "deletion protection is enabled" },
      undefined,
    ],
  ],
])("%s", (kind, errors) => {
  expect(errors.map((error) => [error, classify(error)])).toEqual(errors.map((error) => [error, kind]));
});

test("an object that was just made may not be visible everywhere; one that never was is no such thing", () => {
  expect(isNotVisible(ec2("InvalidSubnetID.NotFound"))).toBe(true);
  expect(isNotVisible(ec2("InvalidSubnetID.Malformed"))).toBe(false);
  expect(isNotVisible(s3("NoSuchBucket"))).toBe(false);
});

/** AWS's protocols over HTTP: the SDK's own clients, and requests by hand for what no SDK sends. */
import { DescribeVpcsCommand, EC2Client, type EC2ServiceException } from "@aws-sdk/client-ec2";
import { CreateFileSystemCommand, EFSClient } from "@aws-sdk/client-efs";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock } from "../../../src/lib/clock.ts";
import { freshWorld } from "../../../src/sandbox/fresh.ts";
import { loadModels, type ServiceModel } from "../../../src/sandbox/http/model.ts";
import { type SandboxServer, startServer } from "../../../src/sandbox/http/server.ts";
import { type HttpWire, httpWire } from "../../../src/sandbox/http/wire.ts";
import { openSandbox, type Sandbox } from "../../../src/sandbox/sandbox.ts";
import { services } from "../../../src/sandbox/services/services.ts";

const REGION = "ap-northeast-2";
let models: ReadonlyMap<string, ServiceModel>;
let sandbox: Sandbox;
let wire: HttpWire;
let server: SandboxServer;
const problems: string[] = [];

beforeAll(async () => {
  models = await loadModels(REGION);
  const time = Date.UTC(2026, 10, 29);
  const clock = realClock(6_000, time);
  sandbox = openSandbox({ world: freshWorld({ region: REGION, time, seed: 5 }), clock });
  const told = (problem: string) => problems.push(problem);
  wire = httpWire({ wire: sandbox, models, region: REGION, told });
  server = await startServer({
    port: 0,
    wire,
    doors: () => undefined,
    busy: () => () => {},
    now: clock.now,
    told,
  });
});
afterAll(() => server.close());

const client = () => ({
  region: REGION,
  endpoint: server.url,
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
  maxAttempts: 1,
});

/** A request that is signed for that service, as far as anybody looks. */
const signed = (
  service: string,
  path: string,
  { region = REGION, headers = {}, ...init }: RequestInit & { region?: string; headers?: Record<string, string> } = {},
) =>
  fetch(server.url + path, {
    ...init,
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=AKID/20261129/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      ...headers,
    },
  });
const form = (service: string, fields: Readonly<Record<string, string>>, region?: string) =>
  signed(service, "/", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
    ...(region ? { region } : {}),
  });
const target = (service: string, operation: string, body: string) =>
  signed(service, "/", {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": operation },
    body,
  });

test("the sandbox answers no operation that has no schema", () => {
  const lacking = [...models.values()].flatMap(({ name, operations }) =>
    Object.keys(services[name]?.operations ?? {}).filter((operation) => !operations.has(operation)),
  );
  expect(lacking).toEqual([]);
  expect([...models.keys()].sort()).toEqual(
    Object.keys(services)
      .filter((name) => name !== "guests")
      .sort(),
  );
});

test("an SDK's error has AWS's name, status, request id and members", async () => {
  const ec2 = new EC2Client(client());
  const gone = await ec2
    .send(new DescribeVpcsCommand({ VpcIds: ["vpc-1"] }))
    .catch((error: EC2ServiceException) => error);
  expect(gone).toMatchObject({
    name: "InvalidVpcID.NotFound",
    Code: "InvalidVpcID.NotFound",
    $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  });
  const efs = new EFSClient(client());
  const made = await efs.send(new CreateFileSystemCommand({ CreationToken: "one" }));
  await expect(efs.send(new CreateFileSystemCommand({ CreationToken: "one" }))).rejects.toMatchObject({
    name: "FileSystemAlreadyExists",
    FileSystemId: made.FileSystemId,
    ErrorCode: "FileSystemAlreadyExists",
    $metadata: { httpStatusCode: 409 },
  });
});

test("S3's keys come back as they were put, however they are written in a path", async () => {
  const s3 = new S3Client({ ...client(), forcePathStyle: true });
  await s3.send(
    new CreateBucketCommand({
      Bucket: "bucket-111122223333",
      CreateBucketConfiguration: { LocationConstraint: REGION },
    }),
  );
  const Key = "a b/ü+&%.txt";
  await s3.send(new PutObjectCommand({ Bucket: "bucket-111122223333", Key, Body: "text" }));
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: "bucket-111122223333" }));
  expect(Contents).toMatchObject([{ Key, Size: 4 }]);
  const { Contents: encoded } = await s3.send(
    new ListObjectsV2Command({ Bucket: "bucket-111122223333", EncodingType: "url" }),
  );
  expect(encoded).toMatchObject([{ Key: "a+b/%C3%BC%2B%26%25.txt" }]);
  const copy = await signed("s3", "/bucket-111122223333/copy", {
    method: "PUT",
    headers: { "x-amz-copy-source": "/bucket-111122223333/x" },
  });
  expect(copy.status).toBe(400);
  expect(await copy.text()).toContain("x-amz-copy-source is not recognized");
  // Other operations on the same path: not the one that the path alone would be.
  const website = await signed("s3", "/bucket-111122223333?website", { method: "PUT", body: "{}" });
  expect(await website.text()).toContain("is not valid for this web service");
});

test.each([
  ["a check sum after it", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "x-amz-checksum-crc32:k8MzqQ==\r\n\r\n"],
  ["chunks that are signed", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", `;chunk-signature=${"0".repeat(64)}`, "\r\n"],
])("what is stored is S3's body alone: %s", async (_what, sha256, extension, after) => {
  const s3 = new S3Client({ ...client(), forcePathStyle: true });
  const Bucket = `chunks-${extension.length}-111122223333`;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  const plain = await s3.send(new PutObjectCommand({ Bucket, Key: "plain", Body: "hello world" }));
  const chunked = await signed("s3", `/${Bucket}/chunked`, {
    method: "PUT",
    headers: {
      "content-encoding": "aws-chunked",
      "x-amz-content-sha256": sha256,
      "x-amz-decoded-content-length": "11",
      "x-amz-trailer": "x-amz-checksum-crc32",
    },
    body: `6${extension}\r\nhello \r\n5${extension}\r\nworld\r\n0${extension}\r\n${after}`,
  });
  expect(await chunked.text()).toBe("");
  expect(chunked.headers.get("etag")).toBe(plain.ETag);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
    ["chunked", 11],
    ["plain", 11],
  ]);
});

describe("what is not simulated is refused by AWS's name for it, and counted", () => {
  test.each([
    ["EC2", () => form("ec2", { Action: "DescribeFleets" }), 400, "<Code>InvalidAction</Code>", "ec2:DescribeFleets"],
    [
      "RDS",
      () => form("rds", { Action: "DescribeDBClusters" }),
      400,
      "<Code>InvalidAction</Code>",
      "rds:DescribeDBClusters",
    ],
    [
      "SSM",
      () => target("ssm", "AmazonSSM.ListDocuments", "{}"),
      400,
      '"__type":"UnknownOperationException"',
      "ssm:ListDocuments",
    ],
    [
      "EFS",
      () => signed("elasticfilesystem", "/2015-02-01/account-preferences"),
      404,
      "account-preferences is not valid",
      "efs:GET /2015-02-01/account-preferences",
    ],
    ["a service", () => form("sqs", { Action: "ListQueues" }), 404, "<Code>UnknownOperationException</Code>", "sqs:*"],
    [
      "a parameter of EC2's",
      () => form("ec2", { Action: "DescribeVpcs", Nonsense: "1" }),
      400,
      "<Code>UnknownParameter</Code>",
      "ec2:DescribeVpcs Nonsense",
    ],
    [
      "a parameter that AWS has",
      () => form("ec2", { Action: "CreateVpc", CidrBlock: "10.0.0.0/16", InstanceTenancy: "default" }),
      400,
      "<Code>UnknownParameter</Code>",
      "ec2:CreateVpc InstanceTenancy",
    ],
    [
      "a parameter of SSM's",
      () => target("ssm", "AmazonSSM.GetParameter", '{"Name":"/a","Nonsense":1}'),
      400,
      '"__type":"ValidationException"',
      "ssm:GetParameter Nonsense",
    ],
  ])("%s", async (_what, ask, status, said, counted) => {
    const before = wire.refused.get(counted) ?? 0;
    const answer = await ask();
    expect(await answer.text()).toContain(said);
    expect(answer.status).toBe(status);
    expect(wire.refused.get(counted)).toBe(before + 1);
  });
});

test("the account's other regions can be looked at, where it has what every account has; nothing is made there", async () => {
  const regions = await form("ec2", {
    Action: "DescribeRegions",
    "Filter.1.Name": "region-name",
    "Filter.1.Value.1": "eu-*",
  });
  expect([...(await regions.text()).matchAll(/<regionName>(.*?)</g)].map(([, name]) => name)).toEqual([
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
  ]);
  const vpcs = async (region?: string) => {
    const answer = await form("ec2", { Action: "DescribeVpcs" }, region);
    return [...(await answer.text()).matchAll(/<vpcId>(.*?)</g)].map(([, id]) => id);
  };
  const elsewhere = await vpcs("eu-west-1");
  expect(elsewhere).toHaveLength(1);
  expect(await vpcs()).not.toContain(elsewhere[0]);
  const made = await form("ec2", { Action: "CreateVpc", CidrBlock: "10.0.0.0/16" }, "eu-west-1");
  expect([made.status, await made.text()]).toEqual([400, expect.stringContaining("of other regions only to look at")]);
  expect(await vpcs("eu-west-1")).toEqual(elsewhere);
});

test("who signs for another region, or not at all, is refused as AWS does", async () => {
  const elsewhere = await form("ec2", { Action: "DescribeVpcs" }, "ap-east-1");
  expect([elsewhere.status, await elsewhere.text()]).toEqual([
    403,
    expect.stringContaining("Credential should be scoped to a valid region"),
  ]);
  const bucket = await signed("s3", "/bucket?list-type=2", { region: "eu-west-1" });
  expect(await bucket.text()).toContain("the region &#39;eu-west-1&#39; is wrong");
  const everywhere = await form("iam", { Action: "GetRole", RoleName: "nobody" }, "us-east-1");
  expect(await everywhere.text()).toContain("<Code>NoSuchEntity</Code>");
  const unsigned = await fetch(`${server.url}/`, { method: "POST", body: "Action=DescribeVpcs" });
  expect([unsigned.status, await unsigned.text()]).toEqual([
    403,
    expect.stringContaining("MissingAuthenticationToken"),
  ]);
});

test("CloudWatch speaks JSON, CBOR and Query, each with its own errors", async () => {
  const ask = (headers: Record<string, string>, path: string, body: string) =>
    signed("monitoring", path, { method: "POST", headers, body });
  const json = await ask(
    { "x-amz-target": "GraniteServiceVersion20100801.GetDashboard", "x-amzn-query-mode": "true" },
    "/",
    '{"DashboardName":"nobody"}',
  );
  expect(json.headers.get("x-amzn-query-error")).toBe("ResourceNotFound;Sender");
  expect(await json.json()).toMatchObject({ __type: "com.amazonaws.cloudwatch#DashboardNotFoundError" });
  const query = await form("monitoring", { Action: "GetDashboard", DashboardName: "nobody" });
  expect(await query.text()).toContain("<Code>ResourceNotFound</Code>");
  const cbor = await ask(
    { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" },
    "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
    "\xA0".slice(0, 0),
  );
  expect([cbor.status, cbor.headers.get("content-type")]).toEqual([200, "application/cbor"]);
});

test("a body that cannot be read is the caller's fault", async () => {
  const answer = await target("ssm", "AmazonSSM.GetParameter", "{nonsense");
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ __type: "SerializationException" }),
  ]);
});

test("lost calls are lost connections, refused ones AWS's throttling", async () => {
  sandbox.disturb({ throttle: 0, loseAnswer: 0, loseCall: 1, seed: 1 });
  await expect(form("ec2", { Action: "DescribeVpcs" })).rejects.toThrow();
  sandbox.disturb({ throttle: 1, loseAnswer: 0, loseCall: 0, seed: 1 });
  const throttled = await form("ec2", { Action: "DescribeVpcs" });
  expect([throttled.status, await throttled.text()]).toEqual([503, expect.stringContaining("RequestLimitExceeded")]);
  sandbox.disturb(undefined);
  expect((await form("ec2", { Action: "DescribeVpcs" })).status).toBe(200);
});

test("nothing was the sandbox's own fault", () => {
  expect(problems).toEqual([]);
});

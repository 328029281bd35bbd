import { join } from "node:path";
import { ACMClient } from "@aws-sdk/client-acm";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { BackupClient } from "@aws-sdk/client-backup";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EFSClient } from "@aws-sdk/client-efs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { type Clock, jumpingClock } from "../src/lib/clock.ts";
import { openSandboxFile } from "../src/sandbox/file.ts";
import { openSandbox, type Sandbox } from "../src/sandbox/sandbox.ts";

const SETTINGS = { region: "ap-northeast-2", credentials: { accessKeyId: "STRANGER", secretAccessKey: "STRANGER" } };

/** Somebody else at work in the account, with the AWS SDK: any command of it, answered by the embedded AWS. */
export function stranger({ answer }: Pick<Sandbox, "answer">) {
  // biome-ignore lint/suspicious/noExplicitAny: middleware types differ by client
  function over<C extends { readonly middlewareStack: { add(...args: any[]): void } }>(service: string, client: C): C {
    client.middlewareStack.add(
      // biome-ignore lint/suspicious/noExplicitAny: see above
      (_next: unknown, { commandName }: any) =>
        async ({ input }: { readonly input: object }) => ({
          response: {},
          output: { ...(await answer(service, commandName.replace(/Command$/, ""), input)), $metadata: {} },
        }),
      { step: "initialize", name: "sandbox" },
    );
    return client;
  }
  return {
    ec2: over("ec2", new EC2Client(SETTINGS)),
    rds: over("rds", new RDSClient(SETTINGS)),
    kms: over("kms", new KMSClient(SETTINGS)),
    efs: over("efs", new EFSClient(SETTINGS)),
    elb: over("elastic-load-balancing-v2", new ElasticLoadBalancingV2Client(SETTINGS)),
    route53: over("route-53", new Route53Client(SETTINGS)),
    ssm: over("ssm", new SSMClient(SETTINGS)),
    cloudWatch: over("cloudwatch", new CloudWatchClient(SETTINGS)),
    sns: over("sns", new SNSClient(SETTINGS)),
    s3: over("s3", new S3Client(SETTINGS)),
    iam: over("iam", new IAMClient(SETTINGS)),
    backup: over("backup", new BackupClient(SETTINGS)),
    logs: over("cloudwatch-logs", new CloudWatchLogsClient(SETTINGS)),
    acm: over("acm", new ACMClient(SETTINGS)),
    autoScaling: over("auto-scaling", new AutoScalingClient(SETTINGS)),
  };
}
export type Stranger = ReturnType<typeof stranger>;

/** The same in the sandbox file of a folder, while no command is at work in it. */
export async function inSandboxOf(
  path: string,
  act: (who: Stranger, clock: Clock, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const file = openSandboxFile(join(path, "buddyverse.sandbox.json"), Date.now(), () => {
    throw new Error("there is no sandbox");
  });
  const clock = jumpingClock(file.time);
  const sandbox = openSandbox({ world: file.world, clock });
  await act(stranger(sandbox), clock, sandbox);
  sandbox.settle();
  file.save();
}

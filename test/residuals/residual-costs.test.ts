import { BackupClient } from "@aws-sdk/client-backup";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeVolumesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { RDSClient } from "@aws-sdk/client-rds";
import { Route53Client } from "@aws-sdk/client-route-53";
import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { residualCosts } from "../../src/residuals/residual-costs.ts";
import { mocked, testAws } from "../aws/aws.ts";

test("a volume that outlives its instance is listed; one that goes with it, or is going, is not", async () => {
  const ec2 = mocked(EC2Client);
  mocked(BackupClient).onAnyCommand().resolves({});
  mocked(RDSClient).onAnyCommand().resolves({});
  mocked(Route53Client).onAnyCommand().resolves({});
  mocked(S3Client).onAnyCommand().resolves({});
  mocked(CloudWatchClient).onAnyCommand().resolves({});
  mocked(CloudWatchLogsClient).onAnyCommand().resolves({});
  const attached = (DeleteOnTermination: boolean) => [{ InstanceId: "i-1", DeleteOnTermination }];
  ec2.onAnyCommand().resolves({});
  ec2
    .on(DescribeVolumesCommand)
    .resolvesOnce({
      Volumes: [
        { VolumeId: "vol-left", Size: 30, State: "available" },
        { VolumeId: "vol-root", Size: 8, State: "in-use", Attachments: attached(true) },
      ],
      NextToken: "more",
    })
    .resolvesOnce({
      Volumes: [
        { VolumeId: "vol-kept", Size: 8, State: "in-use", Attachments: attached(false) },
        { VolumeId: "vol-going", Size: 8, State: "deleting" },
      ],
    });
  const graph = { nodes: new Map(), steps: [] };
  const { found, unseen } = await residualCosts(await testAws(), "test", { graph, entries: new Map() });
  expect(unseen).toEqual([]);
  expect(ec2.commandCalls(DescribeVolumesCommand)[0]?.args[0].input).toMatchObject({
    Filters: [{ Name: "tag:buddyverse:stack", Values: ["test"] }],
  });
  expect(found).toEqual([
    {
      what: "EBS volume",
      id: "vol-left",
      why: "its instance is gone, and was not to delete it",
      gib: 30,
      price: "ebs:gp3",
      commands: ["aws ec2 delete-volume --volume-id vol-left --region ap-northeast-2"],
    },
    expect.objectContaining({ id: "vol-kept", why: "attached to i-1, and not deleted with it" }),
  ]);
});

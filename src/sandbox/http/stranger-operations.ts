import { EnterStandby$, ExitStandby$ } from "@aws-sdk/client-auto-scaling";
import {
  DeleteBackupVaultAccessPolicy$,
  DeleteRecoveryPoint$,
  DescribeBackupVault$,
  DescribeRecoveryPoint$,
  UpdateRegionSettings$,
} from "@aws-sdk/client-backup";
import { GetMetricStatistics$, ListMetrics$ } from "@aws-sdk/client-cloudwatch";
import { CreateLogStream$, DescribeLogStreams$, GetLogEvents$, PutLogEvents$ } from "@aws-sdk/client-cloudwatch-logs";
import {
  AttachVpnGateway$,
  CreateEgressOnlyInternetGateway$,
  CreateNetworkAcl$,
  CreateNetworkInterface$,
  CreateSnapshot$,
  CreateTransitGatewayVpcAttachment$,
  CreateVpcBlockPublicAccessExclusion$,
  CreateVpcEndpoint$,
  CreateVpcPeeringConnection$,
  CreateVpnGateway$,
  DeleteNetworkInterface$,
  DeleteVpcEndpoints$,
  DescribeInstanceCreditSpecifications$,
  EnableAllowedImagesSettings$,
  EnableImageDeregistrationProtection$,
  ModifyEbsDefaultKmsKeyId$,
  ModifyInstanceMetadataOptions$,
  ModifyVpcBlockPublicAccessOptions$,
  MonitorInstances$,
  ReplaceImageCriteriaInAllowedImagesSettings$,
  StopInstances$,
} from "@aws-sdk/client-ec2";
import { CreateReplicationConfiguration$, DeleteReplicationConfiguration$ } from "@aws-sdk/client-efs";
import {
  CancelKeyDeletion$,
  CreateAlias$,
  CreateKey$,
  DeleteAlias$,
  DisableKey$,
  EnableKey$,
  ScheduleKeyDeletion$,
  UpdateAlias$,
} from "@aws-sdk/client-kms";
import { StopDBInstance$ } from "@aws-sdk/client-rds";
import { PutBucketVersioning$ } from "@aws-sdk/client-s3";
import { ListCommandInvocations$ } from "@aws-sdk/client-ssm";
import type { StaticOperationSchema } from "@smithy/types";

/**
 * What the sandbox answers and this tool never calls: what others do in the account. The schemas of the rest come with the
 * commands in `src/aws/<service>/client.ts`; a bundle keeps those that are named.
 */
export const strangerOperations: Readonly<Record<string, readonly StaticOperationSchema[]>> = {
  ec2: [
    AttachVpnGateway$,
    CreateEgressOnlyInternetGateway$,
    CreateNetworkAcl$,
    CreateNetworkInterface$,
    CreateSnapshot$,
    CreateTransitGatewayVpcAttachment$,
    CreateVpcBlockPublicAccessExclusion$,
    CreateVpcEndpoint$,
    CreateVpcPeeringConnection$,
    CreateVpnGateway$,
    DeleteNetworkInterface$,
    DeleteVpcEndpoints$,
    DescribeInstanceCreditSpecifications$,
    EnableAllowedImagesSettings$,
    EnableImageDeregistrationProtection$,
    ModifyEbsDefaultKmsKeyId$,
    ModifyInstanceMetadataOptions$,
    ModifyVpcBlockPublicAccessOptions$,
    MonitorInstances$,
    ReplaceImageCriteriaInAllowedImagesSettings$,
    StopInstances$,
  ],
  "auto-scaling": [EnterStandby$, ExitStandby$],
  backup: [
    DeleteBackupVaultAccessPolicy$,
    DeleteRecoveryPoint$,
    DescribeBackupVault$,
    DescribeRecoveryPoint$,
    UpdateRegionSettings$,
  ],
  cloudwatch: [GetMetricStatistics$, ListMetrics$],
  "cloudwatch-logs": [CreateLogStream$, DescribeLogStreams$, GetLogEvents$, PutLogEvents$],
  efs: [CreateReplicationConfiguration$, DeleteReplicationConfiguration$],
  kms: [
    CancelKeyDeletion$,
    CreateAlias$,
    CreateKey$,
    DeleteAlias$,
    DisableKey$,
    EnableKey$,
    ScheduleKeyDeletion$,
    UpdateAlias$,
  ],
  rds: [StopDBInstance$],
  s3: [PutBucketVersioning$],
  ssm: [ListCommandInvocations$],
};

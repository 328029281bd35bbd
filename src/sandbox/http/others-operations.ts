import {
  DeleteLifecycleHook$,
  DeleteScheduledAction$,
  EnterStandby$,
  ExitStandby$,
  PutLifecycleHook$,
  PutScheduledUpdateGroupAction$,
} from "@aws-sdk/client-auto-scaling";
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
  CreateNetworkAclEntry$,
  CreateNetworkInterface$,
  CreateSnapshot$,
  CreateTransitGatewayVpcAttachment$,
  CreateVpcBlockPublicAccessExclusion$,
  CreateVpcEndpoint$,
  CreateVpcPeeringConnection$,
  CreateVpnGateway$,
  DeleteNetworkAcl$,
  DeleteNetworkAclEntry$,
  DeleteNetworkInterface$,
  DeleteVpcEndpoints$,
  DescribeInstanceCreditSpecifications$,
  EnableAllowedImagesSettings$,
  EnableImageDeregistrationProtection$,
  ModifyEbsDefaultKmsKeyId$,
  ModifyImageAttribute$,
  ModifyInstanceMetadataOptions$,
  ModifySnapshotAttribute$,
  ModifyVpcBlockPublicAccessOptions$,
  MonitorInstances$,
  ReplaceImageCriteriaInAllowedImagesSettings$,
  ReplaceNetworkAclAssociation$,
  ReplaceNetworkAclEntry$,
  StopInstances$,
} from "@aws-sdk/client-ec2";
import {
  CreateAccessPoint$,
  CreateReplicationConfiguration$,
  DeleteAccessPoint$,
  DeleteFileSystemPolicy$,
  DeleteReplicationConfiguration$,
  PutFileSystemPolicy$,
} from "@aws-sdk/client-efs";
import {
  AddListenerCertificates$,
  CreateRule$,
  DeleteRule$,
  DeregisterTargets$,
  RemoveListenerCertificates$,
} from "@aws-sdk/client-elastic-load-balancing-v2";
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
import { CreateEventSubscription$, DeleteEventSubscription$, StopDBInstance$ } from "@aws-sdk/client-rds";
import { DeleteBucketPolicy$, PutBucketPolicy$, PutBucketVersioning$ } from "@aws-sdk/client-s3";
import { GetParametersByPath$, ListCommandInvocations$ } from "@aws-sdk/client-ssm";
import type { StaticOperationSchema } from "@smithy/types";

/**
 * What the sandbox answers and this tool never calls: what others do in the account. The schemas of the rest come with the
 * commands in `src/aws/<service>/client.ts`; a bundle keeps those that are named.
 */
export const othersOperations: Readonly<Record<string, readonly StaticOperationSchema[]>> = {
  "auto-scaling": [
    DeleteLifecycleHook$,
    DeleteScheduledAction$,
    EnterStandby$,
    ExitStandby$,
    PutLifecycleHook$,
    PutScheduledUpdateGroupAction$,
  ],
  backup: [
    DeleteBackupVaultAccessPolicy$,
    DeleteRecoveryPoint$,
    DescribeBackupVault$,
    DescribeRecoveryPoint$,
    UpdateRegionSettings$,
  ],
  cloudwatch: [GetMetricStatistics$, ListMetrics$],
  "cloudwatch-logs": [CreateLogStream$, DescribeLogStreams$, GetLogEvents$, PutLogEvents$],
  ec2: [
    AttachVpnGateway$,
    CreateEgressOnlyInternetGateway$,
    CreateNetworkAcl$,
    CreateNetworkAclEntry$,
    CreateNetworkInterface$,
    CreateSnapshot$,
    CreateTransitGatewayVpcAttachment$,
    CreateVpcBlockPublicAccessExclusion$,
    CreateVpcEndpoint$,
    CreateVpcPeeringConnection$,
    CreateVpnGateway$,
    DeleteNetworkAcl$,
    DeleteNetworkAclEntry$,
    DeleteNetworkInterface$,
    DeleteVpcEndpoints$,
    DescribeInstanceCreditSpecifications$,
    EnableAllowedImagesSettings$,
    EnableImageDeregistrationProtection$,
    ModifyEbsDefaultKmsKeyId$,
    ModifyImageAttribute$,
    ModifyInstanceMetadataOptions$,
    ModifySnapshotAttribute$,
    ModifyVpcBlockPublicAccessOptions$,
    MonitorInstances$,
    ReplaceImageCriteriaInAllowedImagesSettings$,
    ReplaceNetworkAclAssociation$,
    ReplaceNetworkAclEntry$,
    StopInstances$,
  ],
  efs: [
    CreateAccessPoint$,
    CreateReplicationConfiguration$,
    DeleteAccessPoint$,
    DeleteFileSystemPolicy$,
    DeleteReplicationConfiguration$,
    PutFileSystemPolicy$,
  ],
  "elastic-load-balancing-v2": [
    AddListenerCertificates$,
    CreateRule$,
    DeleteRule$,
    DeregisterTargets$,
    RemoveListenerCertificates$,
  ],
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
  rds: [CreateEventSubscription$, DeleteEventSubscription$, StopDBInstance$],
  s3: [DeleteBucketPolicy$, PutBucketPolicy$, PutBucketVersioning$],
  ssm: [GetParametersByPath$, ListCommandInvocations$],
};

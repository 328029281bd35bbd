import type { AnyType } from "../../src/engine/resource.ts";
import { certificate } from "./acm/certificate.ts";
import { issuedCertificate } from "./acm/issued.ts";
import { group } from "./auto-scaling/group.ts";
import { scalingPolicy } from "./auto-scaling/scaling-policy.ts";
import { alarm } from "./cloudwatch/alarm.ts";
import { dashboard } from "./cloudwatch/dashboard.ts";
import { address } from "./ec2/address.ts";
import { image } from "./ec2/image.ts";
import { imageBuilder } from "./ec2/image-builder.ts";
import { instance } from "./ec2/instance.ts";
import { internetGateway } from "./ec2/internet-gateway.ts";
import { keyPair } from "./ec2/key-pair.ts";
import { launchTemplate } from "./ec2/launch-template.ts";
import { natGateway } from "./ec2/nat-gateway.ts";
import { publicImage } from "./ec2/public-image.ts";
import { route } from "./ec2/route.ts";
import { routeTable } from "./ec2/route-table.ts";
import { securityGroup } from "./ec2/security-group.ts";
import { snapshot } from "./ec2/snapshot.ts";
import { subnet } from "./ec2/subnet.ts";
import { vpc } from "./ec2/vpc.ts";
import { fileSystem } from "./efs/file-system.ts";
import { listener } from "./elb/listener.ts";
import { loadBalancer } from "./elb/load-balancer.ts";
import { redirect } from "./elb/redirect.ts";
import { targetGroup } from "./elb/target-group.ts";
import { instanceProfile } from "./iam/instance-profile.ts";
import { role } from "./iam/role.ts";
import { database } from "./rds/database.ts";
import { parameterGroup } from "./rds/parameter-group.ts";
import { replica } from "./rds/replica.ts";
import { subnetGroup } from "./rds/subnet-group.ts";
import { record } from "./route53/record.ts";
import { existingZone, ownedZone } from "./route53/zone.ts";
import { bucket } from "./s3/bucket.ts";
import { object } from "./s3/object.ts";
import { subscription } from "./sns/subscription.ts";
import { topic } from "./sns/topic.ts";
import { generatedSecret } from "./ssm/generated-secret.ts";
import { parameter } from "./ssm/parameter.ts";

const all: readonly AnyType[] = [
  vpc,
  subnet,
  internetGateway,
  routeTable,
  securityGroup,
  keyPair,
  address,
  natGateway,
  route,
  parameter,
  generatedSecret,
  fileSystem,
  publicImage,
  instance,
  role,
  instanceProfile,
  imageBuilder,
  image,
  snapshot,
  launchTemplate,
  loadBalancer,
  targetGroup,
  listener,
  group,
  scalingPolicy,
  redirect,
  subnetGroup,
  parameterGroup,
  database,
  replica,
  existingZone,
  ownedZone,
  record,
  certificate,
  issuedCertificate,
  topic,
  subscription,
  alarm,
  dashboard,
  bucket,
  object,
];

/** Every type that this version knows, by its name in the state file. */
export const types: ReadonlyMap<string, AnyType> = new Map(all.map((type) => [type.name, type]));

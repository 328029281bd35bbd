import { group } from "../auto-scaling/group.ts";
import { arnIn, linkedPrincipal } from "../partition.ts";
import { type Check, changing, coming, ok, problem, warning } from "../preflight.ts";
import { imageBuilder } from "./image-builder.ts";
import { instance } from "./instance.ts";
import { internetGateway } from "./internet-gateway.ts";
import { LAUNCHING } from "./planned-launches.ts";
import { publicImage } from "./public-image.ts";
import { vpc } from "./vpc.ts";

/*
 * What somebody can switch in a whole account, or an organization by a declarative policy, so that the stack does not work
 * though AWS takes every call. Looked at besides: the defaults of the instance metadata service, of CPU credits and of EBS
 * encryption do not matter, as each launch says its own; nor do the blocks of public images, snapshots and buckets, as the stack
 * makes none public; nor serial console access.
 */

const managedBy = (ManagedBy: string | undefined): string =>
  ManagedBy === "declarative-policy" ? " (a policy of the organization says so: ask who keeps it)" : "";

/**
 * With it, nothing comes in through an internet gateway, nor, with `block-bidirectional`, goes out; what NAT instances send
 * goes through one, too, so that `block-ingress` stops them as well (VPC user guide, "Block public access to VPCs and
 * subnets"; aws-samples/eks-workshop-v2#1928). A VPC or subnet can be excluded, once it is there.
 */
const blockedAccess: Check = {
  about: "VPC Block Public Access",
  types: [internetGateway],
  async ask(aws, plan) {
    const { VpcBlockPublicAccessOptions: options } = await aws.ec2.describeVpcBlockPublicAccessOptions({});
    const mode = options?.InternetGatewayBlockMode ?? "off";
    if (mode === "off") return ok(blockedAccess.about, "off");
    const id = plan.of(vpc)[0]?.live?.id;
    const { VpcBlockPublicAccessExclusions = [] } = await aws.ec2.describeVpcBlockPublicAccessExclusions({});
    const excluded = VpcBlockPublicAccessExclusions.some(
      ({ ResourceArn = "", State = "", InternetGatewayExclusionMode }) =>
        id !== undefined &&
        ResourceArn.endsWith(`:vpc/${id}`) &&
        InternetGatewayExclusionMode === "allow-bidirectional" &&
        /^(create|update)-complete$/.test(State),
    );
    if (excluded) return ok(blockedAccess.about, `${mode}, but ${id} is excluded`);
    const exclude = `${aws.cli} ec2 create-vpc-block-public-access-exclusion --internet-gateway-exclusion-mode allow-bidirectional --region ${aws.region} --vpc-id ${id ?? "ID"}`;
    return problem(
      blockedAccess.about,
      `${mode}${managedBy(options?.ManagedBy)}: nobody would reach the site and the bastions, and the instances not the internet`,
      id === undefined
        ? `Make the VPC alone (buddyverse up --step vpc), exclude it: ${exclude}; then run the same command again.`
        : `Exclude the VPC: ${exclude}; then run the same command again.`,
    );
  },
};

/**
 * With Allowed AMIs on, an image that is not allowed is as if it were not there: DescribeImages leaves it out and no
 * instance can be launched from it. Images of the account itself are always allowed (EC2 user guide, "Allowed AMIs").
 */
const allowedImages: Check = {
  about: "Allowed AMIs",
  types: [publicImage, ...LAUNCHING],
  async ask(aws, plan) {
    const { State = "disabled", ImageCriteria = [], ManagedBy } = await aws.ec2.getAllowedImagesSettings({});
    if (State !== "enabled") return ok(allowedImages.about, State);
    const missing = plan.of(publicImage).filter(({ live }) => live === undefined);
    if (missing.length === 0) return ok(allowedImages.about, "enabled, and what the stack starts from is allowed");
    const providers = [...new Set(ImageCriteria.flatMap(({ ImageProviders = [] }) => ImageProviders))];
    return problem(
      allowedImages.about,
      `the account allows only ${providers.length > 0 ? `images of ${providers.join(", ")}` : "some images"}${managedBy(ManagedBy)}: ${missing.map(({ name }) => name).join(" and ")} cannot be seen`,
      "Allow the images of Canonical (099720109477) and of Amazon (amazon), which the stack starts from, or set image.base to one that is allowed (EC2 console, Account attributes, Allowed AMIs).",
    );
  },
};

/**
 * Root volumes are encrypted with the account's default key for EBS. That it is a customer managed key is well only where
 * the group's linked role may use it: else each instance of a group ends as "Client.InternalError: Client error on launch"
 * (Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes"). Key policies and grants cannot
 * be judged from here.
 */
const volumeKey: Check = {
  about: "EBS default key",
  types: LAUNCHING,
  async ask(aws, plan) {
    const { KmsKeyId = "" } = await aws.ec2.getEbsDefaultKmsKeyId({});
    if (KmsKeyId === "" || KmsKeyId.endsWith("alias/aws/ebs")) return ok(volumeKey.about, "AWS's own (aws/ebs)");
    const launched = [...changing(plan.of(group)), ...coming(plan.of(instance)), ...coming(plan.of(imageBuilder))];
    if (launched.length === 0) return ok(volumeKey.about, KmsKeyId);
    const role = arnIn(
      aws.region,
      `iam::${aws.account}:role/aws-service-role/${linkedPrincipal("autoscaling")}/AWSServiceRoleForAutoScaling`,
    );
    return warning(
      volumeKey.about,
      `${KmsKeyId}: where it is a key of your own, the Auto Scaling group's instances start only if the group's role may use it`,
      `Where its policy does not say so yet: ${aws.cli} kms create-grant --region ${aws.region} --key-id ${KmsKeyId} --grantee-principal ${role} --operations Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant`,
    );
  },
};

export const switches: readonly Check[] = [blockedAccess, allowedImages, volumeKey];

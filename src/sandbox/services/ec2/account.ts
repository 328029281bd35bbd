import * as z from "zod";
import { arnIn } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters } from "./shared.ts";
import { vpcTable } from "./tables.ts";

/* What is switched for the whole account in the region, by somebody else or by a policy of the organization. */

type BlockMode = "off" | "block-bidirectional" | "block-ingress";
interface Settings {
  readonly blockMode: BlockMode;
  readonly allowedImages: "enabled" | "disabled" | "audit-mode";
  /** Owners of images that are allowed: "amazon", an account. */
  readonly imageProviders: readonly string[];
  readonly ebsKey: string;
  /** The key may be used by Auto Scaling's linked role. */
  readonly groupsMayUseKey: boolean;
}
interface Exclusion {
  readonly id: string;
  readonly vpcId: string;
  readonly mode: "allow-bidirectional" | "allow-egress";
}

const OWN_KEY = "alias/aws/ebs";
const AS_NEW: Settings = {
  blockMode: "off",
  allowedImages: "disabled",
  imageProviders: [],
  ebsKey: OWN_KEY,
  groupsMayUseKey: false,
};
const table = (sim: Sim) => sim.table<Settings>("ec2.account");
const exclusionTable = (sim: Sim) => sim.table<Exclusion>("ec2.blockPublicAccessExclusions");
const settings = (sim: Sim): Settings => table(sim).get("settings") ?? AS_NEW;
const change = (sim: Sim, changes: Partial<Settings>): void =>
  table(sim).putNow("settings", { ...settings(sim), ...changes });

/**
 * Whether VPC Block Public Access keeps traffic from an internet gateway of the VPC. `natGateway`: what a NAT gateway sends,
 * which `block-ingress` lets through (VPC user guide, "Block public access to VPCs and subnets").
 */
export function isBlocked(sim: Sim, vpcId: string, way: "direct" | "natGateway"): boolean {
  const { blockMode } = settings(sim);
  if (blockMode === "off" || (blockMode === "block-ingress" && way === "natGateway")) return false;
  return !exclusionTable(sim)
    .all()
    .some((one) => one.vpcId === vpcId && (one.mode === "allow-bidirectional" || way === "natGateway"));
}

/** What VPC Block Public Access does to a VPC, as the VPC shows it. */
export function shownMode(sim: Sim, vpcId: string): BlockMode {
  const excluded = exclusionTable(sim)
    .all()
    .find((one) => one.vpcId === vpcId);
  const { blockMode } = settings(sim);
  if (excluded === undefined || blockMode === "off") return blockMode;
  return excluded.mode === "allow-bidirectional" ? "off" : "block-ingress";
}

/** Whether an image of somebody else's may be seen and used. */
export function isAllowedImage(sim: Sim, ownerId: string): boolean {
  const { allowedImages, imageProviders } = settings(sim);
  return allowedImages !== "enabled" || imageProviders.some((one) => one === ownerId || AMAZON[one] === ownerId);
}
const AMAZON: Readonly<Record<string, string>> = { amazon: "137112412989" };

/** Whether an instance that a group starts gets its encrypted root volume. */
export function groupsMayEncrypt(sim: Sim): boolean {
  const { ebsKey, groupsMayUseKey } = settings(sim);
  return ebsKey === OWN_KEY || groupsMayUseKey;
}

/** In KMS, of which the sandbox knows nothing: the grant that lets the group's role use the default key. */
export const grantKeyToGroups = (sim: Sim): void => change(sim, { groupsMayUseKey: true });

const shownImages = (sim: Sim) => {
  const { allowedImages, imageProviders } = settings(sim);
  return {
    State: allowedImages,
    ImageCriteria: imageProviders.length > 0 ? [{ ImageProviders: imageProviders }] : [],
    ManagedBy: "account",
  };
};
const shownExclusion = (sim: Sim, { id, vpcId, mode }: Exclusion) => ({
  ExclusionId: id,
  ResourceArn: arnIn(sim.region, `ec2:${sim.region}:${sim.account}:vpc/${vpcId}`),
  InternetGatewayExclusionMode: mode,
  State: "create-complete",
});
const shownBlock = (sim: Sim) => {
  const { blockMode } = settings(sim);
  return {
    VpcBlockPublicAccessOptions: {
      AwsAccountId: sim.account,
      AwsRegion: sim.region,
      State: blockMode === "off" ? "default-state" : "update-complete",
      InternetGatewayBlockMode: blockMode,
      ManagedBy: "account",
      ExclusionsAllowed: "allowed",
    },
  };
};

export const account: SandboxService = {
  operations: {
    DescribeVpcBlockPublicAccessOptions: operation({}, (_input, sim) => shownBlock(sim)),
    ModifyVpcBlockPublicAccessOptions: operation(
      { InternetGatewayBlockMode: z.enum(["off", "block-bidirectional", "block-ingress"]) },
      ({ InternetGatewayBlockMode: blockMode }, sim) => {
        change(sim, { blockMode });
        return shownBlock(sim);
      },
    ),
    DescribeVpcBlockPublicAccessExclusions: operation({ Filters: filters }, (_input, sim) => ({
      VpcBlockPublicAccessExclusions: exclusionTable(sim)
        .all()
        .map((one) => shownExclusion(sim, one)),
    })),
    CreateVpcBlockPublicAccessExclusion: operation(
      { VpcId: z.string(), InternetGatewayExclusionMode: z.enum(["allow-bidirectional", "allow-egress"]) },
      ({ VpcId, InternetGatewayExclusionMode: mode }, sim) => {
        if (!vpcTable(sim).visible(VpcId))
          throw awsError("InvalidVpcID.NotFound", `The vpc ID '${VpcId}' does not exist`);
        const made: Exclusion = { id: sim.id("vpcbpa-exclude"), vpcId: VpcId, mode };
        exclusionTable(sim).putNow(made.id, made);
        return { VpcBlockPublicAccessExclusion: shownExclusion(sim, made) };
      },
    ),
    GetAllowedImagesSettings: operation({}, (_input, sim) => shownImages(sim)),
    EnableAllowedImagesSettings: operation(
      { AllowedImagesSettingsState: z.enum(["enabled", "audit-mode"]) },
      ({ AllowedImagesSettingsState: allowedImages }, sim) => {
        change(sim, { allowedImages });
        return { AllowedImagesSettingsState: allowedImages };
      },
    ),
    ReplaceImageCriteriaInAllowedImagesSettings: operation(
      { ImageCriteria: z.array(z.strictObject({ ImageProviders: z.array(z.string()).max(200) })).max(10) },
      ({ ImageCriteria }, sim) => {
        change(sim, { imageProviders: ImageCriteria.flatMap(({ ImageProviders }) => ImageProviders) });
        return { ReturnValue: true };
      },
    ),
    GetEbsDefaultKmsKeyId: operation({}, (_input, sim) => ({ KmsKeyId: settings(sim).ebsKey })),
    ModifyEbsDefaultKmsKeyId: operation({ KmsKeyId: z.string().min(1) }, ({ KmsKeyId: ebsKey }, sim) => {
      change(sim, { ebsKey });
      return { KmsKeyId: ebsKey };
    }),
  },
};

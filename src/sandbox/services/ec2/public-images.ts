import { partitionOf } from "../../../aws/partition.ts";
import type { Sim } from "../../world.ts";

/** A public image. Publishers release a new one about each month, and point their public SSM parameter at it. */
export interface PublicImage {
  readonly parameter: string;
  readonly imageId: string;
  readonly name: string;
  readonly publisher: "amazon" | "canonical";
  readonly architecture: "x86_64" | "arm64";
  readonly rootDevice: string;
  readonly rootGiB: number;
  /** Milliseconds since 1970. */
  readonly releasedAt: number;
}

const UBUNTU = { publisher: "canonical", architecture: "x86_64", rootDevice: "/dev/sda1", rootGiB: 8 } as const;
const JAMMY = {
  ...UBUNTU,
  parameter: "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
};
const NOBLE = {
  ...UBUNTU,
  parameter: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
};
const AMAZON = {
  publisher: "amazon",
  architecture: "x86_64",
  rootDevice: "/dev/xvda",
  rootGiB: 8,
  parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
} as const;
const [NOVEMBER, DECEMBER] = [Date.UTC(2026, 10, 6), Date.UTC(2026, 11, 8)];

/** The oldest first. */
const RELEASES: readonly PublicImage[] = [
  {
    ...JAMMY,
    imageId: "ami-0b0b0b0b22040a64d",
    name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261105",
    releasedAt: NOVEMBER,
  },
  {
    ...NOBLE,
    imageId: "ami-0b0b0b0b24040a64d",
    name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261105",
    releasedAt: NOVEMBER,
  },
  {
    ...AMAZON,
    imageId: "ami-0a12023000000a64d",
    name: "al2023-ami-2023.9.20261103.0-kernel-6.1-x86_64",
    releasedAt: NOVEMBER,
  },
  {
    ...JAMMY,
    imageId: "ami-0b0b0b0b22041a64d",
    name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261207",
    releasedAt: DECEMBER,
  },
  {
    ...NOBLE,
    imageId: "ami-0b0b0b0b24041a64d",
    name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261207",
    releasedAt: DECEMBER,
  },
  {
    ...AMAZON,
    imageId: "ami-0a12023000001a64d",
    name: "al2023-ami-2023.9.20261201.0-kernel-6.1-x86_64",
    releasedAt: DECEMBER,
  },
];

/** Those that are out. The first are there whatever the time is. */
export const publicImages = (sim: Sim): readonly PublicImage[] =>
  RELEASES.filter(({ releasedAt }) => releasedAt === NOVEMBER || releasedAt <= sim.now);

/** What a publisher's parameter names now. */
export const newestOf = (sim: Sim, parameter: string): PublicImage | undefined =>
  publicImages(sim).findLast((image) => image.parameter === parameter);

/** The publisher's account, another one in each partition. Amazon's is asked for by its alias. */
export const ownerOf = (sim: Sim, { publisher }: PublicImage): string =>
  publisher === "canonical" ? partitionOf(sim.region).canonical : "137112412989";

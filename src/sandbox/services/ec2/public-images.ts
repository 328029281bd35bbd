/** Public images, and the public SSM parameters that name them. */
export interface PublicImage {
  readonly parameter: string;
  readonly imageId: string;
  readonly name: string;
  /** Canonical's and Amazon's account. */
  readonly ownerId: string;
  readonly architecture: "x86_64" | "arm64";
  readonly rootDevice: string;
  readonly rootGiB: number;
}

export const PUBLIC_IMAGES: readonly PublicImage[] = [
  {
    parameter: "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
    imageId: "ami-0b0b0b0b22040a64d",
    name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261105",
    ownerId: "099720109477",
    architecture: "x86_64",
    rootDevice: "/dev/sda1",
    rootGiB: 8,
  },
  {
    parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    imageId: "ami-0a12023000000a64d",
    name: "al2023-ami-2023.9.20261103.0-kernel-6.1-x86_64",
    ownerId: "137112412989",
    architecture: "x86_64",
    rootDevice: "/dev/xvda",
    rootGiB: 8,
  },
];

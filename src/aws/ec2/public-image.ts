import type { Image } from "@aws-sdk/client-ec2";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { partitionOf } from "../partition.ts";
import { parameterText } from "../ssm/names.ts";
import { imageById } from "./read-images.ts";

/** Nothing is asked of it but to be there: its name says what is looked up. */
export type PublicImageSpec = Readonly<Record<never, never>>;
export interface PublicImageLive extends Identified {
  readonly architecture: string;
  /** As AWS names it. */
  readonly imageName: string;
  readonly rootDevice: string;
  /** Size of its root volume, GiB: instances may not have a smaller one. */
  readonly rootGiB: number;
  readonly state: string;
}

/** Where a known name is looked up: its publisher's SSM parameter, else the newest image of that owner and name. */
interface Known {
  readonly parameter: string;
  readonly owner: (aws: Aws) => string;
  readonly name: string;
}
const canonical = ({ region }: Aws): string => partitionOf(region).canonical;
const KNOWN: Readonly<Record<string, Known>> = {
  "ubuntu-22.04": {
    parameter: "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
    owner: canonical,
    name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*",
  },
  // From 23.10 on Canonical publishes on gp3 only ("Find Ubuntu images on AWS").
  "ubuntu-24.04": {
    parameter: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    owner: canonical,
    name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*",
  },
  "amazon-linux-2023": {
    parameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    owner: () => "amazon",
    name: "al2023-ami-2023.*-x86_64",
  },
};

/** Where AWS does not say how large the root volume is. */
const ROOT_GIB = 8;

const live = (image: Image): PublicImageLive => ({
  id: image.ImageId as string,
  architecture: image.Architecture ?? "",
  imageName: image.Name ?? "",
  rootDevice: image.RootDeviceName ?? "",
  rootGiB:
    image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === image.RootDeviceName)?.Ebs?.VolumeSize ??
    ROOT_GIB,
  state: image.State ?? "",
});

const byId = async (aws: Aws, id: string): Promise<PublicImageLive | undefined> => {
  const found = await imageById(aws, id);
  return found?.State === "available" ? live(found) : undefined;
};

async function newestOf(aws: Aws, { owner, name }: Known): Promise<PublicImageLive | undefined> {
  const images = await allPages(
    (NextToken) =>
      aws.ec2.describeImages({
        Owners: [owner(aws)],
        Filters: [
          { Name: "name", Values: [name] },
          { Name: "state", Values: ["available"] },
          { Name: "architecture", Values: ["x86_64"] },
        ],
        NextToken,
      }),
    (page) => page.Images,
    (page) => page.NextToken,
  );
  const newest = images.sort((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""))[0];
  return newest && live(newest);
}

/** The id that a name stands for today: of a known name, a public SSM parameter, or an image id. */
async function idOf(aws: Aws, name: string): Promise<string | undefined> {
  if (name.startsWith("ami-")) return name;
  const id = await parameterText(aws, KNOWN[name]?.parameter ?? name);
  return id?.startsWith("ami-") ? id : undefined;
}

/**
 * Somebody's image that ours start from, as its name stands for today: what is launched starts from the newest release. A
 * recorded one serves where the name stands for nothing any more.
 */
export const publicImage: ResourceType<PublicImageSpec, PublicImageLive> = {
  name: "ec2:public-image",
  external: true,
  async find(aws, { name }, id) {
    // A name mostly stands for what it stood for: the recorded one is read meanwhile, with the other images.
    const [recorded, named] = await Promise.all([id === undefined ? undefined : byId(aws, id), idOf(aws, name)]);
    const today = named === undefined ? undefined : named === id ? recorded : await byId(aws, named);
    // The parameter can name an image that cannot be seen yet.
    const known = today ? undefined : KNOWN[name];
    return today ?? (known && (await newestOf(aws, known))) ?? recorded;
  },
  health: ({ id, architecture }) =>
    architecture === "x86_64"
      ? "ready"
      : { blocked: `${id} is an image for ${architecture}, and the stack's instances are x86_64: name another image` },
};

import type { Image } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";

const GONE = ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"];

// By id and not by filter: of all public images AWS would look through every one.
const describe = async (aws: Aws, ids: readonly string[]) =>
  (await aws.ec2.describeImages({ ImageIds: [...ids] })).Images ?? [];

/** An image by its id, anybody's; undefined when it is not there, or deregistered and only shown for a while. */
export const imageById = (aws: Aws, id: string): Promise<Image | undefined> =>
  aws.batchById("ec2:images", id, async (ids) => {
    // One unknown id fails a whole list: then each is asked for alone.
    const alone = ids.length > 1 ? ids : [];
    const found =
      (await undefinedIf(GONE, () => describe(aws, ids))) ??
      (await Promise.all(alone.map((one) => undefinedIf(GONE, () => describe(aws, [one]))))).flatMap(
        (one) => one ?? [],
      );
    return new Map(found.filter(isThere).map((one) => [one.ImageId ?? "", one]));
  });

/** Deregistered images linger in the answers; moto shows them without a state. */
export const isThere = ({ State }: Image): boolean => State !== undefined && State !== ("deregistered" as string);

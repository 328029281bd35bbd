import { STACK_TAG } from "../owned.ts";
import { allPages } from "../pages.ts";
import type { ResidualReader } from "../residual.ts";
import { volumeStorage } from "./prices.ts";

export const volumes: ResidualReader = {
  what: "EBS volumes",
  async read(aws, stack) {
    const all = await allPages(
      (NextToken) => aws.ec2.describeVolumes({ Filters: [{ Name: `tag:${STACK_TAG}`, Values: [stack] }], NextToken }),
      (page) => page.Volumes,
      (page) => page.NextToken,
    );
    return all
      .filter(
        ({ State, Attachments = [] }) =>
          State !== "deleting" &&
          State !== "deleted" &&
          // These go with their instance, which is looked for by itself.
          !Attachments.some(({ DeleteOnTermination }) => DeleteOnTermination),
      )
      .map(({ VolumeId: id = "", Size, Attachments = [] }) => ({
        what: "EBS volume",
        id,
        why: Attachments[0]?.InstanceId
          ? `attached to ${Attachments[0].InstanceId}, and not deleted with it`
          : "its instance is gone, and was not to delete it",
        gib: Size,
        price: volumeStorage.item,
        commands: [`aws ec2 delete-volume --volume-id ${id} --region ${aws.region}`],
      }));
  },
};

import type { Aws } from "../../../src/aws/aws.ts";
import type { Blocker } from "../../../src/engine/resource.ts";

/** The network interfaces that keep a subnet, security group or VPC from being deleted, as AWS describes them. */
export async function blockingInterfaces(
  aws: Aws,
  filter: "subnet-id" | "group-id" | "vpc-id",
  id: string,
): Promise<readonly Blocker[]> {
  const { NetworkInterfaces = [] } = await aws.ec2.describeNetworkInterfaces({
    Filters: [{ Name: filter, Values: [id] }],
  });
  return NetworkInterfaces.map((one) => ({
    id: one.NetworkInterfaceId ?? "",
    what: [
      one.InterfaceType,
      one.Description,
      one.Attachment?.InstanceId && `on ${one.Attachment.InstanceId}`,
      one.RequesterId && `made by ${one.RequesterId}`,
    ]
      .filter(Boolean)
      .join(", "),
    // What a service made for itself (a load balancer, a mount target) goes when the service has cleared up.
    passing: one.RequesterManaged ?? false,
  }));
}

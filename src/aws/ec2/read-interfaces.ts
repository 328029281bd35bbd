import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { Blocker } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";

/**
 * The network interfaces that keep a subnet, security group, gateway or VPC from being deleted, as AWS describes them.
 * @param counts tells which of them are in the way; without it all are.
 */
export async function blockingInterfaces(
  aws: Aws,
  filter: "subnet-id" | "group-id" | "vpc-id",
  id: string,
  counts: (one: NetworkInterface) => boolean = () => true,
): Promise<readonly Blocker[]> {
  const found = await allPages(
    (NextToken) => aws.ec2.describeNetworkInterfaces({ Filters: [{ Name: filter, Values: [id] }], NextToken }),
    (page) => page.NetworkInterfaces,
    (page) => page.NextToken,
  );
  return found.filter(counts).map((one) => ({
    id: one.NetworkInterfaceId ?? "",
    what: interfaceText(one),
    // What a service made for itself (a load balancer, a mount target) goes when the service has cleared up.
    passing: one.RequesterManaged ?? false,
  }));
}

/** What an interface is and whose, as AWS describes it. */
export const interfaceText = (one: NetworkInterface): string =>
  [
    one.InterfaceType,
    one.Description,
    one.Association?.PublicIp && `public address ${one.Association.PublicIp}`,
    one.Attachment?.InstanceId && `on ${one.Attachment.InstanceId}`,
    one.RequesterId && `made by ${one.RequesterId}`,
  ]
    .filter(Boolean)
    .join(", ");

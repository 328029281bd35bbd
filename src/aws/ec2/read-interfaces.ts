import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { Blocker } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { mountTargetIsThere } from "../efs/read-mount-targets.ts";
import { loadBalancerNamed } from "../elb/named.ts";
import { allPages } from "../pages.ts";
import { instancesInSubnet } from "../rds/read-instances.ts";
import { lookedAtVpc } from "./in-vpc.ts";

/** What an interface belongs to: whether that goes by itself, and how a person removes it. */
interface Holder extends Pick<Blocker, "passing" | "commands"> {
  /** Ids of all that it may be of, where the service does not say which. */
  readonly anyOf?: readonly string[];
}

const command = ({ cli, region }: Aws, words: string): string => `${cli} ${words} --region ${region}`;
const staying = (...commands: readonly string[]): Holder => ({ passing: false, commands });
/** The service takes the interface away some minutes after what it was for is gone. */
const PASSING: Holder = { passing: true, commands: [] };

/**
 * Who holds an interface, by what the services write on theirs. What is here goes by itself only when what it was for is
 * gone: an interface of somebody else's load balancer stays as long as that does. Anything else stays, requester-managed or
 * not: an endpoint's interface does until a person deletes the endpoint (hashicorp/terraform-provider-aws#46747).
 */
const HOLDERS: readonly {
  readonly text: RegExp;
  readonly holder: (aws: Aws, named: readonly string[], one: NetworkInterface) => Holder | Promise<Holder>;
}[] = [
  {
    text: /\b(vpce-[0-9a-f]+)/,
    holder: (aws, [id]) => staying(command(aws, `ec2 delete-vpc-endpoints --vpc-endpoint-ids ${id}`)),
  },
  {
    text: /^ELB (?:app|net|gwy)\/([^/]+)\//,
    async holder(aws, [name = ""]) {
      const found = await loadBalancerNamed(aws, name);
      return found
        ? staying(command(aws, `elbv2 delete-load-balancer --load-balancer-arn ${found.loadBalancer.LoadBalancerArn}`))
        : PASSING;
    },
  },
  // The kind before: the stack has none.
  {
    text: /^ELB ([\w-]+)$/,
    holder: (aws, [name]) => staying(command(aws, `elb delete-load-balancer --load-balancer-name ${name}`)),
  },
  {
    text: /^Interface for NAT Gateway (nat-[0-9a-f]+)/,
    async holder(aws, [id = ""]) {
      const { NatGateways = [] } = await aws.ec2.describeNatGateways({
        Filter: [{ Name: "nat-gateway-id", Values: [id] }],
      });
      const works = NatGateways.some(({ State }) => State === "available" || State === "pending");
      return works ? staying(command(aws, `ec2 delete-nat-gateway --nat-gateway-id ${id}`)) : PASSING;
    },
  },
  {
    text: /\b(fsmt-[0-9a-f]+)/,
    holder: async (aws, [id = ""]) =>
      (await mountTargetIsThere(aws, id))
        ? staying(command(aws, `efs delete-mount-target --mount-target-id ${id}`))
        : PASSING,
  },
  {
    // It does not say whose: of the databases that may be in the subnet.
    text: /^RDSNetworkInterface$/,
    async holder(aws, _named, { SubnetId = "" }) {
      const databases = await instancesInSubnet(aws, SubnetId);
      return databases.length === 0
        ? PASSING
        : {
            passing: false,
            anyOf: databases,
            commands: databases.map((id) =>
              command(
                aws,
                `rds delete-db-instance --db-instance-identifier ${id} --final-db-snapshot-identifier ${id}-final`,
              ),
            ),
          };
    },
  },
  {
    text: /\b(tgw-attach-[0-9a-f]+)/,
    holder: (aws, [id]) =>
      staying(command(aws, `ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id ${id}`)),
  },
  {
    // Up to 20 minutes after the function is out of the VPC (Lambda developer guide, "Giving Lambda functions access to
    // resources in an Amazon VPC").
    text: /^AWS Lambda VPC ENI-(.+)-[0-9a-f]{8}-[0-9a-f-]{27}$/,
    holder: (aws, [name]) =>
      staying(
        command(
          aws,
          `lambda update-function-configuration --function-name ${name} --vpc-config SubnetIds=[],SecurityGroupIds=[]`,
        ),
      ),
  },
];

async function holderOf(aws: Aws, one: NetworkInterface): Promise<Holder> {
  const instance = one.Attachment?.InstanceId;
  if (instance) return staying(command(aws, `ec2 terminate-instances --instance-ids ${instance}`));
  for (const { text, holder } of HOLDERS) {
    const found = text.exec(one.Description ?? "");
    if (found) return holder(aws, found.slice(1), one);
  }
  if (one.RequesterManaged) return staying();
  return staying(command(aws, `ec2 delete-network-interface --network-interface-id ${one.NetworkInterfaceId}`));
}

export const interfacesIn = (aws: Aws, filter: "subnet-id" | "group-id" | "vpc-id", id: string) =>
  filtered(aws, filter, [id]);

const filtered = (aws: Aws, Name: string, ids: readonly string[]): Promise<readonly NetworkInterface[]> =>
  allPages(
    (NextToken) => aws.ec2.describeNetworkInterfaces({ Filters: [{ Name, Values: [...ids] }], NextToken }),
    (page) => page.NetworkInterfaces,
    (page) => page.NextToken,
  );

/** Those of that ids; where all in the VPC is told of, from that. */
export async function interfacesByIds(aws: Aws, ids: readonly string[]): Promise<readonly NetworkInterface[]> {
  const vpcId = lookedAtVpc(aws);
  const inside = vpcId ? await interfacesIn(aws, "vpc-id", vpcId) : [];
  const seen = inside.filter(({ NetworkInterfaceId = "" }) => ids.includes(NetworkInterfaceId));
  const others = ids.filter((id) => !seen.some(({ NetworkInterfaceId }) => NetworkInterfaceId === id));
  return others.length === 0 ? seen : [...seen, ...(await filtered(aws, "network-interface-id", others))];
}

export const interfaceBlocker = async (aws: Aws, one: NetworkInterface): Promise<Blocker & Holder> => ({
  id: one.NetworkInterfaceId ?? "",
  what: interfaceText(one),
  ...(await holderOf(aws, one)),
});

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
  const found = await interfacesIn(aws, filter, id);
  return Promise.all(found.filter(counts).map((one) => interfaceBlocker(aws, one)));
}

/** What an interface is and whose, as AWS describes it. */
const interfaceText = (one: NetworkInterface): string =>
  [
    one.InterfaceType,
    one.Description,
    one.Association?.PublicIp && `public address ${one.Association.PublicIp}`,
    one.Attachment?.InstanceId && `on ${one.Attachment.InstanceId}`,
    one.RequesterId && `made by ${one.RequesterId}`,
  ]
    .filter(Boolean)
    .join(", ");

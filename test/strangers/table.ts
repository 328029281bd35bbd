import { randomUUID } from "node:crypto";
import type { Hand } from "./hand.ts";

/** What `status` must say of a change. */
export type Says =
  /** The config, or what every such object is to be, says otherwise: `up` puts it back. */
  | { readonly kind: "managed"; readonly key: string; readonly field: string; readonly danger?: string }
  /** An object is gone: `up` makes it again. */
  | { readonly kind: "missing"; readonly key: string }
  /** Nobody asks for it, but it is told. */
  | { readonly kind: "watched"; readonly key: string; readonly path: RegExp; readonly danger?: string }
  /** It is none of the stack's. */
  | { readonly kind: "extra"; readonly what: RegExp; readonly danger?: string }
  /** It cannot be seen, for a reason that docs/internals/coverage.md has. */
  | { readonly kind: "unseen"; readonly why: string };

export interface Change {
  /** The type of the object that it is about. */
  readonly type: string;
  readonly name: string;
  /** By SDK calls. */
  readonly does: (who: Hand) => Promise<unknown>;
  readonly says: Says;
}

const managed = (key: string, field: string, danger?: string): Says => ({
  kind: "managed",
  key,
  field,
  ...(danger ? { danger } : {}),
});
const missing = (key: string): Says => ({ kind: "missing", key });
const watched = (key: string, path: RegExp, danger?: string): Says => ({
  kind: "watched",
  key,
  path,
  ...(danger ? { danger } : {}),
});
const extra = (what: RegExp, danger?: string): Says => ({ kind: "extra", what, ...(danger ? { danger } : {}) });
const unseen = (why: string): Says => ({ kind: "unseen", why });
const rows = (type: string, all: readonly (readonly [string, Change["does"], Says])[]): readonly Change[] =>
  all.map(([name, does, says]) => ({ type, name, does, says }));

const WORLD = [{ CidrIp: "0.0.0.0/0" }];
const tcp = (port: number, IpRanges: readonly object[] = WORLD) => [
  { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges },
];
const letIn = (key: string, IpPermissions: readonly object[]) => (who: Hand) =>
  who.ec2("AuthorizeSecurityGroupIngress", { GroupId: who.id(key), IpPermissions });
const letOut = (key: string, IpPermissions: readonly object[]) => (who: Hand) =>
  who.ec2("AuthorizeSecurityGroupEgress", { GroupId: who.id(key), IpPermissions });
/** Takes away all that comes in, or goes out. */
const revokeAll = (key: string, way: "Ingress" | "Egress") => async (who: Hand) => {
  const { SecurityGroups } = await who.ec2("DescribeSecurityGroups", { GroupIds: [who.id(key)] });
  const [{ IpPermissions, IpPermissionsEgress }] = SecurityGroups;
  const all = way === "Ingress" ? IpPermissions : IpPermissionsEgress;
  await who.ec2(`RevokeSecurityGroup${way}`, {
    GroupId: who.id(key),
    IpPermissions: all.map(({ PrefixListIds: _, ...one }: { readonly PrefixListIds: unknown }) => one),
  });
};
const tag = (key: string, Key: string, Value: string) => (who: Hand) =>
  who.ec2("CreateTags", { Resources: [who.id(key)], Tags: [{ Key, Value }] });
const untag = (key: string, Key: string) => (who: Hand) =>
  who.ec2("DeleteTags", { Resources: [who.id(key)], Tags: [{ Key }] });

const network: readonly Change[] = [
  ...rows("ec2:vpc", [
    [
      "DNS hostnames off",
      (who) => who.ec2("ModifyVpcAttribute", { VpcId: who.id("vpc"), EnableDnsHostnames: { Value: false } }),
      managed("vpc", "dnsHostnames"),
    ],
    [
      "DNS resolution off",
      (who) => who.ec2("ModifyVpcAttribute", { VpcId: who.id("vpc"), EnableDnsSupport: { Value: false } }),
      managed("vpc", "dnsSupport"),
    ],
    ["renamed", tag("vpc", "Name", "Old"), managed("vpc", "tags")],
    ["its name is gone", untag("vpc", "Name"), managed("vpc", "tags")],
    ["a tag more", tag("vpc", "Owner", "team-x"), watched("vpc", /Owner/)],
  ]),
  ...rows("ec2:subnet", [
    [
      "a private subnet gives public addresses",
      (who) =>
        who.ec2("ModifySubnetAttribute", { SubnetId: who.id("subnet-web-1"), MapPublicIpOnLaunch: { Value: true } }),
      managed("subnet-web-1", "publicAddresses", "made public"),
    ],
    [
      "a database subnet gives public addresses",
      (who) =>
        who.ec2("ModifySubnetAttribute", { SubnetId: who.id("subnet-db-2"), MapPublicIpOnLaunch: { Value: true } }),
      managed("subnet-db-2", "publicAddresses", "made public"),
    ],
    [
      "a public subnet gives none",
      (who) =>
        who.ec2("ModifySubnetAttribute", {
          SubnetId: who.id("subnet-public-1"),
          MapPublicIpOnLaunch: { Value: false },
        }),
      managed("subnet-public-1", "publicAddresses"),
    ],
    ["renamed", tag("subnet-web-2", "Name", "x"), managed("subnet-web-2", "tags")],
    ["a tag more", tag("subnet-db-1", "cost", "x"), watched("subnet-db-1", /cost/)],
  ]),
  ...rows("ec2:internet-gateway", [
    ["renamed", tag("gateway", "Name", "x"), managed("gateway", "tags")],
    ["a tag more", tag("gateway", "team", "x"), watched("gateway", /team/)],
  ]),
  ...rows("ec2:route-table", [
    [
      "a route more in the public table",
      (who) =>
        who.ec2("CreateRoute", {
          RouteTableId: who.id("routes-public"),
          DestinationCidrBlock: "10.9.0.0/16",
          GatewayId: who.id("gateway"),
        }),
      managed("routes-public", "routes", "leads elsewhere"),
    ],
    [
      "the way to the internet is gone",
      (who) => who.ec2("DeleteRoute", { RouteTableId: who.id("routes-public"), DestinationCidrBlock: "0.0.0.0/0" }),
      managed("routes-public", "routes"),
    ],
    [
      "a web subnet uses the public table",
      async (who) => {
        const { RouteTables } = await who.ec2("DescribeRouteTables", { RouteTableIds: [who.id("routes-private-1")] });
        await who.ec2("ReplaceRouteTableAssociation", {
          AssociationId: RouteTables[0].Associations[0].RouteTableAssociationId,
          RouteTableId: who.id("routes-public"),
        });
      },
      managed("routes-private-1", "subnetIds"),
    ],
    [
      "a database subnet uses no table",
      async (who) => {
        const { RouteTables } = await who.ec2("DescribeRouteTables", { RouteTableIds: [who.id("routes-db")] });
        await who.ec2("DisassociateRouteTable", {
          AssociationId: RouteTables[0].Associations[0].RouteTableAssociationId,
        });
      },
      managed("routes-db", "subnetIds"),
    ],
    [
      "the database subnets lead to the internet",
      (who) =>
        who.ec2("CreateRoute", {
          RouteTableId: who.id("routes-db"),
          DestinationCidrBlock: "0.0.0.0/0",
          GatewayId: who.id("gateway"),
        }),
      managed("routes-db", "routes", "leads elsewhere"),
    ],
    [
      "a route more in a private table",
      (who) =>
        who.ec2("CreateRoute", {
          RouteTableId: who.id("routes-private-2"),
          DestinationCidrBlock: "10.8.0.0/16",
          GatewayId: who.id("gateway"),
        }),
      extra(/^route /, "leads elsewhere"),
    ],
    ["renamed", tag("routes-db", "Name", "x"), managed("routes-db", "tags")],
    ["a tag more", tag("routes-private-1", "team", "x"), watched("routes-private-1", /team/)],
  ]),
  ...rows("ec2:route", [
    [
      "the way out is gone",
      (who) => who.ec2("DeleteRoute", { RouteTableId: who.id("routes-private-1"), DestinationCidrBlock: "0.0.0.0/0" }),
      missing("nat-route-1"),
    ],
    [
      "the way out goes through the other zone",
      async (who) => {
        const { NetworkInterfaces } = await who.ec2("DescribeNetworkInterfaces", {
          Filters: [{ Name: "attachment.instance-id", Values: [who.id("nat-instance-2")] }],
        });
        await who.ec2("ReplaceRoute", {
          RouteTableId: who.id("routes-private-1"),
          DestinationCidrBlock: "0.0.0.0/0",
          NetworkInterfaceId: NetworkInterfaces[0].NetworkInterfaceId,
        });
      },
      managed("nat-route-1", "via", "leads elsewhere"),
    ],
    [
      "private subnets go past the NAT",
      (who) =>
        who.ec2("ReplaceRoute", {
          RouteTableId: who.id("routes-private-2"),
          DestinationCidrBlock: "0.0.0.0/0",
          GatewayId: who.id("gateway"),
        }),
      managed("nat-route-2", "via", "leads elsewhere"),
    ],
  ]),
  ...rows("ec2:security-group", [
    [
      "ssh from everywhere to the web instances",
      letIn("group-web", tcp(22)),
      managed("group-web", "inbound", "opened to the world"),
    ],
    ["MySQL from everywhere", letIn("group-db", tcp(3306)), managed("group-db", "inbound", "opened to the world")],
    ["NFS from everywhere", letIn("group-efs", tcp(2049)), managed("group-efs", "inbound", "opened to the world")],
    [
      "a port more on the load balancer",
      letIn("group-load-balancer", tcp(8080)),
      managed("group-load-balancer", "inbound", "opened to the world"),
    ],
    [
      "RDP by IPv6 to the bastions",
      letIn("group-bastion", [{ IpProtocol: "tcp", FromPort: 3389, ToPort: 3389, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }]),
      managed("group-bastion", "inbound", "opened to the world"),
    ],
    [
      "everything to the NAT",
      letIn("group-nat", [{ IpProtocol: "-1", IpRanges: WORLD }]),
      managed("group-nat", "inbound", "opened to the world"),
    ],
    [
      "everything to the database that is shut off",
      letIn("group-db-fence", tcp(3306, [{ CidrIp: "10.0.0.0/8" }])),
      managed("group-db-fence", "inbound"),
    ],
    [
      "UDP from a partner",
      letIn("group-web", [{ IpProtocol: "udp", FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: "198.51.100.7/32" }] }]),
      managed("group-web", "inbound"),
    ],
    [
      "ICMP to the databases",
      letIn("group-db", [{ IpProtocol: "icmp", FromPort: -1, ToPort: -1, IpRanges: WORLD }]),
      managed("group-db", "inbound", "opened to the world"),
    ],
    [
      "another group may come in",
      (who) =>
        letIn("group-nat", [
          { IpProtocol: "tcp", FromPort: 3306, ToPort: 3306, UserIdGroupPairs: [{ GroupId: who.id("group-bastion") }] },
        ])(who),
      managed("group-nat", "inbound"),
    ],
    ["nothing comes in to the web instances", revokeAll("group-web", "Ingress"), managed("group-web", "inbound")],
    [
      "nothing comes in to the load balancer",
      revokeAll("group-load-balancer", "Ingress"),
      managed("group-load-balancer", "inbound"),
    ],
    ["nothing comes in to the databases", revokeAll("group-db", "Ingress"), managed("group-db", "inbound")],
    ["nothing comes in to the files", revokeAll("group-efs", "Ingress"), managed("group-efs", "inbound")],
    ["nothing goes out of the web instances", revokeAll("group-web", "Egress"), managed("group-web", "outbound")],
    ["nothing goes out of the NAT", revokeAll("group-nat", "Egress"), managed("group-nat", "outbound")],
    [
      "the databases may go out",
      letOut("group-db", [{ IpProtocol: "-1", IpRanges: WORLD }]),
      managed("group-db", "outbound"),
    ],
    [
      "a rule has other words",
      async (who) => {
        const { SecurityGroups } = await who.ec2("DescribeSecurityGroups", { GroupIds: [who.id("group-nat")] });
        const [{ IpProtocol, IpRanges }] = SecurityGroups[0].IpPermissions;
        await who.ec2("UpdateSecurityGroupRuleDescriptionsIngress", {
          GroupId: who.id("group-nat"),
          IpPermissions: [{ IpProtocol, IpRanges: [{ ...IpRanges[0], Description: "mine" }] }],
        });
      },
      managed("group-nat", "inbound"),
    ],
    ["renamed", tag("group-efs", "Name", "x"), managed("group-efs", "tags")],
    ["a tag more", tag("group-db", "audit", "x"), watched("group-db", /audit/)],
  ]),
];

/** Ranges, protocols and ways that are seldom used. */
const seldom: readonly Change[] = [
  ...rows("ec2:security-group", [
    [
      "MySQL from the one half of the internet, and the other",
      letIn("group-db", tcp(3306, [{ CidrIp: "0.0.0.0/1" }, { CidrIp: "128.0.0.0/1" }])),
      managed("group-db", "inbound", "opened to the world"),
    ],
    [
      "all of IPv6's unicast",
      letIn("group-db", [{ IpProtocol: "tcp", FromPort: 3306, ToPort: 3306, Ipv6Ranges: [{ CidrIpv6: "2000::/3" }] }]),
      managed("group-db", "inbound", "opened to the world"),
    ],
    [
      "GRE from everywhere",
      letIn("group-web", [{ IpProtocol: "47", IpRanges: WORLD }]),
      managed("group-web", "inbound", "opened to the world"),
    ],
    [
      "ICMPv6 from everywhere",
      letIn("group-nat", [{ IpProtocol: "icmpv6", FromPort: -1, ToPort: -1, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }]),
      managed("group-nat", "inbound", "opened to the world"),
    ],
    [
      "its own members may come in",
      (who) => letIn("group-web", [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: who.id("group-web") }] }])(who),
      managed("group-web", "inbound"),
    ],
    [
      "the web instances go out by IPv6",
      letOut("group-web", [{ IpProtocol: "-1", Ipv6Ranges: [{ CidrIpv6: "::/0" }] }]),
      managed("group-web", "outbound"),
    ],
    [
      "only an office may see the site",
      async (who) => {
        await revokeAll("group-load-balancer", "Ingress")(who);
        await letIn("group-load-balancer", tcp(443, [{ CidrIp: "198.51.100.0/24" }]))(who);
      },
      managed("group-load-balancer", "inbound"),
    ],
    [
      "nothing goes out of the load balancer",
      revokeAll("group-load-balancer", "Egress"),
      managed("group-load-balancer", "outbound"),
    ],
  ]),
  ...rows("ec2:route", [
    [
      "half of the internet past the NAT",
      (who) =>
        who.ec2("CreateRoute", {
          RouteTableId: who.id("routes-private-1"),
          DestinationCidrBlock: "0.0.0.0/1",
          GatewayId: who.id("gateway"),
        }),
      extra(/^route .*0\.0\.0\.0\/1 goes to igw-/, "leads elsewhere"),
    ],
  ]),
  ...rows("ec2:route-table", [
    [
      "the way to the internet goes through an interface of theirs",
      async (who) => {
        const { NetworkInterface } = await who.ec2("CreateNetworkInterface", { SubnetId: who.id("subnet-public-1") });
        await who.ec2("ReplaceRoute", {
          RouteTableId: who.id("routes-public"),
          DestinationCidrBlock: "0.0.0.0/0",
          NetworkInterfaceId: NetworkInterface.NetworkInterfaceId,
        });
      },
      managed("routes-public", "routes", "leads elsewhere"),
    ],
    [
      "deleted",
      async (who) => {
        const { RouteTables } = await who.ec2("DescribeRouteTables", { RouteTableIds: [who.id("routes-db")] });
        for (const { RouteTableAssociationId: AssociationId } of RouteTables[0].Associations)
          await who.ec2("DisassociateRouteTable", { AssociationId });
        await who.ec2("DeleteRouteTable", { RouteTableId: who.id("routes-db") });
      },
      missing("routes-db"),
    ],
  ]),
  ...rows("ec2:vpc", [
    [
      "the default network ACL denies all that comes in",
      async (who) => {
        const { NetworkAcls } = await who.ec2("DescribeNetworkAcls", {
          Filters: [{ Name: "vpc-id", Values: [who.id("vpc")] }],
        });
        await who.ec2("ReplaceNetworkAclEntry", {
          NetworkAclId: NetworkAcls[0].NetworkAclId,
          RuleNumber: 100,
          Egress: false,
          Protocol: "-1",
          RuleAction: "deny",
          CidrBlock: "0.0.0.0/0",
        });
      },
      extra(/default network ACL .*100: denies everything/),
    ],
    [
      "names are asked of servers of theirs",
      async (who) => {
        const { DhcpOptions } = await who.ec2("CreateDhcpOptions", {
          DhcpConfigurations: [{ Key: "domain-name-servers", Values: ["198.51.100.53"] }],
        });
        await who.wait(30);
        await who.ec2("AssociateDhcpOptions", { DhcpOptionsId: DhcpOptions.DhcpOptionsId, VpcId: who.id("vpc") });
      },
      watched("vpc", /DhcpOptionsId/, "leads elsewhere"),
    ],
    [
      "a range more",
      (who) => who.ec2("AssociateVpcCidrBlock", { VpcId: who.id("vpc"), CidrBlock: "172.30.0.0/16" }),
      watched("vpc", /CidrBlockAssociationSet\[172\.30\.0\.0\/16\]|CidrBlockAssociationSet/),
    ],
    [
      "nothing passes its internet gateway",
      (who) => who.ec2("ModifyVpcBlockPublicAccessOptions", { InternetGatewayBlockMode: "block-bidirectional" }),
      watched("vpc", /BlockPublicAccessStates/),
    ],
    [
      "a security group for half of the internet",
      async (who) => {
        const { GroupId } = await who.ec2("CreateSecurityGroup", {
          VpcId: who.id("vpc"),
          GroupName: "half",
          Description: "half",
        });
        await who.wait(30);
        await who.ec2("AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: tcp(22, [{ CidrIp: "0.0.0.0/1" }]) });
      },
      extra(/^security group half .*lets in tcp 22 from 0\.0\.0\.0\/1/, "opened to the world"),
    ],
  ]),
];

/** What others put into the VPC. */
const neighbours: readonly Change[] = rows("ec2:vpc", [
  [
    "a subnet of theirs",
    (who) =>
      who.ec2("CreateSubnet", {
        VpcId: who.id("vpc"),
        CidrBlock: "172.31.77.0/24",
        AvailabilityZone: "ap-northeast-2a",
        TagSpecifications: [{ ResourceType: "subnet", Tags: [{ Key: "Owner", Value: "team-x" }] }],
      }),
    extra(/^subnet .*team-x/),
  ],
  [
    "a security group of theirs",
    (who) => who.ec2("CreateSecurityGroup", { VpcId: who.id("vpc"), GroupName: "theirs", Description: "theirs" }),
    extra(/^security group theirs/),
  ],
  [
    "a security group that lets everybody in",
    async (who) => {
      const { GroupId } = await who.ec2("CreateSecurityGroup", {
        VpcId: who.id("vpc"),
        GroupName: "open",
        Description: "open",
      });
      await who.wait(30);
      await who.ec2("AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: tcp(22) });
    },
    extra(/^security group open .*lets in tcp 22 from 0\.0\.0\.0\/0/, "opened to the world"),
  ],
  [
    "a rule in the default group",
    async (who) => {
      const { SecurityGroups } = await who.ec2("DescribeSecurityGroups", {
        Filters: [
          { Name: "vpc-id", Values: [who.id("vpc")] },
          { Name: "group-name", Values: ["default"] },
        ],
      });
      await who.ec2("AuthorizeSecurityGroupIngress", { GroupId: SecurityGroups[0].GroupId, IpPermissions: tcp(5432) });
    },
    managed("vpc", "defaultGroupRules", "opened to the world"),
  ],
  ["a route table of theirs", (who) => who.ec2("CreateRouteTable", { VpcId: who.id("vpc") }), extra(/^route table /)],
  [
    "a route in the main table",
    async (who) => {
      const { RouteTables } = await who.ec2("DescribeRouteTables", {
        Filters: [{ Name: "vpc-id", Values: [who.id("vpc")] }],
      });
      const main = RouteTables.find(
        ({ Associations }: { readonly Associations: readonly { readonly Main: boolean }[] }) =>
          Associations.some(({ Main }) => Main),
      );
      await who.ec2("CreateRoute", {
        RouteTableId: main.RouteTableId,
        DestinationCidrBlock: "0.0.0.0/0",
        GatewayId: who.id("gateway"),
      });
    },
    extra(/^route of the VPC's main route table .*0\.0\.0\.0\/0 goes to igw-/),
  ],
  [
    "a denial in the default network ACL",
    async (who) => {
      const { NetworkAcls } = await who.ec2("DescribeNetworkAcls", {
        Filters: [{ Name: "vpc-id", Values: [who.id("vpc")] }],
      });
      await who.ec2("CreateNetworkAclEntry", {
        NetworkAclId: NetworkAcls[0].NetworkAclId,
        RuleNumber: 90,
        Egress: false,
        Protocol: "6",
        RuleAction: "deny",
        CidrBlock: "0.0.0.0/0",
        PortRange: { From: 443, To: 443 },
      });
    },
    extra(/default network ACL .*90: denies protocol 6 port 443/),
  ],
  [
    "the default network ACL allows nothing",
    async (who) => {
      const { NetworkAcls } = await who.ec2("DescribeNetworkAcls", {
        Filters: [{ Name: "vpc-id", Values: [who.id("vpc")] }],
      });
      await who.ec2("DeleteNetworkAclEntry", {
        NetworkAclId: NetworkAcls[0].NetworkAclId,
        RuleNumber: 100,
        Egress: false,
      });
    },
    extra(/default network ACL .*nothing is allowed in/),
  ],
  [
    "a network ACL of theirs decides over a web subnet",
    async (who) => {
      const { NetworkAcl } = await who.ec2("CreateNetworkAcl", { VpcId: who.id("vpc") });
      await who.wait(30);
      const { NetworkAcls } = await who.ec2("DescribeNetworkAcls", {
        Filters: [
          { Name: "vpc-id", Values: [who.id("vpc")] },
          { Name: "default", Values: ["true"] },
        ],
      });
      const one = NetworkAcls[0].Associations.find(
        ({ SubnetId }: { readonly SubnetId: string }) => SubnetId === who.id("subnet-web-1"),
      );
      await who.ec2("ReplaceNetworkAclAssociation", {
        AssociationId: one.NetworkAclAssociationId,
        NetworkAclId: NetworkAcl.NetworkAclId,
      });
    },
    extra(/^network ACL .*decides over subnet-.*denies everything/),
  ],
  [
    "an interface endpoint",
    (who) =>
      who.ec2("CreateVpcEndpoint", {
        VpcId: who.id("vpc"),
        ServiceName: "com.amazonaws.ap-northeast-2.ssm",
        VpcEndpointType: "Interface",
        SubnetIds: [who.id("subnet-web-1")],
      }),
    extra(/^VPC endpoint of com\.amazonaws\.ap-northeast-2\.ssm/),
  ],
  [
    "a gateway endpoint",
    (who) =>
      who.ec2("CreateVpcEndpoint", {
        VpcId: who.id("vpc"),
        ServiceName: "com.amazonaws.ap-northeast-2.s3",
        VpcEndpointType: "Gateway",
      }),
    extra(/^VPC endpoint of com\.amazonaws\.ap-northeast-2\.s3/),
  ],
  [
    "a peering connection",
    async (who) => {
      const { Vpc } = await who.ec2("CreateVpc", { CidrBlock: "10.7.0.0/16" });
      await who.wait(30);
      await who.ec2("CreateVpcPeeringConnection", { VpcId: who.id("vpc"), PeerVpcId: Vpc.VpcId });
    },
    extra(/^VPC peering connection with vpc-/, "leads elsewhere"),
  ],
  [
    "a transit gateway",
    (who) =>
      who.ec2("CreateTransitGatewayVpcAttachment", {
        TransitGatewayId: "tgw-0123456789abcdef0",
        VpcId: who.id("vpc"),
        SubnetIds: [who.id("subnet-web-1")],
      }),
    extra(/^attachment to transit gateway tgw-/, "leads elsewhere"),
  ],
  [
    "a VPN gateway",
    async (who) => {
      const { VpnGateway } = await who.ec2("CreateVpnGateway", { Type: "ipsec.1" });
      await who.ec2("AttachVpnGateway", { VpcId: who.id("vpc"), VpnGatewayId: VpnGateway.VpnGatewayId });
    },
    extra(/^VPN gateway /, "leads elsewhere"),
  ],
  [
    "an egress-only internet gateway",
    (who) => who.ec2("CreateEgressOnlyInternetGateway", { VpcId: who.id("vpc") }),
    extra(/^egress-only internet gateway /),
  ],
  [
    "a network interface",
    (who) => who.ec2("CreateNetworkInterface", { SubnetId: who.id("subnet-web-1"), Description: "theirs" }),
    extra(/^network interface, /),
  ],
  [
    "an instance of theirs, with a public address",
    async (who) => {
      const { Instances } = await who.ec2("RunInstances", {
        ImageId: "ami-0a12023000000a64d",
        InstanceType: "t3.micro",
        MinCount: 1,
        MaxCount: 1,
        NetworkInterfaces: [
          {
            DeviceIndex: 0,
            SubnetId: who.id("subnet-public-1"),
            AssociatePublicIpAddress: true,
            Groups: [who.id("group-web")],
          },
        ],
        TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "theirs" }] }],
      });
      await who.wait(120);
      return Instances;
    },
    extra(/^instance theirs .*has the public address/, "made public"),
  ],
]);

const instances: readonly Change[] = [
  ...rows("ec2:instance", [
    [
      "terminated",
      (who) => who.ec2("TerminateInstances", { InstanceIds: [who.id("bastion-2")] }),
      missing("bastion-2"),
    ],
    [
      "the NAT checks sources again",
      (who) =>
        who.ec2("ModifyInstanceAttribute", { InstanceId: who.id("nat-instance-1"), SourceDestCheck: { Value: true } }),
      managed("nat-instance-1", "sourceDestCheck"),
    ],
    [
      "a bastion has other groups",
      (who) => who.ec2("ModifyInstanceAttribute", { InstanceId: who.id("bastion-1"), Groups: [who.id("group-web")] }),
      managed("bastion-1", "groupIds", "opened to the world"),
    ],
    [
      "a NAT may burst no more",
      (who) =>
        who.ec2("ModifyInstanceCreditSpecification", {
          InstanceCreditSpecifications: [{ InstanceId: who.id("nat-instance-2"), CpuCredits: "standard" }],
        }),
      unseen("one call for each instance: it is known by the tag that up gives"),
    ],
    [
      "IMDSv1 on a bastion",
      (who) => who.ec2("ModifyInstanceMetadataOptions", { InstanceId: who.id("bastion-1"), HttpTokens: "optional" }),
      watched("bastion-1", /HttpTokens/, "IMDSv1 allowed"),
    ],
    [
      "termination protection",
      (who) =>
        who.ec2("ModifyInstanceAttribute", { InstanceId: who.id("bastion-1"), DisableApiTermination: { Value: true } }),
      unseen("one call for each instance and attribute"),
    ],
    [
      "detailed monitoring",
      (who) => who.ec2("MonitorInstances", { InstanceIds: [who.id("bastion-2")] }),
      watched("bastion-2", /Monitoring/),
    ],
    [
      "metadata reach further",
      (who) =>
        who.ec2("ModifyInstanceMetadataOptions", { InstanceId: who.id("bastion-1"), HttpPutResponseHopLimit: 5 }),
      watched("bastion-1", /HopLimit/),
    ],
    [
      "its metadata are off",
      (who) => who.ec2("ModifyInstanceMetadataOptions", { InstanceId: who.id("bastion-1"), HttpEndpoint: "disabled" }),
      watched("bastion-1", /HttpEndpoint/),
    ],
    [
      "its tags are among its metadata",
      (who) =>
        who.ec2("ModifyInstanceMetadataOptions", { InstanceId: who.id("bastion-1"), InstanceMetadataTags: "enabled" }),
      watched("bastion-1", /InstanceMetadataTags/),
    ],
    [
      "a bastion gets the web instances' rights",
      (who) =>
        who.ec2("AssociateIamInstanceProfile", {
          InstanceId: who.id("bastion-1"),
          IamInstanceProfile: { Name: who.id("profile-web") },
        }),
      watched("bastion-1", /IamInstanceProfile\.Arn/, "administrator rights"),
    ],
    [
      "a NAT has other rights",
      async (who) =>
        who.ec2("ReplaceIamInstanceProfileAssociation", {
          AssociationId: await profileOf(who, "nat-instance-1"),
          IamInstanceProfile: { Name: who.id("profile-web") },
        }),
      managed("nat-instance-1", "profileName", "administrator rights"),
    ],
    [
      "a NAT has no rights",
      async (who) =>
        who.ec2("DisassociateIamInstanceProfile", { AssociationId: await profileOf(who, "nat-instance-2") }),
      managed("nat-instance-2", "profileName"),
    ],
    [
      "a bastion has an address of theirs",
      async (who) => {
        const { AllocationId } = await who.ec2("AllocateAddress", { Domain: "vpc" });
        await who.wait(30);
        await who.ec2("AssociateAddress", { AllocationId, InstanceId: who.id("bastion-1") });
      },
      unseen("public addresses come and go with each start; a bastion has one anyway"),
    ],
    [
      "a NAT is stopped",
      async (who) => {
        await who.ec2("StopInstances", { InstanceIds: [who.id("nat-instance-1")] });
        await who.wait(120);
      },
      managed("nat-route-1", "via"),
    ],
    ["renamed", tag("nat-instance-2", "Name", "x"), managed("nat-instance-2", "tags")],
    ["a tag more", tag("bastion-1", "patch", "x"), watched("bastion-1", /patch/)],
  ]),
  ...rows("ec2:key-pair", [
    ["deleted", (who) => who.ec2("DeleteKeyPair", { KeyPairId: who.id("key-pair") }), missing("key-pair")],
    ["a tag more", tag("key-pair", "who", "x"), watched("key-pair", /who/)],
  ]),
  ...rows("ec2:image", [
    [
      "everybody may start it",
      async (who) =>
        who.ec2("ModifyImageAttribute", { ImageId: image(who), LaunchPermission: { Add: [{ Group: "all" }] } }),
      extra(/^launch permission .*everybody/, "made public"),
    ],
    [
      "another account may start it",
      async (who) =>
        who.ec2("ModifyImageAttribute", {
          ImageId: image(who),
          LaunchPermission: { Add: [{ UserId: "999988887777" }] },
        }),
      extra(/^launch permission .*account 999988887777/, "leads elsewhere"),
    ],
    [
      "its snapshot is public",
      async (who) => {
        const { Images } = await who.ec2("DescribeImages", { ImageIds: [image(who)] });
        await who.ec2("ModifySnapshotAttribute", {
          SnapshotId: Images[0].BlockDeviceMappings[0].Ebs.SnapshotId,
          Attribute: "createVolumePermission",
          CreateVolumePermission: { Add: [{ Group: "all" }] },
        });
      },
      extra(/^snapshot permission .*everybody/, "made public"),
    ],
    [
      "protected from being deregistered",
      async (who) => who.ec2("EnableImageDeregistrationProtection", { ImageId: image(who) }),
      watched("image", /DeregistrationProtection/),
    ],
    ["a tag more", (who) => tag(imageKey(who), "who", "x")(who), watched("image", /who/)],
  ]),
  ...rows("ec2:launch-template", [
    [
      "a version more that nothing is launched of",
      (who) =>
        who.ec2("CreateLaunchTemplateVersion", {
          LaunchTemplateId: who.id("launch-template"),
          SourceVersion: "1",
          LaunchTemplateData: { InstanceType: "t3.large" },
        }),
      extra(/^version 2 .*nothing is launched/),
    ],
    [
      "IMDSv1 in a new default version",
      async (who) => {
        await who.ec2("CreateLaunchTemplateVersion", {
          LaunchTemplateId: who.id("launch-template"),
          SourceVersion: "1",
          LaunchTemplateData: { MetadataOptions: { HttpTokens: "optional" } },
        });
        await who.wait(30);
        await who.ec2("ModifyLaunchTemplate", { LaunchTemplateId: who.id("launch-template"), DefaultVersion: "2" });
      },
      managed("launch-template", "metadataTokens", "IMDSv1 allowed"),
    ],
    [
      "larger instances in a new default version",
      async (who) => {
        await who.ec2("CreateLaunchTemplateVersion", {
          LaunchTemplateId: who.id("launch-template"),
          SourceVersion: "1",
          LaunchTemplateData: { InstanceType: "t3.large" },
        });
        await who.wait(30);
        await who.ec2("ModifyLaunchTemplate", { LaunchTemplateId: who.id("launch-template"), DefaultVersion: "2" });
      },
      managed("launch-template", "instanceType"),
    ],
    ["a tag more", tag("launch-template", "who", "x"), watched("launch-template", /who/)],
  ]),
];
const profileOf = async (who: Hand, key: string): Promise<string> => {
  const { IamInstanceProfileAssociations } = await who.ec2("DescribeIamInstanceProfileAssociations", {
    Filters: [{ Name: "instance-id", Values: [who.id(key)] }],
  });
  return IamInstanceProfileAssociations[0].AssociationId;
};
const imageKey = (who: Hand): string =>
  [...who.on.graph.nodes.keys()].find((key) => /^image-[0-9a-f]{12}$/.test(key)) ?? "";
const image = (who: Hand): string => who.id(imageKey(who));

/** The ids of the web instances. */
const webInstances = async (who: Hand): Promise<readonly string[]> => {
  const { AutoScalingGroups } = await who.autoScaling("DescribeAutoScalingGroups", {
    AutoScalingGroupNames: [GROUP.AutoScalingGroupName],
  });
  return AutoScalingGroups[0].Instances.map(({ InstanceId }: { readonly InstanceId: string }) => InstanceId);
};
/** Starts one in a web subnet, with the web instances' group. */
const theirInstance = async (who: Hand, tags: Readonly<Record<string, string>> = {}): Promise<string> => {
  const { Instances } = await who.ec2("RunInstances", {
    ClientToken: randomUUID(),
    ImageId: "ami-0a12023000000a64d",
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    MetadataOptions: { HttpTokens: "required" },
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: who.id("subnet-web-1"), Groups: [who.id("group-web")] }],
    TagSpecifications: [
      {
        ResourceType: "instance",
        Tags: Object.entries({ Owner: "x", ...tags }).map(([Key, Value]) => ({ Key, Value })),
      },
    ],
  });
  await who.wait(120);
  return Instances[0].InstanceId;
};
const targets = (who: Hand, ids: readonly string[]) => ({
  TargetGroupArn: who.id("target-group"),
  Targets: ids.map((Id) => ({ Id })),
});

const GROUP = { AutoScalingGroupName: "Buddy-AutoScaling-Group" };
const group = (change: object) => (who: Hand) => who.autoScaling("UpdateAutoScalingGroup", { ...GROUP, ...change });
const targetGroup = (change: object) => (who: Hand) =>
  who.elb("ModifyTargetGroup", { TargetGroupArn: who.id("target-group"), ...change });
const attribute = (Key: string, Value: string) => (who: Hand) =>
  who.elb("ModifyTargetGroupAttributes", { TargetGroupArn: who.id("target-group"), Attributes: [{ Key, Value }] });

const balancer = (attributes: Readonly<Record<string, string>>) => (who: Hand) =>
  who.elb("ModifyLoadBalancerAttributes", {
    LoadBalancerArn: who.id("load-balancer"),
    Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
  });

const web: readonly Change[] = [
  ...rows("auto-scaling:group", [
    ["fewer at least", group({ MinSize: 1 }), managed("auto-scaling-group", "min")],
    ["more at most", group({ MaxSize: 9 }), managed("auto-scaling-group", "max")],
    ["EC2's health only", group({ HealthCheckType: "EC2" }), managed("auto-scaling-group", "healthCheckType")],
    [
      "another grace period",
      group({ HealthCheckGracePeriod: 10 }),
      managed("auto-scaling-group", "gracePeriodSeconds"),
    ],
    ["another warm-up", group({ DefaultInstanceWarmup: 10 }), watched("auto-scaling-group", /DefaultInstanceWarmup/)],
    [
      "one zone only",
      async (who) => {
        await group({ VPCZoneIdentifier: who.id("subnet-web-1") })(who);
        // Its instances are there by then.
        await who.wait(1_800);
      },
      managed("auto-scaling-group", "subnetIds"),
    ],
    [
      "out of the load balancer",
      (who) =>
        who.autoScaling("DetachLoadBalancerTargetGroups", { ...GROUP, TargetGroupARNs: [who.id("target-group")] }),
      managed("auto-scaling-group", "targetGroupArns"),
    ],
    [
      "protected from being deleted",
      group({ DeletionProtection: "prevent-all-deletion" }),
      watched("auto-scaling-group", /DeletionProtection/),
    ],
    [
      "a tag more",
      (who) =>
        who.autoScaling("CreateOrUpdateTags", {
          Tags: [
            {
              Key: "who",
              Value: "x",
              ResourceId: GROUP.AutoScalingGroupName,
              ResourceType: "auto-scaling-group",
              PropagateAtLaunch: false,
            },
          ],
        }),
      watched("auto-scaling-group", /who/),
    ],
    [
      "a hook before instances serve",
      (who) =>
        who.autoScaling("PutLifecycleHook", {
          ...GROUP,
          LifecycleHookName: "theirs",
          LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
        }),
      extra(/^lifecycle hook theirs: .*before it serves/),
    ],
    [
      "a hook before instances end",
      (who) =>
        who.autoScaling("PutLifecycleHook", {
          ...GROUP,
          LifecycleHookName: "drain",
          LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
        }),
      extra(/^lifecycle hook drain: .*before it ends/),
    ],
    [
      "nothing at night",
      (who) =>
        who.autoScaling("PutScheduledUpdateGroupAction", {
          ...GROUP,
          ScheduledActionName: "night",
          StartTime: new Date(who.on.clock.now() + 3 * 86_400_000),
          Recurrence: "0 20 * * *",
          MinSize: 0,
          DesiredCapacity: 0,
        }),
      extra(/^scheduled action night: .*min 0, desired 0 at "0 20/),
    ],
    [
      "IMDSv1 on a web instance",
      async (who) =>
        who.ec2("ModifyInstanceMetadataOptions", { InstanceId: (await webInstances(who))[0], HttpTokens: "optional" }),
      extra(/^instance i-\w+: answers IMDSv1/, "IMDSv1 allowed"),
    ],
    [
      "a web instance has a public address",
      async (who) => {
        const { AllocationId } = await who.ec2("AllocateAddress", { Domain: "vpc" });
        await who.wait(30);
        await who.ec2("AssociateAddress", { AllocationId, InstanceId: (await webInstances(who))[0] });
      },
      extra(/^instance i-\w+: has the public address/, "made public"),
    ],
    [
      "a web instance is in a group of theirs",
      async (who) => {
        const { GroupId } = await who.ec2("CreateSecurityGroup", {
          VpcId: who.id("vpc"),
          GroupName: "theirs too",
          Description: "theirs",
        });
        await who.wait(30);
        const [InstanceId] = await webInstances(who);
        await who.ec2("ModifyInstanceAttribute", { InstanceId, Groups: [who.id("group-web"), GroupId] });
      },
      extra(/^instance i-\w+: is in sg-\w+, no security group of the stack/, "opened to the world"),
    ],
    [
      "an instance is started like a web instance, with its tags",
      (who) => theirInstance(who, { "buddyverse:stack": who.on.config.stack }),
      extra(/^instance i-\w+: bears the stack's tag, and is none of its objects/),
    ],
    [
      "an instance is started like a bastion, with all its tags",
      (who) =>
        theirInstance(who, {
          Name: "Buddy-Bastion1",
          "buddyverse:stack": who.on.config.stack,
          "buddyverse:key": "bastion-1",
        }),
      extra(/^instance Buddy-Bastion1 i-\w+: bears the stack's tags, and was started by somebody else/),
    ],
    [
      "the newest version, whatever it is",
      (who) => group({ LaunchTemplate: { LaunchTemplateId: who.id("launch-template"), Version: "$Latest" } })(who),
      managed("auto-scaling-group", "launchTemplateVersion"),
    ],
    [
      "a version of theirs is rolled out",
      async (who) => {
        await who.ec2("CreateLaunchTemplateVersion", {
          LaunchTemplateId: who.id("launch-template"),
          SourceVersion: "1",
          LaunchTemplateData: { InstanceType: "t3.small" },
        });
        await who.wait(30);
        await who.autoScaling("StartInstanceRefresh", {
          ...GROUP,
          DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: who.id("launch-template"), Version: "2" } },
          Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 },
        });
        await who.wait(1_800);
      },
      managed("auto-scaling-group", "launchTemplateVersion"),
    ],
    [
      "deleted, with its instances",
      async (who) => {
        await who.autoScaling("DeleteAutoScalingGroup", { ...GROUP, ForceDelete: true });
        await who.wait(900);
      },
      missing("auto-scaling-group"),
    ],
    ...["HealthCheck", "ReplaceUnhealthy", "Launch", "AddToLoadBalancer", "AlarmNotification"].map(
      (process) =>
        [
          `${process} is suspended`,
          (who: Hand) => who.autoScaling("SuspendProcesses", { ...GROUP, ScalingProcesses: [process] }),
          watched("auto-scaling-group", new RegExp(`SuspendedProcesses\\[${process}\\]`), "less protected"),
        ] as const,
    ),
    [
      "it does nothing by itself any more, and an instance is lost",
      async (who) => {
        await who.autoScaling("SuspendProcesses", GROUP);
        await who.wait(30);
        await who.ec2("TerminateInstances", { InstanceIds: [(await webInstances(who))[0]] });
        await who.wait(1_800);
      },
      watched("auto-scaling-group", /SuspendedProcesses\[HealthCheck\]/, "less protected"),
    ],
    [
      "it does nothing by itself for a while, and an instance is lost",
      async (who) => {
        await who.autoScaling("SuspendProcesses", GROUP);
        await who.wait(30);
        await who.ec2("TerminateInstances", { InstanceIds: [(await webInstances(who))[0]] });
        await who.wait(1_800);
        await who.autoScaling("ResumeProcesses", GROUP);
        await who.wait(1_800);
      },
      unseen("the group heals it by itself"),
    ],
    [
      "an instance is protected from scale-in",
      async (who) =>
        who.autoScaling("SetInstanceProtection", {
          ...GROUP,
          InstanceIds: [(await webInstances(who))[0]],
          ProtectedFromScaleIn: true,
        }),
      extra(/^instance i-\w+: is protected from scale-in/),
    ],
    [
      "an instance is in standby, and another one serves for it",
      async (who) => {
        await who.autoScaling("EnterStandby", {
          ...GROUP,
          InstanceIds: [(await webInstances(who))[0]],
          ShouldDecrementDesiredCapacity: false,
        });
        await who.wait(900);
      },
      extra(/^instance i-\w+: is in standby/),
    ],
    [
      "an instance is called unhealthy: another one takes its place",
      async (who) => {
        await who.autoScaling("SetInstanceHealth", {
          InstanceId: (await webInstances(who))[0],
          HealthStatus: "Unhealthy",
        });
        await who.wait(1_800);
      },
      unseen("the group heals it by itself"),
    ],
    [
      "new instances are protected from scale-in",
      group({ NewInstancesProtectedFromScaleIn: true }),
      watched("auto-scaling-group", /NewInstancesProtectedFromScaleIn/),
    ],
    ["another cooldown", group({ DefaultCooldown: 10 }), watched("auto-scaling-group", /DefaultCooldown/)],
    [
      "its metrics are collected no more",
      (who) => who.autoScaling("DisableMetricsCollection", GROUP),
      managed("auto-scaling-group", "metrics"),
    ],
    [
      "somebody is told of its instances",
      (who) =>
        who.autoScaling("PutNotificationConfiguration", {
          ...GROUP,
          TopicARN: "arn:aws:sns:ap-northeast-2:999988887777:spy",
          NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"],
        }),
      unseen("objects of their own, and another call"),
    ],
    [
      "it has a further target group",
      async (who) => {
        const { TargetGroups } = await who.elb("CreateTargetGroup", {
          Name: "theirs",
          Protocol: "HTTP",
          Port: 80,
          VpcId: who.id("vpc"),
        });
        await who.wait(30);
        await who.autoScaling("AttachLoadBalancerTargetGroups", {
          ...GROUP,
          TargetGroupARNs: [TargetGroups[0].TargetGroupArn],
        });
      },
      managed("auto-scaling-group", "targetGroupArns"),
    ],
    [
      "a scaling policy of theirs",
      (who) =>
        who.autoScaling("PutScalingPolicy", {
          ...GROUP,
          PolicyName: "theirs",
          PolicyType: "TargetTrackingScaling",
          TargetTrackingConfiguration: {
            PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
            TargetValue: 90,
          },
        }),
      extra(/^scaling policy theirs: /),
    ],
  ]),
  ...rows("auto-scaling:scaling-policy", [
    [
      "another target",
      (who) =>
        who.autoScaling("PutScalingPolicy", {
          ...GROUP,
          PolicyName: "cpu-target",
          PolicyType: "TargetTrackingScaling",
          TargetTrackingConfiguration: {
            PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
            TargetValue: 90,
          },
        }),
      managed("scaling-policy", "target"),
    ],
    [
      "deleted",
      (who) => who.autoScaling("DeletePolicy", { ...GROUP, PolicyName: "cpu-target" }),
      missing("scaling-policy"),
    ],
  ]),
  ...rows("elb:load-balancer", [
    [
      "other groups",
      (who) =>
        who.elb("SetSecurityGroups", {
          LoadBalancerArn: who.id("load-balancer"),
          SecurityGroups: [who.id("group-web")],
        }),
      managed("load-balancer", "groupIds", "opened to the world"),
    ],
    [
      "protected from being deleted",
      (who) =>
        who.elb("ModifyLoadBalancerAttributes", {
          LoadBalancerArn: who.id("load-balancer"),
          Attributes: [{ Key: "deletion_protection.enabled", Value: "true" }],
        }),
      watched("load-balancer", /deletion_protection/),
    ],
    [
      "a tag more",
      (who) => who.elb("AddTags", { ResourceArns: [who.id("load-balancer")], Tags: [{ Key: "who", Value: "x" }] }),
      watched("load-balancer", /who/),
    ],
    [
      "its name is another tag",
      (who) => who.elb("AddTags", { ResourceArns: [who.id("load-balancer")], Tags: [{ Key: "Name", Value: "x" }] }),
      managed("load-balancer", "tags"),
    ],
    [
      "who visits what is written to a bucket of theirs",
      balancer({ "access_logs.s3.enabled": "true", "access_logs.s3.bucket": "their-logs" }),
      watched("load-balancer", /access_logs\.s3\.bucket/, "leads elsewhere"),
    ],
    [
      "who connects is written to a bucket of theirs",
      balancer({ "connection_logs.s3.enabled": "true", "connection_logs.s3.bucket": "their-logs" }),
      watched("load-balancer", /connection_logs\.s3\.bucket/, "leads elsewhere"),
    ],
    [
      "requests that look like smuggling are let through",
      balancer({ "routing.http.desync_mitigation_mode": "monitor" }),
      watched("load-balancer", /desync_mitigation_mode/, "less protected"),
    ],
    [
      "requests that look like smuggling are refused",
      balancer({ "routing.http.desync_mitigation_mode": "strictest" }),
      watched("load-balancer", /desync_mitigation_mode/),
    ],
    [
      "visitors may say whence they come",
      balancer({ "routing.http.xff_header_processing.mode": "preserve" }),
      watched("load-balancer", /xff_header_processing/, "less protected"),
    ],
    [
      "a firewall that does not answer lets all through",
      balancer({ "waf.fail_open.enabled": "true" }),
      watched("load-balancer", /waf\.fail_open/, "less protected"),
    ],
    [
      "invalid headers are dropped",
      balancer({ "routing.http.drop_invalid_header_fields.enabled": "true" }),
      watched("load-balancer", /drop_invalid_header_fields/),
    ],
    [
      "idle connections end sooner",
      balancer({ "idle_timeout.timeout_seconds": "10" }),
      watched("load-balancer", /idle_timeout/),
    ],
    [
      "connections are kept for a day",
      balancer({ "client_keep_alive.seconds": "86400" }),
      watched("load-balancer", /client_keep_alive/),
    ],
    ["no HTTP/2", balancer({ "routing.http2.enabled": "false" }), watched("load-balancer", /http2/)],
    [
      "the Host header as it comes",
      balancer({ "routing.http.preserve_host_header.enabled": "true" }),
      watched("load-balancer", /preserve_host_header/),
    ],
    [
      "a zone may be shifted away",
      balancer({ "zonal_shift.config.enabled": "true" }),
      watched("load-balancer", /zonal_shift/),
    ],
    [
      "a private subnet instead of a public one",
      (who) =>
        who.elb("SetSubnets", {
          LoadBalancerArn: who.id("load-balancer"),
          Subnets: [who.id("subnet-public-1"), who.id("subnet-web-2")],
        }),
      managed("load-balancer", "subnetIds"),
    ],
    [
      "deleted",
      async (who) => {
        await who.elb("DeleteLoadBalancer", { LoadBalancerArn: who.id("load-balancer") });
        await who.wait(120);
      },
      missing("load-balancer"),
    ],
    [
      "its tag of the stack is gone",
      (who) => who.elb("RemoveTags", { ResourceArns: [who.id("load-balancer")], TagKeys: ["buddyverse:stack"] }),
      managed("load-balancer", "tags"),
    ],
    [
      "a listener of theirs",
      (who) =>
        who.elb("CreateListener", {
          LoadBalancerArn: who.id("load-balancer"),
          Port: 8080,
          Protocol: "HTTP",
          DefaultActions: [{ Type: "forward", TargetGroupArn: who.id("target-group") }],
        }),
      extra(/^listener HTTP 8080 /, "opened to the world"),
    ],
  ]),
  ...rows("elb:listener", [
    [
      "deleted",
      (who) => who.elb("DeleteListener", { ListenerArn: who.id("listener-https") }),
      missing("listener-https"),
    ],
    [
      "weak TLS",
      (who) =>
        who.elb("ModifyListener", { ListenerArn: who.id("listener-https"), SslPolicy: "ELBSecurityPolicy-2016-08" }),
      managed("listener-https", "policy", "less protected"),
    ],
    [
      "http goes on without TLS",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener"),
          DefaultActions: [{ Type: "forward", TargetGroupArn: who.id("target-group") }],
        }),
      missing("redirect"),
    ],
    [
      "the site leads to one of theirs",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener-https"),
          DefaultActions: [{ Type: "redirect", RedirectConfig: { Host: "evil.example", StatusCode: "HTTP_302" } }],
        }),
      managed("listener-https", "action", "leads elsewhere"),
    ],
    [
      "the load balancer answers by itself",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener-https"),
          DefaultActions: [
            {
              Type: "fixed-response",
              FixedResponseConfig: { StatusCode: "200", ContentType: "text/html", MessageBody: "<h1>theirs</h1>" },
            },
          ],
        }),
      managed("listener-https", "action", "leads elsewhere"),
    ],
    [
      "a part of the visitors goes to another target group",
      async (who) => {
        const { TargetGroups } = await who.elb("CreateTargetGroup", {
          Name: "theirs",
          Protocol: "HTTP",
          Port: 80,
          VpcId: who.id("vpc"),
        });
        await who.wait(30);
        await who.elb("ModifyListener", {
          ListenerArn: who.id("listener-https"),
          DefaultActions: [
            {
              Type: "forward",
              ForwardConfig: {
                TargetGroups: [
                  { TargetGroupArn: who.id("target-group"), Weight: 9 },
                  { TargetGroupArn: TargetGroups[0].TargetGroupArn, Weight: 1 },
                ],
              },
            },
          ],
        });
      },
      managed("listener-https", "action", "leads elsewhere"),
    ],
    [
      "visitors have to log in with theirs",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener-https"),
          DefaultActions: [
            {
              Type: "authenticate-oidc",
              Order: 1,
              AuthenticateOidcConfig: {
                Issuer: "https://evil.example",
                AuthorizationEndpoint: "https://evil.example/authorize",
                TokenEndpoint: "https://evil.example/token",
                UserInfoEndpoint: "https://evil.example/user",
                ClientId: "theirs",
                ClientSecret: "theirs",
              },
            },
            { Type: "forward", Order: 2, TargetGroupArn: who.id("target-group") },
          ],
        }),
      managed("listener-https", "action", "leads elsewhere"),
    ],
    [
      "a rule that leads elsewhere",
      (who) =>
        who.elb("CreateRule", {
          ListenerArn: who.id("listener-https"),
          Priority: 5,
          Conditions: [{ Field: "path-pattern", Values: ["/admin*"] }],
          Actions: [
            { Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Host: "evil.example", StatusCode: "HTTP_302" } },
          ],
        }),
      extra(/^listener rule 5 .*\/admin\* is redirected to https:\/\/evil\.example/, "leads elsewhere"),
    ],
    [
      "a rule to the stack's own targets",
      (who) =>
        who.elb("CreateRule", {
          ListenerArn: who.id("listener-https"),
          Priority: 6,
          Conditions: [{ Field: "path-pattern", Values: ["/x"] }],
          Actions: [{ Type: "forward", TargetGroupArn: who.id("target-group") }],
        }),
      extra(/^listener rule 6 .*\/x goes to Buddy-LoadBalance-TargetGroup/),
    ],
    [
      "a rule that answers by itself",
      (who) =>
        who.elb("CreateRule", {
          ListenerArn: who.id("listener"),
          Priority: 7,
          Conditions: [{ Field: "path-pattern", Values: ["*"] }],
          Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } }],
        }),
      extra(/^listener rule 7 .*answered by the load balancer/, "leads elsewhere"),
    ],
    [
      "a certificate more",
      async (who) => {
        const { CertificateArn } = await who.acm("RequestCertificate", {
          DomainName: "other.example.com",
          ValidationMethod: "DNS",
        });
        await who.wait(30);
        await who.elb("AddListenerCertificates", {
          ListenerArn: who.id("listener-https"),
          Certificates: [{ CertificateArn }],
        });
      },
      extra(/^certificate arn:/),
    ],
  ]),
  ...rows("elb:redirect", [
    [
      "to another port",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener"),
          DefaultActions: [
            { Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "8443", StatusCode: "HTTP_302" } },
          ],
        }),
      managed("redirect", "answer", "leads elsewhere"),
    ],
    [
      "to a site of theirs",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener"),
          DefaultActions: [
            {
              Type: "redirect",
              RedirectConfig: { Protocol: "HTTPS", Port: "443", Host: "evil.example", StatusCode: "HTTP_301" },
            },
          ],
        }),
      managed("redirect", "answer", "leads elsewhere"),
    ],
    [
      "to one page of the site",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener"),
          DefaultActions: [
            {
              Type: "redirect",
              RedirectConfig: { Protocol: "HTTPS", Port: "443", Path: "/login", StatusCode: "HTTP_301" },
            },
          ],
        }),
      managed("redirect", "answer", "leads elsewhere"),
    ],
    [
      "the load balancer answers by itself",
      (who) =>
        who.elb("ModifyListener", {
          ListenerArn: who.id("listener"),
          DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } }],
        }),
      managed("redirect", "answer", "leads elsewhere"),
    ],
  ]),
  ...rows("elb:target-group", [
    [
      "another health page",
      targetGroup({ HealthCheckPath: "/health.json" }),
      managed("target-group", "healthCheckPath"),
    ],
    [
      "visitors are sent to a machine of theirs",
      async (who) => who.elb("RegisterTargets", targets(who, [await theirInstance(who)])),
      extra(/^target i-\w+: visitors are sent to it/, "leads elsewhere"),
    ],
    [
      "visitors are sent to a bastion",
      (who) => who.elb("RegisterTargets", targets(who, [who.id("bastion-1")])),
      extra(/^target i-\w+: visitors are sent to Bastion1/, "leads elsewhere"),
    ],
    [
      "no visitors for the web instances",
      async (who) => {
        await who.elb("DeregisterTargets", targets(who, await webInstances(who)));
        await who.wait(400);
      },
      managed("auto-scaling-group", "registered"),
    ],
    ["visitors come slowly", attribute("slow_start.duration_seconds", "300"), watched("target-group", /slow_start/)],
    [
      "the application's cookie",
      attribute("stickiness.type", "app_cookie"),
      managed("target-group", "stickinessSeconds"),
    ],
    ["slower checks", targetGroup({ HealthCheckIntervalSeconds: 60 }), managed("target-group", "healthCheckSeconds")],
    [
      "longer checks",
      targetGroup({ HealthCheckTimeoutSeconds: 10 }),
      managed("target-group", "healthCheckTimeoutSeconds"),
    ],
    ["sooner healthy", targetGroup({ HealthyThresholdCount: 5 }), managed("target-group", "healthyThreshold")],
    ["later unhealthy", targetGroup({ UnhealthyThresholdCount: 9 }), managed("target-group", "unhealthyThreshold")],
    [
      "errors are health, too",
      targetGroup({ Matcher: { HttpCode: "200-499" } }),
      managed("target-group", "healthCheckCodes"),
    ],
    ["no stickiness", attribute("stickiness.enabled", "false"), managed("target-group", "stickinessSeconds")],
    [
      "an hour's stickiness",
      attribute("stickiness.lb_cookie.duration_seconds", "3600"),
      managed("target-group", "stickinessSeconds"),
    ],
    [
      "slower farewell",
      attribute("deregistration_delay.timeout_seconds", "600"),
      managed("target-group", "deregistrationSeconds"),
    ],
    [
      "the idlest first",
      attribute("load_balancing.algorithm.type", "least_outstanding_requests"),
      managed("target-group", "algorithm"),
    ],
    [
      "a tag more",
      (who) => who.elb("AddTags", { ResourceArns: [who.id("target-group")], Tags: [{ Key: "who", Value: "x" }] }),
      watched("target-group", /who/),
    ],
  ]),
];

const database =
  (change: object, id = "database1") =>
  async (who: Hand) => {
    await who.rds("ModifyDBInstance", { DBInstanceIdentifier: id, ApplyImmediately: true, ...change });
    await who.wait(1_800);
  };
/** For the maintenance window: nothing is another yet. */
const later =
  (change: object, id = "database1") =>
  (who: Hand) =>
    who.rds("ModifyDBInstance", { DBInstanceIdentifier: id, ...change });
const parameter = (ParameterName: string, ParameterValue: string) => (who: Hand) =>
  who.rds("ModifyDBParameterGroup", {
    DBParameterGroupName: "utf8encoding",
    Parameters: [{ ParameterName, ParameterValue, ApplyMethod: "pending-reboot" }],
  });
const publicPolicy = (resource: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: resource }],
  });
const fileSystem = (who: Hand) => ({ FileSystemId: who.id("file-system") });

const data: readonly Change[] = [
  ...rows("rds:database", [
    ["backups for longer", database({ BackupRetentionPeriod: 2 }), unseen("more than the config asks for is left")],
    [
      "protected from being deleted",
      database({ DeletionProtection: true }),
      unseen("more than the config asks for is left"),
    ],
    [
      "open to the internet",
      database({ PubliclyAccessible: true }),
      managed("database", "publicAccess", "made public"),
    ],
    [
      "another group",
      (who) => database({ VpcSecurityGroupIds: [who.id("group-web")] })(who),
      managed("database", "groupIds", "opened to the world"),
    ],
    ["no minor upgrades", database({ AutoMinorVersionUpgrade: false }), managed("database", "minorUpgrades")],
    ["snapshots without tags", database({ CopyTagsToSnapshot: false }), managed("database", "copyTagsToSnapshot")],
    ["larger machine", database({ DBInstanceClass: "db.t3.small" }), managed("database", "instanceClass")],
    [
      "a tag more",
      async (who) => {
        const { DBInstances } = await who.rds("DescribeDBInstances", { DBInstanceIdentifier: "database1" });
        await who.rds("AddTagsToResource", {
          ResourceName: DBInstances[0].DBInstanceArn,
          Tags: [{ Key: "who", Value: "x" }],
        });
      },
      watched("database", /who/),
    ],
    [
      "another password by hand",
      database({ MasterUserPassword: "a-password-of-theirs-1" }),
      unseen("RDS shows no password, nor when it was changed"),
    ],
    ["a standby in another zone", database({ MultiAZ: true }), watched("database", /MultiAZ/)],
    ["its storage may grow", database({ MaxAllocatedStorage: 500 }), managed("database", "maxStorageGiB")],
    ["larger machine, in the window", later({ DBInstanceClass: "db.t3.small" }), managed("database", "instanceClass")],
    ["more storage, in the window", later({ AllocatedStorage: 60 }), managed("database", "storageGiB")],
    [
      "storage that is named with its performance, in the window",
      later({ AllocatedStorage: 400, Iops: 12_000, StorageThroughput: 500 }),
      managed("database", "storageGiB"),
    ],
    [
      "faster storage than its size gives, in the window",
      later({ AllocatedStorage: 400, Iops: 20_000, StorageThroughput: 500 }),
      managed("database", "storageGiB"),
    ],
    [
      "a standby in another zone, in the window",
      later({ MultiAZ: true }),
      watched("database", /PendingModifiedValues\.MultiAZ/),
    ],
    [
      "another name, in the window",
      later({ NewDBInstanceIdentifier: "theirs" }),
      watched("database", /PendingModifiedValues\.DBInstanceIdentifier/),
    ],
    [
      "slower storage, in the window",
      later({ StorageType: "gp2" }),
      watched("database", /PendingModifiedValues\.StorageType/),
    ],
    ["slower storage", database({ StorageType: "gp2" }), watched("database", /^database StorageType/)],
    [
      "another certificate authority, in the window",
      later({ CACertificateIdentifier: "rds-ca-rsa4096-g1" }),
      watched("database", /PendingModifiedValues\.CACertificateIdentifier/),
    ],
    [
      "another certificate authority",
      database({ CACertificateIdentifier: "rds-ca-rsa4096-g1" }),
      watched("database", /^database CACertificateIdentifier/),
    ],
    [
      "logins by IAM, in the window",
      later({ EnableIAMDatabaseAuthentication: true }),
      watched("database", /PendingModifiedValues\.IAMDatabaseAuthenticationEnabled/),
    ],
    [
      "its logs go to CloudWatch",
      later({ CloudwatchLogsExportConfiguration: { EnableLogTypes: ["general"] } }),
      watched("database", /EnabledCloudwatchLogsExports\[general\]/),
    ],
    [
      "another maintenance window",
      later({ PreferredMaintenanceWindow: "tue:03:00-tue:04:00" }),
      watched("database", /PreferredMaintenanceWindow/),
    ],
    [
      "backups at another hour",
      later({ PreferredBackupWindow: "05:00-05:30" }),
      watched("database", /PreferredBackupWindow/),
    ],
    ["another port, which restarts it", database({ DBPortNumber: 3307 }), watched("database", /Endpoint\.Port/)],
    [
      "a replica of theirs",
      async (who) => {
        await who.rds("CreateDBInstanceReadReplica", {
          DBInstanceIdentifier: "theirs",
          SourceDBInstanceIdentifier: "database1",
        });
        await who.wait(1_800);
      },
      extra(/^replica theirs: copies all that database1 holds, as it comes;/),
    ],
    [
      "a public replica of theirs",
      async (who) => {
        await who.rds("CreateDBInstanceReadReplica", {
          DBInstanceIdentifier: "theirs",
          SourceDBInstanceIdentifier: "database1",
          PubliclyAccessible: true,
        });
        await who.wait(1_800);
      },
      extra(/^replica theirs: .*has a public address/, "made public"),
    ],
    [
      "told of to another account",
      (who) =>
        who.rds("CreateEventSubscription", {
          SubscriptionName: "theirs",
          SnsTopicArn: "arn:aws:sns:ap-northeast-2:999988887777:spy",
          SourceType: "db-instance",
          SourceIds: ["database1"],
        }),
      extra(/^event subscription theirs: /, "leads elsewhere"),
    ],
    [
      "told of in this account",
      (who) =>
        who.rds("CreateEventSubscription", {
          SubscriptionName: "ops",
          SnsTopicArn: "arn:aws:sns:ap-northeast-2:111122223333:ops",
          SourceType: "db-instance",
          SourceIds: ["database1-replica"],
        }),
      extra(/^event subscription ops: /),
    ],
    [
      "a snapshot of theirs",
      async (who) => {
        await who.rds("CreateDBSnapshot", { DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "theirs" });
        await who.wait(1_800);
      },
      unseen("copies are listed by `snapshots`"),
    ],
  ]),
  ...rows("rds:replica", [
    [
      "deleted",
      async (who) => {
        await who.rds("DeleteDBInstance", { DBInstanceIdentifier: "database1-replica", SkipFinalSnapshot: true });
        await who.wait(1_800);
      },
      missing("replica"),
    ],
    [
      "open to the internet",
      database({ PubliclyAccessible: true }, "database1-replica"),
      managed("replica", "publicAccess", "made public"),
    ],
    [
      "protected from being deleted",
      database({ DeletionProtection: true }, "database1-replica"),
      unseen("more than the config asks for is left"),
    ],
    [
      "no minor upgrades",
      database({ AutoMinorVersionUpgrade: false }, "database1-replica"),
      managed("replica", "minorUpgrades"),
    ],
    [
      "larger machine, in the window",
      later({ DBInstanceClass: "db.t3.small" }, "database1-replica"),
      managed("replica", "instanceClass"),
    ],
    [
      "more storage, in the window",
      later({ AllocatedStorage: 60 }, "database1-replica"),
      managed("replica", "storageGiB"),
    ],
    [
      "backups of its own, in the window",
      later({ BackupRetentionPeriod: 3 }, "database1-replica"),
      watched("replica", /PendingModifiedValues\.BackupRetentionPeriod/),
    ],
    [
      "another name, in the window",
      later({ NewDBInstanceIdentifier: "theirs" }, "database1-replica"),
      watched("replica", /PendingModifiedValues\.DBInstanceIdentifier/),
    ],
    [
      "another maintenance window",
      later({ PreferredMaintenanceWindow: "tue:03:00-tue:04:00" }, "database1-replica"),
      watched("replica", /PreferredMaintenanceWindow/),
    ],
  ]),
  ...rows("rds:parameter-group", [
    [
      "connections without TLS",
      (who) =>
        who.rds("ModifyDBParameterGroup", {
          DBParameterGroupName: "utf8encoding",
          Parameters: [{ ParameterName: "require_secure_transport", ParameterValue: "0", ApplyMethod: "immediate" }],
        }),
      managed("db-parameter-group", "parameters", "not encrypted"),
    ],
    [
      "another character set",
      (who) =>
        who.rds("ModifyDBParameterGroup", {
          DBParameterGroupName: "utf8encoding",
          Parameters: [{ ParameterName: "character_set_server", ParameterValue: "latin1", ApplyMethod: "immediate" }],
        }),
      managed("db-parameter-group", "parameters"),
    ],
    [
      "connections without TLS, at the next restart",
      parameter("require_secure_transport", "0"),
      managed("db-parameter-group", "parameters", "not encrypted"),
    ],
    [
      "a parameter of theirs, at the next restart",
      parameter("innodb_buffer_pool_instances", "2"),
      watched("db-parameter-group", /innodb_buffer_pool_instances.*ParameterValue/),
    ],
  ]),
  ...rows("rds:subnet-group", [
    [
      "a public subnet more",
      (who) =>
        who.rds("ModifyDBSubnetGroup", {
          DBSubnetGroupName: "buddy-db",
          SubnetIds: [who.id("subnet-db-1"), who.id("subnet-db-2"), who.id("subnet-public-1")],
        }),
      managed("db-subnet-group", "subnetIds"),
    ],
    [
      "other words",
      (who) =>
        who.rds("ModifyDBSubnetGroup", {
          DBSubnetGroupName: "buddy-db",
          DBSubnetGroupDescription: "theirs",
          SubnetIds: [who.id("subnet-db-1"), who.id("subnet-db-2")],
        }),
      managed("db-subnet-group", "description"),
    ],
  ]),
  ...rows("efs:file-system", [
    [
      "files stay where they are",
      (who) => who.efs("PutLifecycleConfiguration", { ...fileSystem(who), LifecyclePolicies: [] }),
      managed("file-system", "transitionToIaDays"),
    ],
    [
      "no backups",
      (who) => who.efs("PutBackupPolicy", { ...fileSystem(who), BackupPolicy: { Status: "DISABLED" } }),
      managed("file-system", "backup", "less protected"),
    ],
    [
      "a replication may overwrite it",
      (who) =>
        who.efs("UpdateFileSystemProtection", { ...fileSystem(who), ReplicationOverwriteProtection: "DISABLED" }),
      watched("file-system", /ReplicationOverwriteProtection/, "less protected"),
    ],
    [
      "another throughput",
      async (who) => {
        await who.efs("UpdateFileSystem", { ...fileSystem(who), ThroughputMode: "elastic" });
        await who.wait(120);
      },
      managed("file-system", "throughput"),
    ],
    [
      "a mount target has another group",
      async (who) => {
        const { MountTargets } = await who.efs("DescribeMountTargets", fileSystem(who));
        await who.efs("ModifyMountTargetSecurityGroups", {
          MountTargetId: MountTargets[0].MountTargetId,
          SecurityGroups: [who.id("group-web")],
        });
      },
      managed("file-system", "mounts", "opened to the world"),
    ],
    [
      "a mount target is gone",
      async (who) => {
        const { MountTargets } = await who.efs("DescribeMountTargets", fileSystem(who));
        await who.efs("DeleteMountTarget", { MountTargetId: MountTargets[0].MountTargetId });
        await who.wait(300);
      },
      managed("file-system", "mounts"),
    ],
    [
      "a tag more",
      (who) => who.efs("TagResource", { ResourceId: who.id("file-system"), Tags: [{ Key: "who", Value: "x" }] }),
      watched("file-system", /who/),
    ],
    [
      "more throughput",
      (who) => who.efs("UpdateFileSystem", { ...fileSystem(who), ThroughputMode: "elastic" }),
      managed("file-system", "throughput"),
    ],
    [
      "nobody may write",
      (who) =>
        who.efs("PutFileSystemPolicy", { ...fileSystem(who), Policy: publicPolicy("*").replace("Allow", "Deny") }),
      extra(/^file system policy .*denies/),
    ],
    [
      "everybody may mount it",
      (who) => who.efs("PutFileSystemPolicy", { ...fileSystem(who), Policy: publicPolicy("*") }),
      extra(/^file system policy .*to everybody/, "made public"),
    ],
    [
      "an access point",
      (who) =>
        who.efs("CreateAccessPoint", {
          ...fileSystem(who),
          ClientToken: "theirs",
          RootDirectory: { Path: "/exports" },
        }),
      extra(/^access point .*mounts \/exports/),
    ],
  ]),
  ...rows("s3:bucket", [
    [
      "public access is not blocked",
      (who) =>
        who.s3("PutPublicAccessBlock", {
          Bucket: who.id("app-bucket"),
          PublicAccessBlockConfiguration: { BlockPublicAcls: false, BlockPublicPolicy: false },
        }),
      managed("app-bucket", "publicAccessBlocked", "made public"),
    ],
    [
      "another account may read it",
      (who) =>
        who.s3("PutBucketPolicy", {
          Bucket: who.id("app-bucket"),
          Policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { AWS: "arn:aws:iam::999988887777:root" },
                Action: "s3:GetObject",
                Resource: `arn:aws:s3:::${who.id("app-bucket")}/*`,
              },
            ],
          }),
        }),
      extra(/^bucket policy .*allows s3:GetObject/, "leads elsewhere"),
    ],
    [
      "everybody may read it from any address",
      async (who) => {
        const Bucket = who.id("app-bucket");
        const Resource = `arn:aws:s3:::${Bucket}/*`;
        await who.s3("PutPublicAccessBlock", { Bucket, PublicAccessBlockConfiguration: {} });
        const Condition = { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } };
        const Statement = [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource, Condition }];
        const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
        await who.s3("PutBucketPolicy", { Bucket, Policy });
      },
      extra(/^bucket policy .*allows s3:GetObject to everybody/, "made public"),
    ],
    [
      "one of four blocks is off",
      (who) =>
        who.s3("PutPublicAccessBlock", {
          Bucket: who.id("app-bucket"),
          PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true },
        }),
      managed("app-bucket", "publicAccessBlocked", "made public"),
    ],
    [
      "another tag",
      (who) =>
        who.s3("PutBucketTagging", {
          Bucket: who.id("app-bucket"),
          Tagging: {
            TagSet: [
              { Key: "buddyverse:stack", Value: "buddyverse" },
              { Key: "buddyverse:key", Value: "app-bucket" },
              { Key: "Name", Value: "x" },
            ],
          },
        }),
      managed("app-bucket", "tags"),
    ],
    [
      "a file of theirs in it",
      (who) => who.s3("PutObject", { Bucket: who.id("app-bucket"), Key: "theirs.txt", Body: "x" }),
      unseen("the files in a bucket are not looked at one by one"),
    ],
  ]),
  ...rows("s3:object", [
    [
      "written over",
      (who) => {
        const [, Key] = /^[^/]+\/(.+)$/.exec(who.id("scripts-archive").replace(/^s3:\/\//, "")) ?? [];
        return who.s3("PutObject", { Bucket: who.id("app-bucket"), Key, Body: "theirs" });
      },
      watched("scripts-archive", /Size/, "leads elsewhere"),
    ],
    [
      "deleted",
      (who) => {
        const [, Key] = /^[^/]+\/(.+)$/.exec(who.id("scripts-archive").replace(/^s3:\/\//, "")) ?? [];
        return who.s3("DeleteObject", { Bucket: who.id("app-bucket"), Key });
      },
      missing("scripts-archive"),
    ],
  ]),
  ...rows("backup:vault", [
    [
      "deleted",
      (who) => who.backup("DeleteBackupVault", { BackupVaultName: who.id("backup-vault") }),
      missing("backup-vault"),
    ],
    [
      "another account may put copies into it",
      (who) =>
        who.backup("PutBackupVaultAccessPolicy", {
          BackupVaultName: who.id("backup-vault"),
          Policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { AWS: "arn:aws:iam::999988887777:root" },
                Action: "backup:CopyIntoBackupVault",
                Resource: "*",
              },
            ],
          }),
        }),
      extra(/^vault access policy .*to account 999988887777/, "leads elsewhere"),
    ],
    [
      "nobody may restore",
      (who) =>
        who.backup("PutBackupVaultAccessPolicy", {
          BackupVaultName: who.id("backup-vault"),
          Policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Deny", Principal: "*", Action: "backup:StartRestoreJob", Resource: "*" }],
          }),
        }),
      extra(/^vault access policy .*denies backup:StartRestoreJob/),
    ],
    [
      "nobody may delete what is in it",
      (who) =>
        who.backup("PutBackupVaultAccessPolicy", {
          BackupVaultName: who.id("backup-vault"),
          Policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Deny", Principal: "*", Action: "backup:DeleteRecoveryPoint", Resource: "*" }],
          }),
        }),
      extra(/^vault access policy .*denies backup:DeleteRecoveryPoint/),
    ],
  ]),
];

const alarm = (name: string, change: object) => async (who: Hand) => {
  const { MetricAlarms } = await who.cloudWatch("DescribeAlarms", { AlarmNames: [name] });
  const {
    AlarmArn: _arn,
    AlarmConfigurationUpdatedTimestamp: _updated,
    StateValue: _state,
    StateReason: _reason,
    ...settings
  } = MetricAlarms[0];
  await who.cloudWatch("PutMetricAlarm", { ...settings, ...change });
};
const role = (who: Hand) => ({ RoleName: who.id("role-web") });
const admin = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
const trust = (Principal: unknown) => (who: Hand) =>
  who.iam("UpdateAssumeRolePolicy", {
    ...role(who),
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }],
    }),
  });
const recordSet = (Action: string, ResourceRecordSet: object) => (who: Hand) =>
  who.route53("ChangeResourceRecordSets", {
    HostedZoneId: zoneOf(who),
    ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
  });

const rest: readonly Change[] = [
  ...rows("cloudwatch:alarm", [
    ["another threshold", alarm("Buddy-Web-CPU", { Threshold: 99 }), managed("alarm-web-cpu", "threshold")],
    [
      "nobody is told",
      alarm("Buddy-ALB-5xx", { ActionsEnabled: false }),
      managed("alarm-alb-5xx", "actionsEnabled", "less protected"),
    ],
    [
      "its actions are switched off",
      (who) => who.cloudWatch("DisableAlarmActions", { AlarmNames: ["Buddy-Web-CPU"] }),
      managed("alarm-web-cpu", "actionsEnabled", "less protected"),
    ],
    ["another period", alarm("Buddy-Database-CPU", { Period: 3_600 }), managed("alarm-database-cpu", "periodSeconds")],
    [
      "the other way round",
      alarm("Buddy-Web-CPU", { ComparisonOperator: "LessThanThreshold" }),
      managed("alarm-web-cpu", "comparison"),
    ],
    ["the least of all", alarm("Buddy-Web-CPU", { Statistic: "Minimum" }), managed("alarm-web-cpu", "statistic")],
    [
      "of another database",
      alarm("Buddy-Database-CPU", { Dimensions: [{ Name: "DBInstanceIdentifier", Value: "other" }] }),
      managed("alarm-database-cpu", "dimensions"),
    ],
    [
      "told without data, too",
      (who) => alarm("Buddy-Web-CPU", { InsufficientDataActions: [topic(who)] })(who),
      watched("alarm-web-cpu", /InsufficientDataActions/),
    ],
    [
      "it reboots the NAT",
      alarm("Buddy-NAT1-Status-Check", { AlarmActions: ["arn:aws:automate:ap-northeast-2:ec2:reboot"] }),
      managed("alarm-nat-instance-1", "actions", "less protected"),
    ],
    [
      "told elsewhere",
      alarm("Buddy-Target-5xx", { AlarmActions: [] }),
      managed("alarm-target-5xx", "actions", "less protected"),
    ],
    [
      "missing data is fine",
      alarm("Buddy-Bastion1-Status-Check", { TreatMissingData: "notBreaching" }),
      managed("alarm-bastion-1", "treatMissing"),
    ],
    ["other words", alarm("Buddy-Replica-Lag", { AlarmDescription: "x" }), managed("alarm-replica-lag", "description")],
    [
      "later",
      alarm("Buddy-NAT1-Status-Check", { EvaluationPeriods: 9, DatapointsToAlarm: 9 }),
      managed("alarm-nat-instance-1", "evaluationPeriods"),
    ],
    [
      "deleted",
      (who) => who.cloudWatch("DeleteAlarms", { AlarmNames: ["Buddy-Latency-p95"] }),
      missing("alarm-latency-p95"),
    ],
    [
      "an alarm of theirs on a bastion",
      (who) =>
        who.cloudWatch("PutMetricAlarm", {
          AlarmName: "theirs",
          Namespace: "AWS/EC2",
          MetricName: "CPUUtilization",
          Dimensions: [{ Name: "InstanceId", Value: who.id("bastion-1") }],
          Statistic: "Average",
          Period: 300,
          EvaluationPeriods: 1,
          Threshold: 5,
          ComparisonOperator: "LessThanThreshold",
          AlarmActions: ["arn:aws:automate:ap-northeast-2:ec2:stop"],
        }),
      extra(/^alarm theirs: .*acts: arn:aws:automate/),
    ],
    [
      "an alarm of theirs on the load balancer",
      (who) =>
        who.cloudWatch("PutMetricAlarm", {
          AlarmName: "theirs-lb",
          Namespace: "AWS/ApplicationELB",
          MetricName: "RequestCount",
          Dimensions: [{ Name: "LoadBalancer", Value: who.id("load-balancer").replace(/^.*:loadbalancer\//, "") }],
          Statistic: "Sum",
          Period: 300,
          EvaluationPeriods: 1,
          Threshold: 5,
          ComparisonOperator: "LessThanThreshold",
        }),
      extra(/^alarm theirs-lb: .*watches RequestCount/),
    ],
  ]),
  ...rows("cloudwatch:dashboard", [
    [
      "another one",
      (who) => who.cloudWatch("PutDashboard", { DashboardName: "CPU-Per-Second", DashboardBody: '{"widgets":[]}' }),
      managed("dashboard", "widgets"),
    ],
    [
      "deleted",
      (who) => who.cloudWatch("DeleteDashboards", { DashboardNames: ["CPU-Per-Second"] }),
      missing("dashboard"),
    ],
  ]),
  ...rows("sns:topic", [
    ["deleted", (who) => who.sns("DeleteTopic", { TopicArn: topic(who) }), missing("topic")],
    [
      "somebody else is told",
      (who) => who.sns("Subscribe", { TopicArn: topic(who), Protocol: "email", Endpoint: "spy@example.net" }),
      extra(/^subscriber spy@example\.net: /),
    ],
    [
      "a page of theirs is told",
      (who) => who.sns("Subscribe", { TopicArn: topic(who), Protocol: "https", Endpoint: "https://evil.example/in" }),
      extra(/^subscriber https:\/\/evil\.example\/in: gets the alarms by https/, "leads elsewhere"),
    ],
    [
      "a queue of another account is told",
      (who) =>
        who.sns("Subscribe", {
          TopicArn: topic(who),
          Protocol: "sqs",
          Endpoint: "arn:aws:sqs:ap-northeast-2:999988887777:theirs",
        }),
      extra(/^subscriber arn:aws:sqs:.*:theirs: gets the alarms by sqs/, "leads elsewhere"),
    ],
    [
      "a function of this account is told",
      (who) =>
        who.sns("Subscribe", {
          TopicArn: topic(who),
          Protocol: "lambda",
          Endpoint: "arn:aws:lambda:ap-northeast-2:111122223333:function:ours",
        }),
      extra(/^subscriber arn:aws:lambda:.*:ours: gets the alarms by lambda/),
    ],
    [
      "everybody may subscribe to it, and tell it",
      (who) =>
        who.sns("SetTopicAttributes", {
          TopicArn: topic(who),
          AttributeName: "Policy",
          AttributeValue: publicPolicy(topic(who)),
        }),
      unseen("its access policy is another call"),
    ],
    [
      "it is encrypted",
      (who) =>
        who.sns("SetTopicAttributes", {
          TopicArn: topic(who),
          AttributeName: "KmsMasterKeyId",
          AttributeValue: "alias/aws/sns",
        }),
      unseen("its encryption is another call"),
    ],
    [
      "a tag more",
      (who) => who.sns("TagResource", { ResourceArn: topic(who), Tags: [{ Key: "who", Value: "x" }] }),
      watched("topic", /who/),
    ],
  ]),
  ...rows("iam:role", [
    [
      "another inline policy",
      (who) => who.iam("PutRolePolicy", { ...role(who), PolicyName: "theirs", PolicyDocument: admin }),
      extra(/^inline policy theirs: .*allows \*/, "administrator rights"),
    ],
    [
      "a harmless inline policy",
      (who) =>
        who.iam("PutRolePolicy", {
          ...role(who),
          PolicyName: "logs",
          PolicyDocument: admin.replace('"Action":"*"', '"Action":"logs:PutLogEvents"'),
        }),
      extra(/^inline policy logs: .*allows logs:PutLogEvents/),
    ],
    ...[{ Action: "iam:*" }, { Action: ["*:*"] }, { NotAction: "iam:*" }].map(
      (which) =>
        [
          `an inline policy with ${JSON.stringify(which)} on all`,
          (who: Hand) =>
            who.iam("PutRolePolicy", {
              ...role(who),
              PolicyName: "theirs",
              PolicyDocument: JSON.stringify({
                Version: "2012-10-17",
                Statement: [{ Effect: "Allow", ...which, Resource: "*" }],
              }),
            }),
          extra(/^inline policy theirs: .*allows /, "administrator rights"),
        ] as const,
    ),
    ["everybody may take it", trust("*"), managed("role-web", "service", "opened to the world")],
    [
      "its service may take it, and everybody",
      trust({ Service: "ec2.amazonaws.com", AWS: "*" }),
      managed("role-web", "service", "opened to the world"),
    ],
    [
      "whoever a provider of identities names may take it",
      trust({ Federated: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }),
      managed("role-web", "service", "opened to the world"),
    ],
    [
      "another service may take it, too",
      trust({ Service: ["ec2.amazonaws.com", "lambda.amazonaws.com"] }),
      managed("role-web", "service"),
    ],
    [
      "administrators' rights are attached",
      (who) => who.iam("AttachRolePolicy", { ...role(who), PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }),
      watched("role-web", /AdministratorAccess/, "administrator rights"),
    ],
    [
      "reading rights are attached",
      (who) => who.iam("AttachRolePolicy", { ...role(who), PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }),
      watched("role-web", /ReadOnlyAccess/),
    ],
    [
      "it may do less by a boundary",
      (who) =>
        who.iam("PutRolePermissionsBoundary", {
          ...role(who),
          PermissionsBoundary: "arn:aws:iam::aws:policy/ReadOnlyAccess",
        }),
      watched("role-web", /PermissionsBoundary/, "less protected"),
    ],
    [
      "sessions for half a day",
      (who) => who.iam("UpdateRole", { ...role(who), MaxSessionDuration: 43_200 }),
      watched("role-web", /MaxSessionDuration/),
    ],
    [
      "its own policy allows all",
      (who) => who.iam("PutRolePolicy", { ...role(who), PolicyName: "buddyverse", PolicyDocument: admin }),
      managed("role-web", "statements", "administrator rights"),
    ],
    [
      "its own policy is gone",
      (who) => who.iam("DeleteRolePolicy", { ...role(who), PolicyName: "buddyverse" }),
      managed("role-web", "statements"),
    ],
    [
      "another account may take it",
      (who) =>
        who.iam("UpdateAssumeRolePolicy", {
          ...role(who),
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Principal: { AWS: "arn:aws:iam::999988887777:root" }, Action: "sts:AssumeRole" },
            ],
          }),
        }),
      managed("role-web", "service", "opened to the world"),
    ],
    [
      "AWS Backup's policy is detached",
      async (who) => {
        const RoleName = who.id("role-backup");
        const { AttachedPolicies } = await who.iam("ListAttachedRolePolicies", { RoleName });
        await who.iam("DetachRolePolicy", { RoleName, PolicyArn: AttachedPolicies[0].PolicyArn });
      },
      managed("role-backup", "managedPolicies"),
    ],
    [
      "a tag more",
      (who) => who.iam("TagRole", { ...role(who), Tags: [{ Key: "who", Value: "x" }] }),
      watched("role-web", /who/),
    ],
    [
      "its name is another tag",
      (who) => who.iam("TagRole", { ...role(who), Tags: [{ Key: "Name", Value: "x" }] }),
      managed("role-web", "tags"),
    ],
  ]),
  ...rows("iam:instance-profile", [
    [
      "without its role",
      (who) =>
        who.iam("RemoveRoleFromInstanceProfile", {
          InstanceProfileName: who.id("profile-nat"),
          RoleName: who.id("role-nat"),
        }),
      managed("profile-nat", "roleName"),
    ],
    [
      "another role",
      async (who) => {
        const InstanceProfileName = who.id("profile-nat");
        await who.iam("RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName: who.id("role-nat") });
        await who.iam("AddRoleToInstanceProfile", { InstanceProfileName, RoleName: who.id("role-web") });
      },
      managed("profile-nat", "roleName", "administrator rights"),
    ],
    [
      "a tag more",
      (who) =>
        who.iam("TagInstanceProfile", {
          InstanceProfileName: who.id("profile-web"),
          Tags: [{ Key: "who", Value: "x" }],
        }),
      watched("profile-web", /who/),
    ],
  ]),
  ...rows("ssm:parameter", [
    [
      "another value",
      (who) => who.ssm("PutParameter", { Name: who.id("database-endpoint"), Value: "10.0.0.1:3306", Overwrite: true }),
      managed("database-endpoint", "value"),
    ],
    ["deleted", (who) => who.ssm("DeleteParameter", { Name: who.id("replica-endpoint") }), missing("replica-endpoint")],
  ]),
  ...rows("logs:log-group", [
    [
      "lines stay a day",
      (who) => who.logs("PutRetentionPolicy", { logGroupName: "/buddyverse/buddyverse/apache", retentionInDays: 1 }),
      managed("log-apache", "retentionDays"),
    ],
    [
      "lines stay for ever",
      (who) => who.logs("DeleteRetentionPolicy", { logGroupName: "/buddyverse/buddyverse/boot" }),
      managed("log-boot", "retentionDays"),
    ],
    [
      "a metric is made of it",
      (who) =>
        who.logs("PutMetricFilter", {
          logGroupName: "/buddyverse/buddyverse/apache",
          filterName: "theirs",
          filterPattern: "404",
          metricTransformations: [{ metricName: "n", metricNamespace: "theirs", metricValue: "1" }],
        }),
      watched("log-apache", /metricFilterCount/),
    ],
    [
      "its lines are sent to another account",
      (who) =>
        who.logs("PutSubscriptionFilter", {
          logGroupName: "/buddyverse/buddyverse/apache",
          filterName: "theirs",
          filterPattern: "",
          destinationArn: "arn:aws:logs:ap-northeast-2:999988887777:destination:theirs",
        }),
      unseen("subscription filters are another call for each group"),
    ],
    [
      "deleted",
      (who) => who.logs("DeleteLogGroup", { logGroupName: "/buddyverse/buddyverse/boot" }),
      missing("log-boot"),
    ],
    [
      "protected from being deleted",
      (who) =>
        who.logs("PutLogGroupDeletionProtection", {
          logGroupIdentifier: "/buddyverse/buddyverse/app",
          deletionProtectionEnabled: true,
        }),
      watched("log-app", /deletionProtection/),
    ],
  ]),
  ...rows("route53:alias-records", [
    [
      "the site's name leads elsewhere",
      recordSet("UPSERT", {
        Name: "buddyverse.link",
        Type: "A",
        AliasTarget: {
          DNSName: "other-123.ap-northeast-2.elb.amazonaws.com",
          HostedZoneId: "ZWKZPGTI48KDX",
          EvaluateTargetHealth: false,
        },
      }),
      managed("records-buddyverse.link", "alias", "leads elsewhere"),
    ],
    [
      "www leads elsewhere",
      recordSet("UPSERT", {
        Name: "www.buddyverse.link",
        Type: "A",
        AliasTarget: {
          DNSName: "other-123.ap-northeast-2.elb.amazonaws.com",
          HostedZoneId: "ZWKZPGTI48KDX",
          EvaluateTargetHealth: false,
        },
      }),
      managed("records-buddyverse.link", "alias", "leads elsewhere"),
    ],
    [
      "an IPv6 address of theirs beside the alias",
      recordSet("CREATE", {
        Name: "buddyverse.link",
        Type: "AAAA",
        TTL: 60,
        ResourceRecords: [{ Value: "2001:db8::1" }],
      }),
      extra(/^AAAA record buddyverse\.link: leads to 2001:db8::1/, "leads elsewhere"),
    ],
    [
      "an HTTPS record of theirs beside www",
      recordSet("CREATE", {
        Name: "www.buddyverse.link",
        Type: "HTTPS",
        TTL: 60,
        ResourceRecords: [{ Value: "1 evil.example. alpn=h2" }],
      }),
      extra(/^HTTPS record www\.buddyverse\.link: leads to 1 evil\.example/, "leads elsewhere"),
    ],
    [
      "an address instead of the alias",
      recordSet("UPSERT", {
        Name: "buddyverse.link",
        Type: "A",
        TTL: 60,
        ResourceRecords: [{ Value: "198.51.100.9" }],
      }),
      managed("records-buddyverse.link", "alias", "leads elsewhere"),
    ],
    [
      "answered whether the site is well or not",
      async (who) => {
        const { ResourceRecordSets } = await who.route53("ListResourceRecordSets", { HostedZoneId: zoneOf(who) });
        const { AliasTarget, ...one } = ResourceRecordSets.find(
          ({ AliasTarget }: { readonly AliasTarget?: object }) => AliasTarget !== undefined,
        );
        await recordSet("UPSERT", { ...one, AliasTarget: { ...AliasTarget, EvaluateTargetHealth: false } })(who);
      },
      managed("records-buddyverse.link", "alias"),
    ],
    [
      "www is gone",
      async (who) => {
        const { ResourceRecordSets } = await who.route53("ListResourceRecordSets", { HostedZoneId: zoneOf(who) });
        const www = ({ Name, Type }: { readonly Name: string; readonly Type: string }) =>
          Type === "A" && Name === "www.buddyverse.link.";
        await recordSet("DELETE", ResourceRecordSets.find(www))(who);
      },
      managed("records-buddyverse.link", "names"),
    ],
    [
      "a record beside them in a zone that was there before",
      recordSet("UPSERT", {
        Name: "mail.buddyverse.link",
        Type: "A",
        TTL: 60,
        ResourceRecords: [{ Value: "198.51.100.9" }],
      }),
      unseen("a zone that was there before is somebody's, with all that is in it"),
    ],
  ]),
  ...rows("route53:record", [
    [
      "kept for a day",
      async (who) => {
        const { ResourceRecordSets } = await who.route53("ListResourceRecordSets", { HostedZoneId: zoneOf(who) });
        const one = ResourceRecordSets.find(
          ({ Type, Name }: { readonly Type: string; readonly Name: string }) =>
            Type === "CNAME" && !/\.www\./.test(Name),
        );
        await recordSet("UPSERT", { ...one, TTL: 86_400 })(who);
      },
      watched("record-validation-buddyverse.link", /TTL/),
    ],
    [
      "the certificate's record leads elsewhere",
      async (who) => {
        const { ResourceRecordSets } = await who.route53("ListResourceRecordSets", {
          HostedZoneId: zoneOf(who),
        });
        const one = ResourceRecordSets.find(
          ({ Type, Name }: { readonly Type: string; readonly Name: string }) =>
            Type === "CNAME" && !/\.www\./.test(Name),
        );
        await recordSet("UPSERT", { ...one, ResourceRecords: [{ Value: "elsewhere.example.com." }] })(who);
      },
      managed("record-validation-buddyverse.link", "value"),
    ],
  ]),
  ...rows("acm:certificate", [
    [
      "a tag more",
      (who) =>
        who.acm("AddTagsToCertificate", { CertificateArn: certificate(who), Tags: [{ Key: "who", Value: "x" }] }),
      watched("certificate-buddyverse.link+www.buddyverse.link", /who/),
    ],
    [
      "its name is another tag",
      (who) =>
        who.acm("AddTagsToCertificate", { CertificateArn: certificate(who), Tags: [{ Key: "Name", Value: "x" }] }),
      managed("certificate-buddyverse.link+www.buddyverse.link", "tags"),
    ],
  ]),
];
const zoneOf = (who: Hand): string => who.id("records-buddyverse.link").split("|")[0] ?? "";
const topic = (who: Hand): string => who.id([...who.on.graph.nodes.keys()].find((key) => /topic/.test(key)) ?? "");
const certificate = (who: Hand): string => who.id("certificate-buddyverse.link+www.buddyverse.link");

/** Changes by strangers, on every type that the stack has. */
export const CHANGES: readonly Change[] = [
  ...network,
  ...seldom,
  ...neighbours,
  ...instances,
  ...web,
  ...data,
  ...rest,
];

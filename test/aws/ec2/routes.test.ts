import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DeleteInternetGatewayCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  EC2Client,
  EC2ServiceException,
  type InternetGatewayAttachment,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
  type Route,
  type RouteTable,
} from "@aws-sdk/client-ec2";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { internetGateway } from "../../../src/aws/ec2/internet-gateway.ts";
import { route } from "../../../src/aws/ec2/route.ts";
import { type RouteTableSpec, routeTable } from "../../../src/aws/ec2/route-table.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { differences } from "../../../src/engine/differences.ts";
import type { ResourceType } from "../../../src/engine/resource.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ec2 = mocked(EC2Client);
beforeEach(() => ec2.reset());

const failure = (name: string, message = name) =>
  new EC2ServiceException({ name, message, $fault: "client", $metadata: { httpStatusCode: 400, attempts: 1 } });
const LOCAL: Route = { DestinationCidrBlock: "172.31.0.0/16", GatewayId: "local", Origin: "CreateRouteTable" };
const TO_GATEWAY: Route = { DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", Origin: "CreateRoute" };
const table = (change: Partial<RouteTable> = {}): RouteTable => ({
  RouteTableId: "rtb-1",
  VpcId: "vpc-1",
  Routes: [LOCAL, TO_GATEWAY],
  Associations: [{ RouteTableAssociationId: "a-1", SubnetId: "subnet-1", AssociationState: { State: "associated" } }],
  Tags: awsTags("routes-public", "Buddy-Routing"),
  ...change,
});
const owner = ownerOf("routes-public", "Buddy-Routing");
const spec = (change: Partial<RouteTableSpec> = {}): RouteTableSpec => ({
  vpcId: "vpc-1",
  routes: [{ to: "0.0.0.0/0", gatewayId: "igw-1" }],
  subnetIds: ["subnet-1"],
  ...change,
});
const calls = () =>
  ec2
    .calls()
    .map(({ args }) => [args[0].constructor.name.replace("Command", ""), args[0].input])
    .filter(([name]) => !(name as string).startsWith("Describe"));

// biome-ignore lint/suspicious/noExplicitAny: types of all sorts pass here
async function bring(type: ResourceType<any, any>, of: typeof owner, wanted: object): Promise<void> {
  const live = await type.find(aws, of);
  const changed = differences(type, wanted, live, undefined).map(({ field }) => field);
  if (changed.length > 0) await type.update?.(aws, live, wanted, new Set(changed), of);
}

describe("route table", () => {
  test("what AWS keeps by itself is no route of ours: local, gateway endpoints, propagated", async () => {
    ec2.on(DescribeRouteTablesCommand).resolves({
      RouteTables: [
        table({
          Routes: [
            LOCAL,
            { DestinationPrefixListId: "pl-1", GatewayId: "vpce-1", Origin: "CreateRoute" },
            { DestinationCidrBlock: "10.0.0.0/8", GatewayId: "vgw-1", Origin: "EnableVgwRoutePropagation" },
            TO_GATEWAY,
          ],
          Associations: [
            { RouteTableAssociationId: "a-0", Main: true, AssociationState: { State: "associated" } },
            { RouteTableAssociationId: "a-1", SubnetId: "subnet-1", AssociationState: { State: "associated" } },
            { RouteTableAssociationId: "a-2", SubnetId: "subnet-2", AssociationState: { State: "disassociating" } },
          ],
        }),
      ],
    });
    expect(differences(routeTable, spec(), (await routeTable.find(aws, owner)) as never, owner.tags)).toEqual([]);
  });

  test("the create call has the token and the tags, and nothing else", async () => {
    ec2.on(CreateRouteTableCommand).resolves({ RouteTable: { RouteTableId: "rtb-1" } });
    expect(await routeTable.create?.(aws, spec(), owner, "token-1")).toBe("rtb-1");
    expect(calls()).toEqual([
      [
        "CreateRouteTable",
        {
          VpcId: "vpc-1",
          ClientToken: "token-1",
          TagSpecifications: [expect.objectContaining({ ResourceType: "route-table" })],
        },
      ],
    ]);
  });

  test("routes: the missing is made, the wrong one replaced, the others removed, each by its own kind of destination", async () => {
    ec2.on(DescribeRouteTablesCommand).resolves({
      RouteTables: [
        table({
          Routes: [
            LOCAL,
            { ...TO_GATEWAY, GatewayId: undefined, NatGatewayId: "nat-1" },
            { DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: "eigw-1", Origin: "CreateRoute" },
            { DestinationCidrBlock: "10.0.0.0/8", TransitGatewayId: "tgw-1", Origin: "CreateRoute" },
          ],
        }),
      ],
    });
    ec2.on(CreateRouteCommand).rejects(failure("RouteAlreadyExists"));
    ec2.on(DeleteRouteCommand).rejectsOnce(failure("InvalidRoute.NotFound")).resolves({});
    await bring(
      routeTable,
      owner,
      spec({ routes: [...(spec().routes ?? []), { to: "1.0.0.0/8", gatewayId: "igw-1" }] }),
    );
    expect(calls()).toEqual([
      ["ReplaceRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1" }],
      ["CreateRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "1.0.0.0/8", GatewayId: "igw-1" }],
      ["DeleteRoute", { RouteTableId: "rtb-1", DestinationIpv6CidrBlock: "::/0" }],
      ["DeleteRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "10.0.0.0/8" }],
    ]);
  });

  test("`routes: undefined` leaves the routes alone, `[]` means local only", async () => {
    ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [table()] });
    ec2.on(DeleteRouteCommand).resolves({});
    await bring(routeTable, owner, spec({ routes: undefined }));
    expect(calls()).toEqual([]);
    await bring(routeTable, owner, spec({ routes: [] }));
    expect(calls()).toEqual([["DeleteRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0" }]]);
  });

  test("a subnet on another table is moved, one on none is associated, one that is not wanted is let go", async () => {
    ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [table()] });
    ec2
      .on(DescribeRouteTablesCommand, {
        Filters: [{ Name: "association.subnet-id", Values: ["subnet-2", "subnet-3"] }],
      })
      .resolves({
        RouteTables: [
          { RouteTableId: "rtb-9", Associations: [{ RouteTableAssociationId: "a-9", SubnetId: "subnet-3" }] },
        ],
      });
    ec2.on(AssociateRouteTableCommand).resolves({});
    ec2.on(ReplaceRouteTableAssociationCommand).resolves({});
    ec2.on(DisassociateRouteTableCommand).rejects(failure("InvalidAssociationID.NotFound"));
    await bring(routeTable, owner, spec({ subnetIds: ["subnet-2", "subnet-3"] }));
    expect(calls()).toEqual([
      ["AssociateRouteTable", { RouteTableId: "rtb-1", SubnetId: "subnet-2" }],
      ["ReplaceRouteTableAssociation", { AssociationId: "a-9", RouteTableId: "rtb-1" }],
      ["DisassociateRouteTable", { AssociationId: "a-1" }],
    ]);
  });

  test("delete lets the subnets go first; a table that is gone is deleted", async () => {
    ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [table()] });
    ec2.on(DisassociateRouteTableCommand).resolves({});
    ec2.on(DeleteRouteTableCommand).rejects(failure("InvalidRouteTableID.NotFound"));
    const live = await routeTable.find(aws, owner);
    await routeTable.delete?.(aws, live as never, { discardData: false, label: "" });
    expect(calls()).toEqual([
      ["DisassociateRouteTable", { AssociationId: "a-1" }],
      ["DeleteRouteTable", { RouteTableId: "rtb-1" }],
    ]);
  });
});

describe("route", () => {
  const one = ownerOf("nat-route-1", "Buddy-Private-GW1 0.0.0.0/0");
  const thereIs = (...routes: Route[]) =>
    ec2.on(DescribeRouteTablesCommand).resolves({
      RouteTables: [
        table({ RouteTableId: "rtb-2", Tags: awsTags("routes-private-2", "Buddy-Private-GW2"), Routes: [TO_GATEWAY] }),
        table({ Tags: awsTags("routes-private-1", "Buddy-Private-GW1"), Routes: [LOCAL, ...routes] }),
      ],
    });
  const toInstance = { DestinationCidrBlock: "0.0.0.0/0", InstanceId: "i-1", NetworkInterfaceId: "eni-1" };

  test("it is found by its table's name, also with no id; absent with the table or without the route", async () => {
    thereIs({ ...toInstance, State: "active" });
    expect(await route.find(aws, one)).toMatchObject({
      id: "rtb-1|0.0.0.0/0",
      tableId: "rtb-1",
      to: "0.0.0.0/0",
      via: { interfaceId: "eni-1" },
    });
    thereIs();
    expect(await route.find(aws, one, "rtb-1|0.0.0.0/0")).toBeUndefined();
    ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [] });
    expect(await route.find(aws, one, "rtb-1|0.0.0.0/0")).toBeUndefined();
  });

  test("a table that was renamed is known by the recorded id; two of one name are ambiguous", async () => {
    thereIs({ ...toInstance });
    expect(await route.find(aws, ownerOf("r", "Buddy-Old 0.0.0.0/0"), "rtb-1|0.0.0.0/0")).toMatchObject({
      tableId: "rtb-1",
    });
    ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [table(), table({ RouteTableId: "rtb-2" })] });
    await expect(route.find(aws, ownerOf("r", "Buddy-Routing 0.0.0.0/0"))).rejects.toMatchObject({ code: "ambiguous" });
  });

  test("a blackhole is a difference, and is replaced", async () => {
    thereIs({ ...toInstance, State: "blackhole" });
    const wanted = { tableId: "rtb-1", to: "0.0.0.0/0", via: { interfaceId: "eni-1" } };
    expect(differences(route, wanted, (await route.find(aws, one)) as never, undefined)).toEqual([
      {
        field: "via",
        wanted: { interfaceId: "eni-1" },
        found: { interfaceId: "eni-1", state: "blackhole" },
        replaces: false,
      },
    ]);
    ec2.on(ReplaceRouteCommand).resolves({});
    await bring(route, one, wanted);
    expect(calls()).toEqual([
      ["ReplaceRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: "eni-1" }],
    ]);
  });

  test("from a NAT instance to a NAT gateway is one ReplaceRoute", async () => {
    thereIs({ ...toInstance, State: "active" });
    ec2.on(ReplaceRouteCommand).resolves({});
    await bring(route, one, { tableId: "rtb-1", to: "0.0.0.0/0", via: { natGatewayId: "nat-1" } });
    expect(calls()).toEqual([
      ["ReplaceRoute", { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: "nat-1" }],
    ]);
  });

  test("only a missing route makes ReplaceRoute's overloaded error a 'not yet'", () => {
    const missing = failure("InvalidParameterValue", "There is no route defined for '0.0.0.0/0' in the route table.");
    expect(isOneOf(missing, route.retryable?.update)).toBe(true);
    expect(isOneOf(failure("InvalidParameterValue", "other networks"), route.retryable?.update)).toBe(false);
  });

  test("a route that went with its table is deleted", async () => {
    ec2.on(DeleteRouteCommand).rejects(failure("InvalidRouteTableID.NotFound"));
    await route.delete?.(
      aws,
      { id: "rtb-1|0.0.0.0/0", tableId: "rtb-1", to: "0.0.0.0/0", via: { natGatewayId: "nat-1" } },
      { discardData: false, label: "" },
    );
    expect(calls()).toHaveLength(1);
  });
});

describe("internet gateway", () => {
  const gateway = ownerOf("gateway", "Buddy-GW");
  const thereIs = (...attachments: InternetGatewayAttachment[]) =>
    ec2.on(DescribeInternetGatewaysCommand).resolves({
      InternetGateways: [
        { InternetGatewayId: "igw-1", Attachments: attachments, Tags: awsTags("gateway", "Buddy-GW") },
      ],
    });
  // As the SDK's types have it; AWS says "available" for internet gateways (API reference).
  const attached = { VpcId: "vpc-1", State: "available" as never };

  test("attached is in sync; attached to none is attached; attached elsewhere is moved", async () => {
    ec2.on(AttachInternetGatewayCommand).resolves({});
    ec2.on(DetachInternetGatewayCommand).resolves({});
    thereIs(attached);
    await bring(internetGateway, gateway, { vpcId: "vpc-1" });
    expect(calls()).toEqual([]);
    await bring(internetGateway, gateway, { vpcId: "vpc-2" });
    thereIs();
    await bring(internetGateway, gateway, { vpcId: "vpc-1" });
    expect(calls()).toEqual([
      ["DetachInternetGateway", { InternetGatewayId: "igw-1", VpcId: "vpc-1" }],
      ["AttachInternetGateway", { InternetGatewayId: "igw-1", VpcId: "vpc-2" }],
      ["AttachInternetGateway", { InternetGatewayId: "igw-1", VpcId: "vpc-1" }],
    ]);
  });

  test("delete detaches first; what is detached or gone already is no error", async () => {
    thereIs(attached);
    ec2.on(DetachInternetGatewayCommand).rejects(failure("Gateway.NotAttached"));
    ec2.on(DeleteInternetGatewayCommand).rejects(failure("InvalidInternetGatewayID.NotFound"));
    const live = await internetGateway.find(aws, gateway);
    await internetGateway.delete?.(aws, live as never, { discardData: false, label: "" });
    expect(calls().map(([name]) => name)).toEqual(["DetachInternetGateway", "DeleteInternetGateway"]);
  });

  test("mapped addresses stop the detach: nothing is deleted, and it is a 'not yet'", async () => {
    thereIs(attached);
    const error = failure("DependencyViolation");
    ec2.on(DetachInternetGatewayCommand).rejects(error);
    const live = await internetGateway.find(aws, gateway);
    await expect(internetGateway.delete?.(aws, live as never, { discardData: false, label: "" })).rejects.toBe(error);
    expect(calls().map(([name]) => name)).toEqual(["DetachInternetGateway"]);
    expect(isOneOf(error, internetGateway.retryable?.delete)).toBe(true);
  });
});

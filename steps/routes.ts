import { internetGateway } from "../src/aws/ec2/internet-gateway.ts";
import { routeTable } from "../src/aws/ec2/route-table.ts";
import { nameFor } from "../src/aws/names.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import type { SubnetsStep } from "./subnets.ts";
import type { VpcStep } from "./vpc.ts";
import { perZone, zonesOf } from "./zones.ts";

/**
 * The way out of the VPC, and who may take it. What needs the internet needs `publicRoutes`: so the gateway goes last. The
 * way out of the web subnets goes through the NATs and is made with them; the databases have none.
 */
export function routesStep(config: Config, { vpc }: VpcStep, subnets: SubnetsStep) {
  const gateway = resource(
    internetGateway,
    "gateway",
    nameFor(config, internetGateway, "Buddy-GW"),
    { vpc },
    ({ vpc }) => ({ vpcId: vpc.id }),
  );
  const publicRoutes = resource(
    routeTable,
    "routes-public",
    nameFor(config, routeTable, "Buddy-Routing"),
    { vpc, gateway, subnets: subnets.public },
    ({ vpc, gateway, subnets }) => ({
      vpcId: vpc.id,
      routes: [{ to: "0.0.0.0/0", gatewayId: gateway.id }],
      subnetIds: subnets.map((subnet) => subnet.id),
    }),
    // A public subnet that goes keeps its way out until all that is in it has moved.
    {
      narrowsAfter: [
        GROUP_KEY,
        "load-balancer",
        ...zonesOf(config).flatMap(({ number }) => [`nat-route-${number}`, `bastion-${number}`]),
      ],
    },
  );
  const privateRoutes = perZone(config, ({ number, index }) =>
    resource(
      routeTable,
      `routes-private-${number}`,
      nameFor(config, routeTable, `Buddy-Private-GW${number}`),
      { vpc, subnets: subnets.web.slice(index, index + 1) },
      ({ vpc, subnets }) => ({ vpcId: vpc.id, routes: undefined, subnetIds: subnets.map((subnet) => subnet.id) }),
    ),
  );
  const dbRoutes = resource(
    routeTable,
    "routes-db",
    nameFor(config, routeTable, "Buddy-DB-Private"),
    { vpc, subnets: subnets.db },
    ({ vpc, subnets }) => ({ vpcId: vpc.id, routes: [], subnetIds: subnets.map((subnet) => subnet.id) }),
  );
  return step("routes", { gateway, publicRoutes, privateRoutes, dbRoutes });
}
export type RoutesStep = ReturnType<typeof routesStep>["resources"];

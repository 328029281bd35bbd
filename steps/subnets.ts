import { subnet } from "../src/aws/ec2/subnet.ts";
import { nameFor } from "../src/aws/names.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import type { VpcStep } from "./vpc.ts";
import { perZone } from "./zones.ts";

/** Three subnets per zone: public (load balancer, NAT, bastion), web and database. What is in the public ones moves to a new one. */
export function subnetsStep(config: Config, { vpc }: VpcStep) {
  const tier = (key: string, name: string, cidrs: readonly string[], publicAddresses: boolean, more = {}) =>
    perZone(config, ({ name: zone, number, index }) =>
      resource(
        subnet,
        `subnet-${key}-${number}`,
        nameFor(config, subnet, `${name}${number}`),
        { vpc },
        ({ vpc }) => ({ vpcId: vpc.id, cidr: cidrs[index] as string, zone, publicAddresses }),
        { configured: { zone: `zones[${index}]` }, ...more },
      ),
    );
  return step("subnets", {
    public: tier("public", "Buddy-Public", config.network.public, true, { createBeforeDelete: {} }),
    web: tier("web", "Buddy-Web-Private", config.network.web, false),
    db: tier("db", "Buddy-DB-Private", config.network.db, false),
  });
}
export type SubnetsStep = ReturnType<typeof subnetsStep>["resources"];

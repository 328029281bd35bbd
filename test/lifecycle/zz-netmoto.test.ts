
import { connect } from "../../src/aws/connect.ts";
import { realClock } from "../../src/lib/clock.ts";
import { startMoto } from "../moto/server.ts";
import { memoryText } from "./stage.ts";
import { openStore } from "../../src/state/store.ts";
import { parseConfig } from "../../src/config/load.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { survey } from "../../src/engine/survey.ts";
import { bringUp } from "../../src/engine/up.ts";
import { bringDown, leftovers } from "../../src/engine/down.ts";
import { statusOf } from "../../src/engine/status.ts";
import { types } from "../../steps/resources/types.ts";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { resource, type Step, step } from "../../src/engine/resource.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { address } from "../../steps/resources/ec2/address.ts";
import { keyPair } from "../../steps/resources/ec2/key-pair.ts";
import { natGateway } from "../../steps/resources/ec2/nat-gateway.ts";
import { route } from "../../steps/resources/ec2/route.ts";
import { ALL_OUTBOUND, securityGroup, tcp } from "../../steps/resources/ec2/security-group.ts";
import { routesStep } from "../../steps/routes.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { perZone } from "../../steps/zones.ts";


/** The network of the stack with NAT gateways: all that needs no instance. */
function networkSteps(config: Config, inputs: Inputs): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const routes = routesStep(config, vpc.resources, subnets.resources);
  const { publicRoutes, privateRoutes } = routes.resources;
  const bastionGroup = resource(securityGroup, "group-bastion", "BastionHost", vpc.resources, ({ vpc }) => ({
    vpcId: vpc.id,
    description: "The operator to the bastions",
    inbound: inputs.allowedCidrs.map((cidr) => tcp(22, { cidr }, "Buddy-SSH")),
    outbound: ALL_OUTBOUND,
  }));
  const pair = resource(keyPair, "key-pair", "Buddy-Project", {}, () => ({ publicKey: inputs.publicKey }));
  const addresses = perZone(config, (_zone, number) =>
    resource(address, `nat-address-${number}`, `Buddy-NAT${number}`, {}, () => ({ domain: "vpc" as const })),
  );
  const nats = perZone(config, (_zone, number) =>
    resource(
      natGateway,
      `nat-${number}`,
      `Buddy-NAT${number}`,
      { publicRoutes, subnets: subnets.resources.public, addresses },
      ({ subnets, addresses }) => ({
        subnetId: subnets[number - 1]?.id as string,
        allocationId: addresses[number - 1]?.id as string,
      }),
    ),
  );
  const natRoutes = perZone(config, (_zone, number) =>
    resource(
      route,
      `nat-route-${number}`,
      `Buddy-Private-GW${number} 0.0.0.0/0`,
      { tables: privateRoutes, nats },
      ({ tables, nats }) => ({
        tableId: tables[number - 1]?.id as string,
        to: "0.0.0.0/0",
        via: { natGatewayId: nats[number - 1]?.id as string },
      }),
    ),
  );
  const natBastion = step("nat-bastion", { bastionGroup, pair, addresses, nats, natRoutes });
  return [vpc, subnets, routes, natBastion, securityGroupsStep(config, vpc.resources, { bastionGroup })];
}


test("moto", { timeout: 120000 }, async () => {
  const server = await startMoto();
  try {
  process.env.AWS_ENDPOINT_URL = server.url; process.env.AWS_ACCESS_KEY_ID="test"; process.env.AWS_SECRET_ACCESS_KEY="test";
  const config = parseConfig({}, "x");
  const clock = realClock(20);
  const calls: any[] = [];
  const aws = await connect({ region: config.region, clock, network: { publicAddress: async () => "203.0.113.1", nameServers: async () => [] }, onCall: (c) => calls.push(c) });
  const store = openStore(memoryText(), { stack: config.stack, account: aws.account, region: aws.region }, () => "l");
  let n = 0;
  const run: any = { aws, clock, store, emit: (e: any) => { if (e.type === "resource.note" || e.reason) console.log(JSON.stringify(e)); }, signal: new AbortController().signal, token: () => `token${++n}${Date.now()}`, discardData: false };
  const graph = graphOf(networkSteps(config, { publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ buddyverse", allowedCidrs: ["203.0.113.10/32"], appArchive: undefined } as any), config.stack, {});
  const mine = new Map([...types].filter(([k]) => k.startsWith("ec2:")));
  const look = () => survey(run, graph, mine, { stack: config.stack, sweep: false });
  const up = await bringUp(run, await look());
  console.log(up.settled.filter((s) => s.outcome !== "created").map((s) => [s.key, s.outcome, s.reason]));
  console.log(statusOf(await look()).filter((s) => s.standing !== "in-sync").map((s) => JSON.stringify(s)));
  const m = calls.length;
  await bringUp(run, await look());
  console.log("again", calls.slice(m).map((c) => c.operation).filter((o) => !o.startsWith("Describe")));
  const down = await bringDown(run, await look());
  console.log(down.filter((s) => s.outcome !== "deleted").map((s) => [s.key, s.outcome, s.reason]));
  console.log(await leftovers(run, await look(), mine, config.stack));
  writeFileSync("/tmp/net-moto.jsonl", calls.map((c) => JSON.stringify(c)).join("\n"));
  } finally { server.stop(); }
});

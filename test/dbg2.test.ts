import { test } from "vitest";
import { simAt } from "../src/sandbox/world.ts";
import { stage } from "./lifecycle/stage.ts";

test("x", async () => {
  const on = await stage({ domain: { name: "buddyverse.example", zone: "create" } });
  await on.up();
  const z = await on.aws.route53.listHostedZonesByName({ DNSName: "buddyverse.example" });
  console.log(JSON.stringify(z.HostedZones));
  const d = await on.aws.route53.getHostedZone({ Id: z.HostedZones?.[0]?.Id ?? "" });
  console.log(JSON.stringify(d.DelegationSet));
  simAt(on.sandbox.world, on.clock.now())
    .table("dns.delegations")
    .putNow("buddyverse.example", { nameServers: d.DelegationSet?.NameServers });
  console.log(await on.aws.network.nameServers("buddyverse.example"));
}, 60000);

/** A site that moves, by whoever has but the printed policy: what it takes over and gives back is what others put there. */
import { ChangeResourceRecordSetsCommand, ListHostedZonesByNameCommand } from "@aws-sdk/client-route-53";
import { expect, test } from "vitest";
import { account, policyOf, upAndDown } from "./lives.ts";

test("the policy lets records of each sort that leads a name be taken over and put back", async () => {
  const given = { domain: { takeOver: true } };
  const who = await account(given);
  const { route53 } = who.stranger();
  const { HostedZones = [] } = await route53.send(new ListHostedZonesByNameCommand({}));
  const HostedZoneId = HostedZones[0]?.Id?.replace("/hostedzone/", "");
  const set = (Name: string, Type: "A" | "AAAA" | "CNAME" | "HTTPS", Value: string) => ({
    Action: "CREATE" as const,
    ResourceRecordSet: { Name, Type, TTL: 300, ResourceRecords: [{ Value }] },
  });
  const Changes = [
    set("buddyverse.link", "A", "203.0.113.9"),
    set("buddyverse.link", "AAAA", "2001:db8::9"),
    set("buddyverse.link", "HTTPS", "1 . alpn=h3"),
    set("www.buddyverse.link", "CNAME", "old.example."),
  ];
  await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
  const on = await who.under(await policyOf(given, []));
  expect(await upAndDown(on)).toEqual([]);
  expect(who.denials()).toEqual([]);
  const batches = on.calls.filter(({ input }) => JSON.stringify(input).includes("alpn=h3"));
  expect(batches.map(({ operation }) => operation)).toEqual([
    "PutParameter",
    "ChangeResourceRecordSets",
    "ChangeResourceRecordSets",
  ]);
});

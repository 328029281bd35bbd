import type { ServiceProducts } from "../pricing/product.ts";

const ROUTE53 = ["AmazonRoute53", "Amazon Route 53"] as const;

export const route53Products: ServiceProducts = {
  everywhere: (tiers) => [
    {
      service: ROUTE53,
      family: "DNS Zone",
      usagetype: "HostedZone",
      operation: "HostedZone",
      unit: "HostedZone",
      tiers: tiers("route53:zone"),
      attributes: {},
    },
    {
      service: ROUTE53,
      family: "DNS Query",
      usagetype: "DNS-Queries",
      unit: "Queries",
      tiers: tiers("route53:queries").map(({ from, usd }) => ({ from: from * 1_000_000, usd: usd / 1_000_000 })),
      attributes: { routingType: "Standard", routingTarget: "External" },
    },
  ],
};

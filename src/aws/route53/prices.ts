import type { Assumption, Charge, Costing } from "../../engine/charge.ts";
import { everywhere, price, type ServicePrices } from "../price.ts";

export const zoneMonth = price(
  "route53:zone",
  { name: "month", aws: ["hostedzone", "mo", "month"] },
  { service: "AmazonRoute53", filters: { productFamily: "DNS Zone" }, usage: /^HostedZone$/ },
);
const queries = price(
  "route53:queries",
  { name: "million", aws: ["queries"], times: 1_000_000 },
  {
    service: "AmazonRoute53",
    filters: { productFamily: "DNS Query", routingType: "Standard" },
    usage: /^DNS-Queries$/,
  },
);
const registration = price(
  "route53:registration",
  { name: "month", aws: [] },
  "it depends on the ending of the name, and on the registrar",
);

/** Million DNS queries that are charged; answers to alias records of a load balancer are not. */
const dnsMillions: Assumption = {
  name: "dnsMillions",
  why: "alias answers are free; other record types are asked for little",
  assumed: { low: 0, typical: 0.1, high: 1 },
};

/** What a zone costs, whoever's it is. */
export const zoneCharges = ({ use }: Pick<Costing, "use">): readonly Charge[] => [
  { what: "DNS queries", price: queries, quantity: use(dnsMillions) },
  { what: "registration of the name", price: registration, quantity: 1, note: "paid by the year", beside: true },
];

export const prices: ServicePrices = {
  facts: [
    everywhere(zoneMonth, [0.5, "F1 I1", "2025-08-28", "A"]),
    everywhere(zoneMonth, [0.1, "F1", "2025-08-28", "B"], 25),
    everywhere(queries, [0.4, "I1", "2024-07-01", "C"]),
    everywhere(queries, [0.2, "I1", "2024-07-01", "C"], 1000),
    { price: registration, known: [] },
  ],
  usage: [dnsMillions],
};

import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { stepsFor } from "../../steps/index.ts";

const INPUTS = { publicKey: "ssh-ed25519 AAAA", allowedCidrs: ["203.0.113.10/32"], appArchive: undefined };

/** The topology as a person reads it: step by step, name, type and what each needs. The hash of the image's content is left out. */
const topology = (config: object): string[] => {
  const graph = graphOf(stepsFor(parseConfig(config, "test.json"), INPUTS), "buddyverse", {});
  return [...graph.nodes.values()].map(({ step, key, name, type, needs }) =>
    `${step}: ${type.name} ${key} "${name}" ← ${needs.join(", ")}`.replace(/[0-9a-f]{12}/g, "HASH"),
  );
};

test("the ordered steps are those of the runbook", () => {
  expect(stepsFor(parseConfig({}, "test.json"), INPUTS).map(({ name }) => name)).toEqual([
    "vpc",
    "subnets",
    "routes",
    "nat-bastion",
    "security-groups",
    "efs",
    "rds",
    "image",
    "load-balancer",
    "auto-scaling",
    "domain",
    "dashboard",
  ]);
});

test.each<[string, object]>([
  ["defaults", {}],
  ["NAT gateways, mail", { nat: { mode: "gateway" }, monitoring: { email: "ops@example.com" } }],
  ["no domain, no replica", { domain: null, database: { replica: false } }],
])("%s", (_name, config) => {
  expect(topology(config)).toMatchSnapshot();
});

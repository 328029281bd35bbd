import type { Action, Event, Outcome } from "../../src/engine/events.ts";
import type { Forecast } from "../../src/engine/forecast.ts";
import type { ShownStep } from "../../src/report/progress.ts";

type One = ShownStep["resources"][number];

const one = (object: string, key: string, name: string, ...needs: string[]): One => ({ key, name, object, needs });

/** A stack of the real one's shape, small enough to read. */
export const steps: readonly ShownStep[] = [
  { name: "vpc", resources: [one("ec2:vpc", "vpc", "Buddy-Project")] },
  {
    name: "subnets",
    resources: [
      "Buddy-Public1",
      "Buddy-Public2",
      "Buddy-Web-Private1",
      "Buddy-Web-Private2",
      "Buddy-DB-Private1",
      "Buddy-DB-Private2",
    ].map((name) => one("ec2:subnet", name.toLowerCase(), name, "vpc")),
  },
  {
    name: "routes",
    resources: [
      one("ec2:internet-gateway", "gateway", "Buddy-GW", "vpc"),
      ...["Buddy-Routing", "Buddy-Private-GW1", "Buddy-Private-GW2", "Buddy-DB-Private"].map((name) =>
        one("ec2:route-table", `routes-${name.toLowerCase()}`, name, "vpc", "gateway", "buddy-public1"),
      ),
    ],
  },
  {
    name: "nat-bastion",
    resources: ["Buddy-NAT1", "Buddy-NAT2", "Bastion1", "Bastion2"].map((name) =>
      one("ec2:instance", name.toLowerCase(), name, "buddy-public1", "routes-buddy-routing"),
    ),
  },
  {
    name: "rds",
    resources: [
      one("rds:database", "primary", "database1", "buddy-db-private1"),
      one("rds:replica", "replica", "database1-replica", "primary"),
    ],
  },
  {
    name: "load-balancer",
    resources: [
      one("elb:target-group", "targets", "Buddy-LoadBalance-TargetGroup", "vpc"),
      one("elb:load-balancer", "alb", "Buddy-LoadBalance", "buddy-public1"),
      one("elb:listener", "http", "HTTP 80", "alb", "targets"),
    ],
  },
  {
    name: "domain",
    resources: [
      one("acm:certificate", "certificate", "buddyverse.link", "alb"),
      one("route53:record", "www", "www.buddyverse.link", "alb"),
    ],
  },
];

const all = new Map(
  steps.flatMap((step) => step.resources.map((resource) => [resource.key, { ...resource, step: step.name }])),
);

function about(key: string, seconds: number) {
  const found = all.get(key);
  return {
    at: seconds * 1000,
    key,
    name: found?.name ?? key,
    object: found?.object ?? "ec2:instance",
    step: found?.step,
  };
}

export const started = (key: string, seconds: number, action: Action = "create", usual?: number): Event => ({
  ...about(key, seconds),
  type: "resource.started",
  action,
  usual,
});

export const noted = (key: string, seconds: number, note: string): Event => ({
  ...about(key, seconds),
  type: "resource.note",
  note,
});

export const prepared = (key: string, seconds: number, took: number): Event => ({
  ...about(key, seconds),
  type: "resource.prepared",
  did: "copied",
  ms: took * 1000,
});

export const settled = (key: string, seconds: number, outcome: Outcome, took: number, reason?: string): Event => ({
  ...about(key, seconds),
  type: "resource.settled",
  outcome,
  ms: took * 1000,
  ...(outcome === "created" ? { id: `${key}-id` } : {}),
  reason,
});

/** The keys of a step. */
export const keysOf = (step: string): string[] =>
  steps.flatMap((one) => (one.name === step ? one.resources.map(({ key }) => key) : []));

/** A step's resources, all from start to end. */
export const whole = (step: string, from: number, to: number, outcome: Outcome = "created"): Event[] => {
  const action = outcome === "deleted" ? "delete" : "create";
  return [
    ...keysOf(step).map((key) => started(key, from, action, 2)),
    ...keysOf(step).map((key) => settled(key, to, outcome, to - from)),
  ];
};

/** The first minutes of an `up`: the network stands, the slow things are under way. */
export const firstMinutes: readonly Event[] = [
  ...whole("vpc", 0, 2),
  ...whole("subnets", 2, 5),
  ...whole("routes", 3, 7),
  started("primary", 5, "create", 540),
  started("targets", 3, "create", 2),
  settled("targets", 4, "created", 1),
  started("alb", 6, "create", 180),
  ...whole("nat-bastion", 7, 48),
];

/** As `up` foresees it: the replica after its primary is the longest. */
const SECONDS: Readonly<Record<string, number>> = { primary: 540, replica: 480, alb: 180, certificate: 60 };
export const forecast: Forecast = {
  beforehandSeconds: 0,
  visits: steps.flatMap((step) =>
    step.resources.map(({ key, needs }) => ({ key, id: key, part: "whole", seconds: SECONDS[key] ?? 2, after: needs })),
  ),
};

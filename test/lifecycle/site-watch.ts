import { groupTable } from "../../src/sandbox/services/ec2/tables.ts";
import { reception, targetHealth, targetsOf } from "../../src/sandbox/services/elb/health.ts";
import {
  interfacesOf,
  type Listener,
  listenerTable,
  loadBalancerTable,
  targetGroupTable,
} from "../../src/sandbox/services/elb/tables.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { Sim } from "../../src/sandbox/world.ts";
import type { Stage } from "./stage.ts";

/** Why a visitor of the load balancer may get no answer at this moment; undefined: whichever target is chosen answers. */
function whyNoAnswer(sim: Sim): string | undefined {
  const balancer = loadBalancerTable(sim)
    .all()
    .find(({ activeAt }) => activeAt <= sim.now);
  if (!balancer) return "there is no load balancer";
  const at = (port: number): Listener | undefined =>
    listenerTable(sim)
      .all()
      .find((one) => one.loadBalancerArn === balancer.arn && one.port === port);
  const first = at(80);
  const listener = first?.action.kind === "redirect" ? at(443) : first;
  if (listener?.action.kind !== "forward") return "nothing listens";
  const group = targetGroupTable(sim).get(listener.action.targetGroupArn);
  if (!group) return "there is no target group";
  const healthy = targetsOf(sim, group.arn).filter((target) => targetHealth(sim, group, target).State === "healthy");
  if (healthy.length === 0) return "no target is healthy";
  const met = healthy.map((target) => reception(sim, group, target, interfacesOf(sim, balancer)));
  return met.find((one) => one === "silent" || one === "refuses");
}

/** What each security group lets in, as "NAME: RULE". */
export const openings = (on: Pick<Stage, "sandbox" | "clock">): ReadonlySet<string> =>
  new Set(
    groupTable(simAt(on.sandbox.world, on.clock.now()))
      .all()
      .flatMap(({ name, inbound }) =>
        inbound.map(({ protocol, from, to, cidr, groupId }) => `${name}: ${protocol} ${from}-${to} ${cidr ?? groupId}`),
      ),
  );

/** Looks each second while the work lasts: at what the site answers, and at what is open. */
export async function watchedSite<T>(
  on: Pick<Stage, "sandbox" | "clock">,
  work: Promise<T>,
): Promise<{ readonly result: T; readonly silent: ReadonlySet<string>; readonly opened: ReadonlySet<string> }> {
  const silent = new Set<string>();
  const opened = new Set<string>();
  let over = false;
  const watching = (async () => {
    while (!over) {
      on.sandbox.settle();
      const why = whyNoAnswer(simAt(on.sandbox.world, on.clock.now()));
      if (why !== undefined) silent.add(why);
      for (const one of openings(on)) opened.add(one);
      await on.clock.sleep(1_000);
    }
  })();
  try {
    return { result: await work, silent, opened };
  } finally {
    over = true;
    await watching;
  }
}

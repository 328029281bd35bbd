import { scriptFor } from "../../scripts.ts";
import { type Drill, onlyInstance } from "../drill.ts";
import type { DrillStack } from "../drill-stack.ts";
import { serving } from "../group-state.ts";

const LOOK_AGAIN_MS = 10_000;
const ALARM_S = 20 * 60;
/** An agent that was cut off tries again after ever longer pauses, and reports every five minutes. */
const AGENT_S = 15 * 60;

/** Waits until the instances reach the internet, by Run Command, which needs the way out itself. */
async function reached({ machines, clock, interrupted }: DrillStack, ids: readonly string[]): Promise<void> {
  for (const until = clock.now() + AGENT_S * 1_000; ; ) {
    try {
      await machines.run(ids, scriptFor("outbound-address", "drill"));
      return;
    } catch (error) {
      if (clock.now() > until) throw error;
      await clock.sleep(LOOK_AGAIN_MS, interrupted);
    }
  }
}

/** A NAT instance is lost: the site continues, its alarm fires, and `up` recreates it. */
export const lostNat: Drill = {
  name: "lost-nat",
  requirement: "R3",
  title: "The site works without one NAT instance, its alarm fires, and up recreates it",
  detected: "its alarm is in ALARM",
  recovered: "up has recreated it, and the zone's web instances reach the internet again",
  tolerates: { failedPercent: 1, gapSeconds: 5 },
  announce: () => ({
    does: "terminates one NAT instance, waits for its alarm, and runs what up does",
    minutes: 14,
    limitMinutes: 60,
    instanceHours: 0,
  }),
  async refuses(group, stack) {
    if (stack.config.nat.mode === "gateway") return "NAT gateways are AWS's to keep: there is no instance to lose";
    const plan = await stack.planned();
    if (plan.length > 0) return `up has something to do first, which the drill would do too: ${plan.join("; ")}`;
    return onlyInstance(group);
  },

  async run({ stack, before, note, until, inject, detected, recovered }) {
    const { clock, interrupted } = stack;
    const nat = (await stack.nats()).at(-1);
    if (!nat) throw new Error("no NAT instance was found");
    const users = serving(before)
      .filter(({ zone }) => zone === nat.zone)
      .map(({ id }) => id);
    inject(`terminates ${nat.name} ${nat.id}: ${users.join(", ") || "nobody"} in ${nat.zone} has no way out then`);
    await stack.terminate(nat.id);
    for (const last = clock.now() + ALARM_S * 1_000; (await stack.alarmState(nat.alarm)) !== "ALARM"; ) {
      if (clock.now() > last) throw new Error(`the alarm ${nat.alarm} did not fire within ${ALARM_S / 60} min`);
      await clock.sleep(LOOK_AGAIN_MS, interrupted);
    }
    detected();
    note(`the alarm ${nat.alarm} is in ALARM; does what up does`);
    for (const what of await stack.heal()) note(`up: ${what}`);
    if (users.length > 0) await reached(stack, users);
    recovered();
    note("the NAT instance is there again, and the way out works");
    await until("the group is as before", 10 * 60, ({ group }) => group.desired === before.desired);
  },

  async putBack({ stack, note }) {
    // Until reads show that it is gone.
    await stack.clock.sleep(LOOK_AGAIN_MS);
    for (const what of await stack.heal()) note(`up: ${what}`);
  },
};

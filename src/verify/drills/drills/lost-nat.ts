import { type ScriptName, scriptFor } from "../../scripts.ts";
import { type Drill, serving } from "../drill.ts";

const OUTBOUND: ScriptName = "outbound-address";
const LOOK_AGAIN_MS = 10_000;
const ALARM_S = 20 * 60;

/** A NAT instance that is gone: the site goes on, its alarm tells, and `up` brings it back. */
export const lostNat: Drill = {
  name: "lost-nat",
  requirement: "R3",
  title: "The site goes on without one NAT instance, its alarm tells, and up brings it back",
  detected: "its alarm is in ALARM",
  recovered: "up has made another, and the zone's web instances reach the internet again",
  tolerates: { failedPercent: 1, gapSeconds: 5 },
  announce: () => ({
    does: "terminates one NAT instance, waits for its alarm, and runs what up does",
    minutes: 14,
    limitMinutes: 50,
    instanceHours: 0,
  }),
  async refuses(group, world) {
    if (world.config.natMode === "gateway") return "NAT gateways are AWS's to keep: there is no instance to lose";
    const plan = await world.planned();
    if (plan.length > 0) return `up has something to do first, which the drill would do too: ${plan.join("; ")}`;
    return serving(group).length < 2 ? "only one web instance is in service" : undefined;
  },

  async run({ world, before, note, until, blow, detected, recovered }) {
    const { clock, interrupted } = world;
    const nat = (await world.nats()).at(-1);
    if (!nat) throw new Error("no NAT instance was found");
    const users = serving(before)
      .filter(({ zone }) => zone === nat.zone)
      .map(({ id }) => id);
    await world.terminate(nat.id);
    blow(`terminated ${nat.name} ${nat.id} (${nat.zone}): ${users.join(", ") || "nobody"} has no way out now`);
    for (const until = clock.now() + ALARM_S * 1_000; (await world.alarmState(nat.alarm)) !== "ALARM"; ) {
      if (clock.now() > until) throw new Error(`the alarm ${nat.alarm} did not tell within ${ALARM_S / 60} min`);
      await clock.sleep(LOOK_AGAIN_MS, interrupted);
    }
    detected();
    note(`the alarm ${nat.alarm} is in ALARM; does what up does`);
    for (const what of await world.heal()) note(`up: ${what}`);
    if (users.length > 0) await world.machines.run(users, scriptFor(OUTBOUND, "drill"));
    recovered();
    note("the NAT instance is there again, and the way out works");
    await until("the group is as before", 10 * 60, ({ group }) => group.desired === before.desired);
  },

  async putBack({ world, note }) {
    for (const what of await world.heal()) note(`up: ${what}`);
  },
};

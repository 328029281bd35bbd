import type { Drill } from "../drill.ts";
import { isWhole, serving } from "../group-state.ts";

const spread = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers);

/** A zone in which no web instance may run. */
export const lostZone: Drill = {
  name: "lost-zone",
  requirement: "R3",
  title: "Without one zone the group has its full capacity in the others, and the site answers meanwhile",
  detected: "the group starts an instance in a zone that is left",
  recovered: "the full capacity serves from the zones that are left",
  tolerates: { failedPercent: 1, gapSeconds: 5 },
  announce: ({ zones, desired }) => ({
    does: `takes ${zones.toSorted().at(-1)} from the group, and gives it back when the others carry everything`,
    minutes: 14,
    limitMinutes: 60,
    instanceHours: 0.1 * desired,
  }),
  refuses: async ({ zones }) => (zones.length < 2 ? "the group is in one zone only" : undefined),

  async run({ stack, before, note, until, inject, detected, recovered }) {
    const lost = before.zones.toSorted().at(-1) as string;
    const left = before.zones.filter((zone) => zone !== lost);
    const old = new Set(before.instances.map(({ id }) => id));
    inject(`takes ${lost} from the group: it may launch in ${left.join(", ")} only`);
    await stack.setZones(left);
    if (before.instances.some(({ zone }) => zone === lost))
      await until(`a new instance is started outside ${lost}`, 10 * 60, ({ group }) =>
        group.instances.some(({ id, zone }) => !old.has(id) && zone !== lost),
      );
    detected();
    await until(
      `all instances serve outside ${lost}`,
      25 * 60,
      (state) => isWhole(state) && state.group.instances.every(({ zone }) => zone !== lost),
    );
    recovered();
    await stack.setZones(before.zones);
    note(`gave ${lost} back`);
    await until(`the instances are spread over ${before.zones.join(", ")} again`, 25 * 60, (state) => {
      const counts = before.zones.map((zone) => serving(state.group).filter((member) => member.zone === zone).length);
      return isWhole(state) && spread(counts) <= 1;
    });
  },

  async putBack({ stack, before, note }) {
    // Whatever a read shows now: it may be older than the zone's loss.
    await stack.setZones(before.zones);
    note(`the group may launch in ${before.zones.join(", ")} again`);
  },
};

import type { ScalingGroup } from "../../aws/scaling.ts";
import { scriptFor } from "../../scripts.ts";
import type { Drill } from "../drill.ts";
import type { DrillStack } from "../drill-stack.ts";
import { isWhole, serving } from "../group-state.ts";

const LOAD = scriptFor("load", "drill");
const END = scriptFor("load-end", "drill");

/** AlarmHigh takes 3 minutes, and up to ten more with basic monitoring; then each round its warm-up (user guide, target tracking). */
const OUT_S = 40 * 60;
/** AlarmLow takes 15 minutes; then one instance at a time. */
const inSeconds = (more: number): number => (25 + 10 * more) * 60;

const unload = (stack: DrillStack, group: ScalingGroup): Promise<unknown> => {
  const ids = serving(group).map(({ id }) => id);
  return ids.length === 0 ? Promise.resolve() : stack.machines.run(ids, END);
};

/** Load on the instances. */
export const scaleOut: Drill = {
  name: "scale-out",
  requirement: "R1",
  title: "Under load the group grows to its greatest size, and without it comes back, and the site answers meanwhile",
  detected: "the group wants more instances",
  recovered: "as many as it may have serve",
  tolerates: { failedPercent: 1, gapSeconds: 5 },
  announce: ({ desired, max }, { web: { cpuTarget } }) => ({
    does: `loads every web instance (stress-ng) above its target of ${cpuTarget} % CPU until ${max} serve in place of ${desired}, and waits until they are ${desired} again`,
    minutes: 45,
    limitMinutes: OUT_S / 60 + inSeconds(max - desired) / 60,
    instanceHours: ((max - desired) * 40) / 60,
  }),
  refuses: async ({ desired, max }) =>
    desired >= max ? `the group is at its greatest size already: ${desired} of ${max}` : undefined,

  async run({ stack, before, note, until, inject, detected, recovered }) {
    const first = serving(before).map(({ id }) => id);
    inject(`starts stress-ng on ${first.join(", ")}`);
    await stack.machines.run(first, LOAD);
    await until("the group wants more instances", OUT_S, ({ group }) => group.desired > before.desired);
    detected();
    // Half of the way is far enough for a target of half the load: the new ones are loaded too.
    const loaded = new Set(first);
    for (let size = before.desired; size < before.max; ) {
      const state = await until(
        `more than ${size} instances serve`,
        OUT_S,
        (now) => isWhole(now) && now.group.desired > size,
      );
      size = state.group.desired;
      if (size >= before.max) break;
      const fresh = serving(state.group)
        .map(({ id }) => id)
        .filter((id) => !loaded.has(id));
      await stack.machines.run(fresh, LOAD);
      for (const id of fresh) loaded.add(id);
      note(`started stress-ng on ${fresh.join(", ")}`);
    }
    recovered();
    await unload(stack, await stack.group());
    note("stopped stress-ng everywhere");
    await until(
      `${before.desired} instances serve again`,
      inSeconds(before.max - before.desired),
      (state) => isWhole(state) && state.group.desired === before.desired,
    );
  },

  async putBack({ stack, before, note }) {
    const group = await stack.group();
    await unload(stack, group);
    note("stopped stress-ng everywhere");
    // Whatever a read shows now: it may be older than the last change.
    await stack.setDesired(before.desired);
    note(`set the desired capacity back to ${before.desired}`);
  },
};

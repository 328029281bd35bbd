import { scriptFor } from "../../scripts.ts";
import { type Drill, onlyInstance } from "../drill.ts";
import { isReplaced, serving } from "../group-state.ts";

const SHUT_DOWN = scriptFor("power-off", "drill");

/** An instance that shuts down. */
export const lostInstance: Drill = {
  name: "lost-instance",
  requirement: "R3",
  title: "An instance that shuts down is replaced, and the site answers meanwhile",
  detected: "the group takes it out of service",
  recovered: "another instance serves in its place",
  // Until the health check has failed twice, it gets its share of the requests.
  tolerates: { failedPercent: 25, gapSeconds: 15 },
  announce: () => ({
    does: "shuts one web instance down (init 0)",
    minutes: 5,
    limitMinutes: 30,
    instanceHours: 0.1,
  }),
  refuses: async (group) => onlyInstance(group),

  async run({ stack, before, until, inject, detected, recovered }) {
    const victim = serving(before).at(-1) as ReturnType<typeof serving>[number];
    inject(`shuts ${victim.id} (${victim.zone}) down`);
    await stack.machines.start([victim.id], SHUT_DOWN);
    await until(`${victim.id} is out of service`, 10 * 60, ({ group }) =>
      serving(group).every(({ id }) => id !== victim.id),
    );
    detected();
    await until(`${victim.id} is replaced`, 20 * 60, (state) => isReplaced(state, victim.id));
    recovered();
  },

  /** The group replaces it without help. */
  async putBack() {},
};

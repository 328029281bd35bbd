import { scriptFor } from "../../scripts.ts";
import { type Drill, onlyInstance } from "../drill.ts";
import { isReplaced, serving } from "../group-state.ts";

/** A web server that does not answer, on an instance that runs. */
export const deadWeb: Drill = {
  name: "dead-web",
  requirement: "R3",
  title: "An instance whose web server is stopped is found and replaced, and the site answers meanwhile",
  detected: "the load balancer calls it unhealthy",
  recovered: "another instance serves in its place",
  // Until the health check has failed twice, it gets its share of the requests.
  tolerates: { failedPercent: 25, gapSeconds: 10 },
  announce: () => ({
    does: "stops Apache on one web instance (systemctl stop apache2)",
    minutes: 6,
    limitMinutes: 30,
    instanceHours: 0.1,
  }),
  refuses: async (group) => onlyInstance(group),

  async run({ stack, before, until, inject, detected, recovered }) {
    const [victim] = serving(before) as [ReturnType<typeof serving>[number]];
    inject(`stops Apache on ${victim.id} (${victim.zone})`);
    await stack.machines.run([victim.id], scriptFor("apache-stop", "drill"));
    await until(`${victim.id} is not healthy any more`, 5 * 60, ({ targets }) =>
      targets.every(({ instanceId, state }) => instanceId !== victim.id || state !== "healthy"),
    );
    detected();
    await until(`${victim.id} is replaced`, 25 * 60, (state) => isReplaced(state, victim.id));
    recovered();
  },

  async putBack({ stack, before, note }) {
    const [victim] = serving(before);
    const now = await stack.group();
    if (!victim || !serving(now).some(({ id }) => id === victim.id)) return;
    await stack.machines.run([victim.id], scriptFor("apache-start", "drill"));
    note(`started Apache on ${victim.id} again`);
  },
};

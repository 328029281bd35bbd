import { changeInstance } from "../services/ec2/instance-states.ts";
import type { Instance } from "../services/ec2/tables.ts";
import type { Sim } from "../world.ts";

const MOST_LOADS = 10;

/** stress-ng keeps all processors busy from now on, for so long. */
export function keepBusy(sim: Sim, { id, stress }: Instance, milliseconds: number): void {
  changeInstance(sim, id, {
    stress: [...stress, { from: sim.now, until: sim.now + milliseconds }].slice(-MOST_LOADS),
  });
  sim.tell("instanceLoadChanged", id);
}

/** All of stress-ng ends. */
export function endLoad(sim: Sim, { id, stress }: Instance): void {
  changeInstance(sim, id, { stress: stress.map(({ from, until }) => ({ from, until: Math.min(until, sim.now) })) });
  sim.tell("instanceLoadChanged", id);
}

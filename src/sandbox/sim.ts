import { services } from "./services/services.ts";
import { type Sim, simWith, type World } from "./world.ts";

const all = Object.values(services);

/** The world at that time, with all services that live in it. */
export const simAt = (world: World, now: number): Sim => simWith(world, now, all);

import type { Config } from "../config/schema.ts";
import { jumpingClock, realClock } from "../lib/clock.ts";
import { parseChaos } from "../sandbox/chaos.ts";
import { carryOutOrders } from "../sandbox/fault-requests.ts";
import { openSandboxFile } from "../sandbox/file.ts";
import { freshWorld } from "../sandbox/fresh.ts";
import { openSandbox } from "../sandbox/sandbox.ts";
import { simAt } from "../sandbox/sim.ts";
import type { World } from "../sandbox/world.ts";
import { checkRegion } from "../state/store.ts";
import type { Backend, Closing } from "./backend.ts";
import type { CommonOptions } from "./options.ts";
import type { Paths } from "./paths.ts";

/**
 * The world of a sandbox that nothing is in yet. The zone of the configured domain exists, unless it is to be created, and so do its
 * KMS keys and the bucket of its state.
 */
export const newWorld = (config: Config, time: number): World =>
  freshWorld({
    region: config.region,
    domain: config.domain?.zone === "existing" ? config.domain.name : undefined,
    keys: [config.efs.kmsKey, config.database.kmsKey].filter((key) => key !== null),
    stateBucket: config.state?.bucket,
    time,
    seed: 7,
  });

/** How often a run looks whether somebody wants something to fail, milliseconds of real time. */
const ORDERS_EVERY_MS = 200;

/**
 * The embedded AWS, from its file.
 * @param closing what the session ends with; undefined: it only looks, and writes nothing.
 */
export function sandboxBackend(
  options: CommonOptions,
  paths: Paths,
  config: Config,
  closing: Closing | undefined,
): Backend {
  const now = Date.now();
  const file = openSandboxFile(paths.state, now, () => newWorld(config, now));
  checkRegion(file.world.region, config.region, paths.state);
  const speed = options.sandboxSpeed === "max" ? "max" : Number(options.sandboxSpeed ?? 60);
  const clock = speed === "max" ? jumpingClock(file.time) : realClock(speed, file.time);
  const wire = openSandbox({
    world: file.world,
    clock,
    save: file.save,
    chaos: options.chaos ? parseChaos(options.chaos) : undefined,
  });
  if (closing) {
    const carryOut = () => {
      const sim = () => {
        wire.settle();
        return simAt(file.world, clock.now());
      };
      carryOutOrders(paths.state, sim, file.save);
    };
    carryOut();
    const looking = setInterval(() => {
      try {
        carryOut();
      } catch {
        // It waits on. What hinders it (a full disk) hinders the run too, which says so.
      }
    }, ORDERS_EVERY_MS).unref();
    closing.push(() => {
      clearInterval(looking);
      wire.settle();
      file.save();
      file.close();
    });
  }
  return { clock, text: file.state, network: wire.network, wire, speed };
}

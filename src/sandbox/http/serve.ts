import type { Chaos } from "../chaos.ts";
import { carryOutOrders } from "../fault-requests.ts";
import type { SandboxFile } from "../file.ts";
import { openSandbox } from "../sandbox.ts";
import { simAt } from "../sim.ts";
import { serveSite } from "../site.ts";
import { type Speed, servedClock } from "./clock.ts";
import { ownDoors } from "./doors.ts";
import { loadModels } from "./model.ts";
import { takeServed } from "./served-file.ts";
import { startServer } from "./server.ts";
import { timelineOf } from "./timeline.ts";
import { httpWire } from "./wire.ts";

/** How often the served world moves on, and looks for orders, when nobody calls: real milliseconds. */
const TICK_MS = 200;
/** How often it is saved while only time passes, real milliseconds. */
const SAVE_EVERY_MS = 5_000;

export interface ServedWorld {
  readonly url: string;
  /** What was asked for that the sandbox does not simulate, and how often. */
  readonly refused: ReadonlyMap<string, number>;
  /** Ends it: the world is saved, and may be opened by others. */
  close(): Promise<void>;
}

/** Serves the world of a file over HTTP on loopback, its clock running. */
export async function serveWorld(options: {
  readonly path: string;
  readonly open: () => SandboxFile;
  readonly port: number;
  readonly speed: Speed;
  readonly chaos: Chaos | undefined;
  readonly told: (problem: string) => void;
}): Promise<ServedWorld> {
  const { path, port, speed, chaos, told } = options;
  const served = takeServed(path);
  try {
    const file = options.open();
    const { world } = file;
    const clock = servedClock(file.time, speed, (): number | undefined => {
      sandbox.settle();
      return world.timers.reduce<number | undefined>((first, { at }) => Math.min(first ?? at, at), undefined);
    });
    const timeline = timelineOf(world, file.time);
    const sandbox = openSandbox({
      world,
      clock,
      save: file.save,
      chaos,
      acted: (service, operation, answer) => timeline.called(service, operation, answer, clock.now()),
    });
    const [models, site] = await Promise.all([
      loadModels(world.region),
      serveSite(sandbox, clock, { waits: speed !== "max" }),
    ]);
    const wire = httpWire({ wire: sandbox, models, region: world.region, told });
    const doors = ownDoors({
      sandbox,
      clock,
      site,
      chaos,
      timeline,
      refused: wire.refused,
      changed: file.save,
    });
    const server = await startServer({ port, wire, doors, busy: clock.busy, now: clock.now, told });
    file.save();
    served.announce(server.url);
    let saved = performance.now();
    const ticking = setInterval(() => {
      try {
        sandbox.settle();
        timeline.look(clock.now());
        carryOutOrders(path, () => simAt(world, clock.now()), file.save);
        if (performance.now() - saved < SAVE_EVERY_MS) return;
        file.save();
        saved = performance.now();
      } catch (error) {
        told(error instanceof Error ? error.message : String(error));
      }
    }, TICK_MS);
    return {
      url: server.url,
      refused: wire.refused,
      async close() {
        clearInterval(ticking);
        await Promise.all([server.close(), site.close()]);
        clock.close();
        sandbox.settle();
        file.gather();
        served.release();
      },
    };
  } catch (error) {
    served.release();
    throw error;
  }
}

import type { Network } from "../aws/aws.ts";
import type { Wire } from "../aws/connect.ts";
import { isRead } from "../aws/safety.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { type Chaos, chaosOf } from "./chaos.ts";
import { freshWorld } from "./fresh.ts";
import { checkInput } from "./service.ts";
import { delegationTable } from "./services/route53/tables.ts";
import { services } from "./services/services.ts";
import { simAt } from "./sim.ts";
import { copied, type World } from "./world.ts";

/** How long one call takes on the way to AWS and back, milliseconds. */
const LATENCY_MS = 120;

/** The embedded AWS: answers the SDK's calls from a world of its own, on a clock of its own. */
export interface Sandbox extends Wire {
  readonly world: World;
  readonly network: Network;
  /** Lets all that is due by now happen. */
  settle(): void;
  /** From now on this goes wrong on the way to it; undefined: nothing any more. */
  disturb(chaos: Chaos | undefined): void;
}

/** @param save is called after each call that may have changed the world, before its answer is given. */
export function openSandbox(options: {
  readonly world: World;
  readonly clock: Clock;
  readonly save?: (world: World) => void;
  readonly chaos?: Chaos | undefined;
  /** Told of each call that AWS acted on, before its answer is on its way. */
  readonly acted?: (service: string, operation: string, answer: object) => void;
}): Sandbox {
  const { world, clock } = options;
  let chaos = options.chaos && chaosOf(options.chaos);
  const others = new Map<string, World>();

  /** The account in another region, where it has nothing but what every account has there. */
  function worldOf(region: string, service: string, operation: string): World {
    if (region === world.region || services[service]?.everywhere) return world;
    if (!isRead(operation))
      throw new BuddyError({
        code: "sandbox",
        message: `${service}:${operation} in ${region}: this sandbox is of ${world.region}, and of other regions only to look at`,
        hint: "A stack of another region has a sandbox of its own: its config names the region.",
      });
    const other = others.get(region) ?? freshWorld({ region, time: world.time, seed: others.size });
    others.set(region, other);
    return other;
  }

  function settle(): void {
    const now = clock.now();
    for (;;) {
      let next: (typeof world.timers)[number] | undefined;
      for (const timer of world.timers)
        if (timer.at <= now && (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)))
          next = timer;
      if (!next) break;
      const due = next;
      world.timers = world.timers.filter((timer) => timer !== due);
      const [service = "", name = ""] = due.name.split(":");
      const act = services[service]?.timers?.[name];
      if (!act)
        throw new BuddyError({
          code: "sandbox",
          message: `the sandbox has a timer that it does not know: ${due.name}`,
          hint: "It was made by another version: buddyverse sandbox reset",
        });
      act(due.about, simAt(world, due.at));
    }
    world.time = now;
  }

  return {
    world,
    settle,
    disturb(wanted) {
      chaos = wanted && chaosOf(wanted);
    },
    network: {
      // RFC 5737: addresses for documentation.
      publicAddress: async () => "203.0.113.10",
      async nameServers(domain) {
        settle();
        return delegationTable(simAt(world, clock.now())).get(domain)?.nameServers ?? [];
      },
    },
    async answer(service, name, input, region = world.region) {
      await clock.sleep(LATENCY_MS / 2);
      const known = services[service];
      if (known) chaos?.before(known, clock.now());
      settle();
      const operation = known?.operations[name];
      if (!operation) {
        throw new BuddyError({
          code: "sandbox",
          message: `the sandbox does not know ${service}:${name}`,
          hint: "It refuses what it does not simulate. Please report it with the command that you ran.",
        });
      }
      const answer = operation.handle(
        checkInput(service, name, operation, known, input) as never,
        simAt(worldOf(region, service, name), clock.now()),
      );
      if (!isRead(name)) options.save?.(world);
      options.acted?.(service, name, answer);
      await clock.sleep(LATENCY_MS / 2);
      chaos?.after(known);
      return copied(answer);
    },
  };
}

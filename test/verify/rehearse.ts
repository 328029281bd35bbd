import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { look } from "../../src/engine/look.ts";
import type { Identified } from "../../src/engine/resource.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { serveSite } from "../../src/sandbox/site.ts";
import type { World as SandboxWorld } from "../../src/sandbox/world.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { type Finding, runChecks } from "../../src/verify/check.ts";
import { checksFor } from "../../src/verify/checks.ts";
import { machinesBy } from "../../src/verify/machines.ts";
import { networkSite } from "../../src/verify/site.ts";
import type { World } from "../../src/verify/world.ts";
import { factsOf } from "../../steps/verify.ts";
import { type Stage, stage, stageOn } from "../lifecycle/stage.ts";

let runs = 0;

/** A stack that is up, to be copied: each copy is broken in another way. */
export interface Template {
  /** @param wire what answers in place of the sandbox itself */
  copy(wire?: (sandbox: Sandbox) => Sandbox): Promise<Stage>;
}

/** @param seconds how long it has been up */
export async function standing(config: object = {}, seconds = 900): Promise<Template> {
  const on = await stage(config);
  const { settled } = await on.up();
  const bad = settled.filter(({ outcome }) => !["created", "unchanged", "deleted"].includes(outcome));
  if (bad.length > 0) throw new Error(`not up: ${JSON.stringify(bad)}`);
  await on.clock.sleep(seconds * 1000);
  on.sandbox.settle();
  const saved = JSON.stringify(on.sandbox.world);
  const time = on.clock.now();
  return {
    async copy(wire = (sandbox) => sandbox) {
      const clock = jumpingClock(time);
      const sandbox = wire(openSandbox({ world: JSON.parse(saved) as SandboxWorld, clock }));
      const text = memoryText();
      text.text = on.text.text;
      return stageOn(on.config, clock, sandbox, text);
    },
  };
}

/** Asks all checks of a stack on the sandbox, as the command does. @param change parts of the world that shall be others */
export async function verifyOn(
  on: Stage,
  change: (world: World) => Partial<World> = () => ({}),
): Promise<readonly Finding[]> {
  const looks = new Map<string, Promise<Identified | undefined>>();
  const served = await serveSite(on.sandbox, on.clock);
  try {
    const facts = factsOf({
      config: on.config,
      aws: on.aws,
      now: () => on.clock.now(),
      find(key) {
        const node = on.graph.nodes.get(key);
        if (!node) return Promise.resolve(undefined);
        const found = looks.get(key) ?? look(on.run, node, on.store.get(key)).then(({ live }) => live);
        looks.set(key, found);
        return found;
      },
      keys: [...on.graph.nodes.keys()],
      nameOf: (key) => on.graph.nodes.get(key)?.name ?? key,
      operators: ["203.0.113.10/32"],
    });
    const resolve = (name: string, port: number) => {
      const found = served.addressOf(name, port === 443 ? 443 : 80);
      return found && { host: found.address, port: found.port };
    };
    const world: World = {
      ...facts,
      site: networkSite({ clock: on.clock, resolve, ca: served.ca }),
      machines: machinesBy(commandsOf(on.aws), on.clock, on.run.signal),
      clock: on.clock,
      signal: on.run.signal,
      token: `run${++runs}`,
    };
    return await runChecks(checksFor(facts.wanted).asked, { ...world, ...change(world) }, () => on.clock.now());
  } finally {
    await served.close();
  }
}

import { commandsOf } from "../../../steps/resources/verify/commands.ts";
import { factsOf, wantedBy } from "../../../steps/verify.ts";
import { look } from "../../engine/look.ts";
import type { Identified } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import { heading } from "../../report/views.ts";
import { serveSite } from "../../sandbox/site.ts";
import { exitCode, runChecks } from "../../verify/check.ts";
import { checksFor } from "../../verify/checks.ts";
import { machinesBy } from "../../verify/machines.ts";
import { networkSite, type Site } from "../../verify/site.ts";
import { verifyView } from "../../verify/view.ts";
import type { CommonOptions } from "../program.ts";
import { screenOf } from "../screen.ts";
import { open, type Session } from "../session.ts";

/**
 * Proves the requirements on the running stack. What it writes for a check it removes again. Exit 1 when a check failed,
 * 3 when one could not be looked at. It takes the lock: what another run is changing proves nothing.
 */
export async function verify(options: CommonOptions): Promise<number> {
  const session = await open(options, { command: "verify", writes: true, resolvesAddress: false });
  const { config, run, graph, aws, clock, inputs } = session;
  try {
    const screen = screenOf(session);
    const find = finder(session);
    if (!(await find("vpc"))) {
      throw new BuddyError({
        code: "failed",
        message: `the stack ${config.stack} is not up: there is nothing to verify`,
        hint: `Run \`buddyverse up${options.sandbox ? " --sandbox" : ""}\` first.`,
      });
    }
    const { asked, notAsked } = checksFor(wantedBy(config));
    screen.say(`${heading(screen.place, screen.errLook)}\nAsking ${asked.length} questions, side by side.`);
    const { site, close } = await siteOf(session);
    try {
      const world = {
        ...factsOf({
          config,
          aws,
          now: () => clock.now(),
          find,
          keys: [...graph.nodes.keys()],
          nameOf: (key) => graph.nodes.get(key)?.name ?? key,
          operators: inputs.allowedCidrs,
        }),
        site,
        machines: machinesBy(commandsOf(aws), clock, run.signal),
        clock,
        signal: run.signal,
        token: run.token().slice(0, 16),
      };
      const findings = await runChecks(
        asked,
        world,
        () => clock.now(),
        ({ id, result }) => options.verbose && screen.say(`${id}: ${result}`),
      );
      const code = exitCode(findings);
      screen.result(verifyView(findings, notAsked, screen.look), { passed: code === 0, checks: findings, notAsked });
      return code;
    } finally {
      await close();
    }
  } finally {
    session.close();
  }
}

/** Each object is looked at once, when the first check asks for it; those asked for together are read together. */
function finder({ run, graph }: Session): (key: string) => Promise<Identified | undefined> {
  const looks = new Map<string, Promise<Identified | undefined>>();
  return (key) => {
    const node = graph.nodes.get(key);
    const known = looks.get(key);
    if (known || !node) return known ?? Promise.resolve(undefined);
    const found = look(run, node, run.store.get(key)).then(({ live }) => live);
    looks.set(key, found);
    return found;
  };
}

/** The site over the network; the sandbox's on loopback, with the sandbox's DNS and authority. */
async function siteOf({ sandbox, clock, sandboxSpeed }: Session): Promise<{ site: Site; close(): Promise<void> }> {
  if (!sandbox) return { site: networkSite({ clock }), close: async () => {} };
  const served = await serveSite(sandbox, clock, { waits: sandboxSpeed !== "max" });
  const resolve = (name: string, port: number) => {
    const found = served.addressOf(name, port === 443 ? 443 : 80);
    // As nothing listens there: a name that the sandbox's DNS does not have.
    return found ? { host: found.address, port: found.port } : undefined;
  };
  return { site: networkSite({ clock, resolve, ca: served.ca }), close: () => served.close() };
}

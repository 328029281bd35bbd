import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { setAppSecret } from "../../src/recovery/app-secrets.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { serveSite } from "../../src/sandbox/site.ts";
import type { World as SandboxWorld } from "../../src/sandbox/world.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { applicableChecks, type CheckResult, type CheckTools, runChecks } from "../../src/verify/check.ts";
import { factsReader, type StackSource } from "../../src/verify/facts.ts";
import { machinesBy } from "../../src/verify/machines.ts";
import { networkSite } from "../../src/verify/site.ts";
import { secretsOf } from "../../steps/scripts/app-settings.ts";
import { allChecks } from "../../steps/verify.ts";
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
  for (const name of secretsOf(on.config)) await setAppSecret(on.run, on.config, name, "value");
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

/** What facts about the stack on a stage are read with. */
export const sourceOf = ({ config, aws, clock, stack }: Stage): StackSource => ({
  config,
  aws,
  clock,
  stack,
  allowedCidrs: ["203.0.113.10/32"],
});

/** Runs all checks of a stack on the sandbox, as the command does. @param change tools that shall be others */
export async function verifyOn(
  on: Stage,
  change: (tools: CheckTools) => Partial<CheckTools> = () => ({}),
): Promise<readonly CheckResult[]> {
  const served = await serveSite(on.sandbox, on.clock);
  try {
    const resolve = (name: string, port: number) => {
      const found = served.addressOf(name, port === 443 ? 443 : 80);
      return found && { host: found.address, port: found.port };
    };
    const tools: CheckTools = {
      config: on.config,
      site: networkSite({ clock: on.clock, resolve, ca: served.ca }),
      machines: machinesBy(commandsOf(on.aws), on.clock, on.run.signal),
      now: () => on.clock.now(),
      signal: on.run.signal,
      token: `run${++runs}`,
    };
    return await runChecks(applicableChecks(allChecks, on.config).applicable, {
      tools: { ...tools, ...change(tools) },
      newReader: () => factsReader(sourceOf(on)),
      clock: on.clock,
    });
  } finally {
    await served.close();
  }
}

import { rotatePassword } from "../../src/recovery/rotate-password.ts";
import { serveSite } from "../../src/sandbox/site.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { machinesBy } from "../../src/verify/machines.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { networkSite } from "../../src/verify/site.ts";
import { rotationOf } from "../../steps/rotate.ts";
import { accountIn } from "../sandbox/grown.ts";
import type { Stage } from "./stage.ts";

export const PASSWORD = "/buddyverse/buddyverse/database/password";
export const NEXT = `${PASSWORD}-next`;

/** What `buddyverse rotate password` does. @returns the instances that use the new one */
export async function rotate(on: Stage, said: string[] = []): Promise<readonly string[]> {
  const commands = commandsOf(on.aws);
  const machines = machinesBy(commands, on.clock, on.run.signal);
  const rotation = await rotationOf(on.stack, { machines, commands });
  return (await rotatePassword(rotation, (what) => said.push(what))).instances;
}

/** The value of a parameter, as its owner reads it; undefined: there is none. */
export async function secretIn(on: Stage, name: string): Promise<string | undefined> {
  const { Parameters } = await on.aws.ssm.getParameters({ Names: [name], WithDecryption: true });
  return Parameters?.[0]?.Value;
}

/** What the built-in page says is wrong with its databases. */
function troubles(body: string): string[] {
  const { primary, replica } = JSON.parse(body) as Record<"primary" | "replica", { ok: boolean; why?: string }>;
  return [primary, replica].flatMap(({ ok, why = "?" }) => (ok ? [] : [why]));
}

/**
 * A visitor who asks the site each second, and is answered by each instance in turn. Answers, when they are called off, what was
 * wrong.
 * @param troublesIn what an answer says is wrong
 */
export async function visitors(on: Stage, troublesIn = troubles): Promise<() => Promise<readonly string[]>> {
  const served = await serveSite(on.sandbox, on.clock);
  const url = (await on.stack.find("load-balancer")) as unknown as { readonly dnsName: string };
  const resolve = (name: string, port: number) => {
    const found = served.addressOf(name, port === 443 ? 443 : 80);
    return found && { host: found.address, port: found.port };
  };
  const site = networkSite({ clock: on.clock, resolve, ca: served.ca });
  const wrong: string[] = [];
  let asked = 0;
  const abort = new AbortController();
  const work = (async () => {
    while (!abort.signal.aborted) {
      asked++;
      const { status, body } = await site.get(`http://${url.dnsName}/health.json`);
      wrong.push(...(status === 200 ? troublesIn(body) : [String(status)]));
      await on.clock.sleep(1_000, abort.signal).catch(() => {});
    }
  })();
  return async () => {
    abort.abort();
    await work;
    await served.close();
    return asked < 20 ? [...wrong, `asked ${asked} times only`] : wrong;
  };
}

/** What each web instance says of the password in the parameter. */
export async function checks(on: Stage): Promise<string[]> {
  const account = accountIn(on.sandbox, on.clock);
  const said: string[] = [];
  for (const { id } of await account.members()) {
    const [code, out, errors] = await account.run(scriptFor("password", "check"), id, 15);
    const { outcome, role } = (code === 0 ? JSON.parse(out) : { outcome: errors }) as {
      outcome: string;
      role?: string;
    };
    said.push([outcome, ...(role === undefined ? [] : [role])].join(" "));
  }
  return said;
}

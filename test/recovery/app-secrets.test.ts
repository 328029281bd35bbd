/** `secret set` and `secret rm` killed at each call: the same command again ends them. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { findAppSecret, removeAppSecret, setAppSecret } from "../../src/recovery/app-secrets.ts";
import { START } from "../lifecycle/stage.ts";
import { fresh, type Process, type Surviving, start } from "../reliability/matrix.ts";

const config = parseConfig({ domain: null }, "test.config.json");
const Name = "/buddyverse/buddyverse/app/KEY";
type From = Pick<Surviving, "world" | "time" | "state">;
type Command = (on: Process) => Promise<unknown>;

const set =
  (value: string): Command =>
  ({ run }) =>
    setAppSecret(run, config, "KEY", value);
const remove: Command = async ({ run }) => {
  const found = await findAppSecret(run, config, "KEY");
  if (found) await removeAppSecret(run, "KEY", found);
};

/** What can survive a kill of the command, and what there is after it. */
async function points(from: From, command: Command): Promise<{ readonly killed: From[]; readonly done: From }> {
  const killed = new Map<string, From>();
  const on = await start(config, from, {
    points: (_where, { world, time, state }) => {
      const text = JSON.stringify(world);
      killed.set(text.replace(/"time":\d+/, ""), { world: text, time, state });
    },
  });
  await command(on);
  return {
    killed: [...killed.values()],
    done: { world: JSON.stringify(on.sandbox.world), time: on.clock.now(), state: on.text.text },
  };
}

/** The value, and whose it is, when the command was run again after a kill. */
async function again(from: From, command: Command): Promise<readonly [string | undefined, string | undefined]> {
  const on = await start(config, { ...from, time: from.time + 200 });
  await command(on);
  await on.clock.sleep(5_000);
  const { Parameters = [] } = await on.aws.ssm.getParameters({ Names: [Name], WithDecryption: true });
  const [value] = Parameters.map(({ Value }) => Value);
  if (value === undefined) return [undefined, undefined];
  const { TagList = [] } = await on.aws.ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: Name });
  return [value, TagList.find(({ Key }) => Key === "buddyverse:stack")?.Value];
}

test("set, set to another value, removed, set again at once: killed at each call, the same command ends it", async () => {
  let from: From = { world: fresh(config), time: START, state: undefined };
  let tried = 0;
  for (const [command, wanted] of [
    [set("one"), "one"],
    [set("two"), "two"],
    [remove, undefined],
    [set("three"), "three"],
  ] as const) {
    const { killed, done } = await points(from, command);
    for (const point of killed) {
      tried++;
      expect(await again(point, command)).toEqual([wanted, wanted && "buddyverse"]);
    }
    from = done;
  }
  expect(tried).toBeGreaterThan(8);
});

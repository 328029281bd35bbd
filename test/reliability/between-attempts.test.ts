import { expect, test } from "vitest";
import { awsError } from "../../src/sandbox/service.ts";
import { START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";
import { amiss, compare, downAgain, fresh, madeBy, type Process, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({}, "up");

// The SDK waits before it sends a call again: 100 ms or 250 ms here, at the first time.
const WITHIN_THE_WAIT_MS = 50;

test.each([
  ["CreateFileSystem", "file-system", "a token"],
  ["RunInstances", "bastion-1", "a token"],
  ["CreateDBInstance", "database", "its name"],
  ["CreateLoadBalancer", "load-balancer", "its name"],
  ["CreateVpc", "vpc", "nothing, so it is sent again only where AWS did not act"],
  ["CreateSubnet", "subnet-public-1", "nothing, so it is sent again only where AWS did not act"],
])(
  "Ctrl-C between two attempts of %s: that it was meant stays recorded (%s), and is not made twice (safe by %s)",
  async (operation, key) => {
    const { config, normal, made = [], ...rest } = await rehearsal;
    const acts = operation !== "CreateVpc" && operation !== "CreateSubnet";
    let on: Process | undefined;
    let token: string | undefined;
    const once = await start(
      config,
      { world: fresh(config), time: START, state: undefined },
      {
        around: (answer, clock) => async (service, called, input) => {
          const owned = JSON.stringify(input).includes(`"Key":"buddyverse:key","Value":"${key}"`);
          if (called !== operation || !owned || token !== undefined) return answer(service, called, input);
          token = on?.store.get(key)?.token;
          void clock.sleep(WITHIN_THE_WAIT_MS).then(() => on?.interrupt());
          if (!acts) throw awsError("RequestLimitExceeded", "Request limit exceeded.", { status: 503 });
          await answer(service, called, input);
          throw awsError("InternalFailure", "lost", { status: 500 });
        },
      },
    );
    on = once;
    const { settled } = await on.up();
    expect(token).toBeDefined();
    expect(settled.find((one) => one.key === key)?.outcome).toBe("interrupted");
    expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(on.store.get(key)).toMatchObject({ status: "creating", token });

    // At once: what AWS made is not visible everywhere yet.
    const next = await start(config, {
      world: JSON.stringify(on.sandbox.world),
      time: on.clock.now() + 200,
      state: on.text.text,
    });
    expect(amiss((await next.up()).settled)).toEqual([]);
    next.sandbox.settle();
    expect(compare("after up", census(next.sandbox.world), normal)).toEqual([]);
    expect(compare("made", madeBy(on.made, next.made), madeBy(made))).toEqual([]);
    expect(await downAgain({ config, normal, made, ...rest }, next)).toEqual([]);
  },
);

import { expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { checkIdentity, readState } from "../../src/state/store.ts";
import { START } from "../lifecycle/stage.ts";
import { type Answer, amiss, census, compare, downAgain, fresh, madeBy, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({}, "up");

test.each([5, 60, 120, 180, 250, 320])(
  "credentials that expire at call %i: stops cleanly, says what to do; fresh ones go on with nothing lost",
  async (at) => {
    const { config, normal, made = [], ...rest } = await rehearsal;
    let calls = 0;
    const expiring =
      (answer: Answer): Answer =>
      async (service, operation, input) => {
        if (++calls > at)
          throw awsError(
            service === "ec2" ? "RequestExpired" : "ExpiredToken",
            "The security token included in the request is expired",
            { status: 403 },
          );
        return answer(service, operation, input);
      };
    const on = await start(config, { world: fresh(config), time: START, state: undefined }, { around: expiring });
    const ended = await on.up().catch((error: unknown) => error);
    const errors =
      ended instanceof Error
        ? [ended]
        : (ended as Awaited<ReturnType<typeof on.up>>).settled.flatMap(({ error }) => error ?? []);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect((error as { code?: string }).code ?? error.name).toMatch(/credentials|ExpiredToken|RequestExpired/);
    }
    // Each object that was under way asks once more, at most; nothing tries again and again.
    expect(calls - at).toBeLessThan(60);
    on.sandbox.settle();
    const next = await start(config, {
      world: JSON.stringify(on.sandbox.world),
      time: on.clock.now() + 60_000,
      state: on.text.text,
    });
    expect(amiss((await next.up()).settled)).toEqual([]);
    next.sandbox.settle();
    expect(compare("after up", census(next.sandbox.world), normal)).toEqual([]);
    expect(compare("made", madeBy(on.made, next.made), madeBy(made))).toEqual([]);
    expect(await downAgain({ config, normal, made, ...rest }, next)).toEqual([]);
  },
);

test("a state of another account: nothing but GetCallerIdentity is sent", async () => {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  on.run.store.put("vpc", {
    type: "ec2:vpc",
    name: "v",
    status: "ready",
    id: "vpc-1",
    since: 0,
    token: "t",
    spec: {},
    needs: [],
  });
  const state = on.text.text?.replaceAll("111122223333", "444455556666");
  const sent: string[] = [];
  const other = start(
    config,
    { world: fresh(config), time: START, state },
    {
      around: (answer) => (service, operation, input) => {
        sent.push(operation);
        return answer(service, operation, input);
      },
    },
  );
  await expect(other).rejects.toMatchObject({
    code: "wrong-account",
    message: expect.stringContaining("444455556666"),
  });
  expect(sent).toEqual(["GetCallerIdentity"]);
  expect(sent.filter((operation) => !isRead(operation))).toEqual([]);
  const read = readState({ ...on.text, read: () => state });
  expect(
    () => read && checkIdentity(read, { stack: config.stack, account: "111122223333", region: config.region }, "x"),
  ).toThrow();
});

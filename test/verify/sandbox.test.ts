import { expect, test } from "vitest";
import { look } from "../../src/engine/look.ts";
import type { Identified } from "../../src/engine/resource.ts";
import { exitCode, type Finding, runChecks } from "../../src/verify/check.ts";
import { checksFor } from "../../src/verify/checks.ts";
import { factsOf } from "../../steps/verify.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

const READS = [
  "group-size",
  "scaling-policy",
  "zones-in-service",
  "targets-healthy",
  "health-check",
  "zone-loss",
  "alarms",
  "reach-closed",
  "reach-needed",
  "encrypted",
  "imdsv2",
  "database-private",
];
async function ask(on: Stage): Promise<readonly Finding[]> {
  const looks = new Map<string, Promise<Identified | undefined>>();
  const facts = factsOf({
    config: on.config,
    aws: on.aws,
    now: () => on.clock.now(),
    find: (key) => {
      const node = on.graph.nodes.get(key);
      if (!node) return Promise.resolve(undefined);
      const f = looks.get(key) ?? look(on.run, node, on.store.get(key)).then(({ live }) => live);
      looks.set(key, f);
      return f;
    },
    keys: [...on.graph.nodes.keys()],
    nameOf: (key) => on.graph.nodes.get(key)?.name ?? key,
    operators: ["203.0.113.10/32"],
  });
  const { asked } = checksFor(facts.wanted);
  return runChecks(
    asked.filter(({ id }) => READS.includes(id)),
    facts as never,
    () => on.clock.now(),
  );
}
test("reads", async () => {
  const on = await stage();
  const r = await on.up();
  console.log(
    r.settled
      .filter((s) => s.outcome !== "created")
      .map((s) => s.key + " " + s.outcome + " " + s.reason)
      .join("\n"),
  );
  const before = on.calls.length;
  const found = await ask(on);
  console.log(found.map((f) => `${f.result} ${f.id}: ${f.saw}`).join("\n"), on.calls.length - before);
  const g = await stage({ nat: { mode: "gateway" } });
  await g.up();
  console.log((await ask(g)).map((f) => `${f.result} ${f.id}: ${f.saw}`).join("\n"));
  expect(exitCode(found)).toBe(0);
});

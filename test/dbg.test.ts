import { test } from "vitest";
import { criticalPath } from "../src/engine/plan.ts";
import { stage } from "./lifecycle/stage.ts";

test("x", async () => {
  const on = await stage(JSON.parse(process.env.CFG ?? "{}"));
  const first = await on.survey();
  const t0 = on.clock.now();
  const r = await on.up();
  console.log(
    "critical",
    criticalPath(first),
    "took",
    (on.clock.now() - t0) / 1000,
    "calls",
    on.calls.length,
    "nodes",
    on.graph.nodes.size,
  );
  for (const e of on.events)
    if (e.type === "resource.settled")
      console.log(
        ((e.at - t0) / 1000).toFixed(0).padStart(6),
        e.outcome,
        e.key,
        (e.ms / 1000).toFixed(0),
        e.reason ?? "",
      );
  on.writes();
  const p = await on.plan();
  for (const i of p.items) if (i.action !== "none") console.log("PLAN", JSON.stringify(i));
  const n = on.calls.length;
  const s = await on.status();
  console.log("status calls", on.calls.length - n);
  const c: Record<string, number> = {};
  for (const x of on.calls.slice(n)) c[x.service + ":" + x.operation] = (c[x.service + ":" + x.operation] ?? 0) + 1;
  console.log(
    Object.entries(c)
      .map(([k, v]) => v + " " + k)
      .join("\n"),
  );
  for (const i of s) if (i.standing !== "in-sync") console.log("STATUS", JSON.stringify(i));
  if (process.env.DOWN) {
    const t = on.clock.now();
    const ne = on.events.length;
    const d = await on.down();
    console.log("down took", (on.clock.now() - t) / 1000);
    for (const e of on.events.slice(ne))
      if (e.type === "resource.settled")
        console.log(
          ((e.at - t) / 1000).toFixed(0).padStart(6),
          e.outcome,
          e.key,
          (e.ms / 1000).toFixed(0),
          e.reason ?? "",
        );
      else if (e.type === "resource.note") console.log("   note", e.key, e.note);
    console.log(JSON.stringify(await on.left()));
  }
}, 120000);

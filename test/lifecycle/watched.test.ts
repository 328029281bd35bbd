import { expect, test } from "vitest";
import { stage } from "./stage.ts";

const off = (items: Awaited<ReturnType<Awaited<ReturnType<typeof stage>>["status"]>>) =>
  items
    .filter(({ standing }) => standing !== "in-sync")
    .map(({ key, standing, drift, watched, pending, reason }) => ({ key, standing, drift, watched, pending, reason }));

test("nothing that AWS changes by itself is drift: right after `up`, a day later, and after another `up`", async () => {
  const on = await stage({ monitoring: { email: "ops@example.com" } });
  await on.up();
  expect(off(await on.status())).toEqual([]);
  const n = on.calls.length;
  await on.status();
  console.log("calls", on.calls.length - n, on.text.text?.length);
  await on.clock.sleep(24 * 3600_000);
  expect(off(await on.status())).toEqual([]);
  await on.up();
  expect(off(await on.status())).toEqual([]);
}, 60_000);

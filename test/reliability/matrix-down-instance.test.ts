import { test } from "vitest";
import { killDown } from "./matrix-run.ts";

test(
  "down, NAT instance, with a domain: killed at many points, nothing is lost and nothing made twice",
  { timeout: 1_200_000 },
  () => killDown("NAT instance", { nat: { mode: "instance" } }, { every: 12 }),
);

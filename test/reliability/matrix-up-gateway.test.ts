import { test } from "vitest";
import { killUp } from "./matrix-run.ts";

test(
  "up, NAT gateway, with a domain: killed at many points, nothing is lost and nothing made twice",
  { timeout: 1_200_000 },
  () => killUp("NAT gateway", { nat: { mode: "gateway" } }, { own: /NatGateway|Address/ }),
);

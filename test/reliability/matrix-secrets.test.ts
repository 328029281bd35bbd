/** `up` and `down` of an application with secrets, which only a person can set again. */
import { test } from "vitest";
import { killDown, killUp } from "./matrix-run.ts";

const CONFIG = {
  domain: null,
  image: { app: { git: "https://example.com/site.git", revision: "v1" } },
  app: { secrets: ["STRIPE_KEY", "JWT_KEY"] },
};

test(
  "up with secrets: killed at any point, up again reads the same ones, and down leaves none",
  {
    timeout: 1_200_000,
  },
  () => killUp("secrets", CONFIG, {}),
);

test(
  "down with secrets: killed at any point, down again leaves none; before up they are set again",
  {
    timeout: 1_200_000,
  },
  () => killDown("secrets", CONFIG, { own: /DeleteParameter/ }),
);

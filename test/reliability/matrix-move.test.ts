import { test } from "vitest";
import { killDown, killUp } from "./matrix-run.ts";

/** Its own calls: the batches of records, and the parameter that keeps what the names led to before. */
const own = /ChangeResourceRecordSets|PutParameter|DeleteParameter/;

test(
  "up, of a site that moves: killed at many points, its names lead here, and down gives them back as they were",
  { timeout: 1_200_000 },
  () => killUp("a site that moves", { domain: { takeOver: true } }, { own }),
);

test(
  "down, of a site that moved: killed at many points, its names lead where they led before",
  { timeout: 1_200_000 },
  () => killDown("a site that moved", { domain: { takeOver: true } }, { own }),
);

import { expect, test } from "vitest";
import { namesIn, nounOf } from "../../src/report/names.ts";

test("an object in words", () => {
  expect(nounOf("ec2:route-table")).toBe("route table");
});

test("names give way to counts, the longest row first", () => {
  const tables = ["Buddy-Routing", "Buddy-Private-GW1"].map((name) => ({ name, object: "ec2:route-table" }));
  const things = [{ name: "Buddy-GW", object: "ec2:internet-gateway" }, ...tables];
  expect(namesIn(things, 80)).toBe("Buddy-GW, Buddy-Routing, Buddy-Private-GW1");
  expect(namesIn(things, 30)).toBe("Buddy-GW, 2 route tables");
  expect(namesIn(things, 12)).toBe("Buddy-GW, 2…");
});

test("a name that several sorts of things have is said once", () => {
  const things = ["route53:zone", "acm:certificate"].map((object) => ({ name: "buddyverse.link", object }));
  expect(namesIn([...things, { name: "HTTPS", object: "elb:listener" }], 80)).toBe("buddyverse.link, HTTPS");
});

import { expect, test } from "vitest";
import { outputsView } from "../../../src/report/views/outputs.ts";

test("outputs are aligned, lists below each other, what is missing left out", () => {
  expect(
    outputsView({
      Site: "https://buddyverse.link",
      "Load balancer": "buddy.elb.amazonaws.com",
      Replica: undefined,
      Bastions: ["ssh -i Buddy-Project.pem ec2-user@203.0.113.1", "ssh -i Buddy-Project.pem ec2-user@203.0.113.2"],
    }),
  ).toMatchInlineSnapshot(`
    "Site           https://buddyverse.link
    Load balancer  buddy.elb.amazonaws.com
    Bastions       ssh -i Buddy-Project.pem ec2-user@203.0.113.1
                   ssh -i Buddy-Project.pem ec2-user@203.0.113.2"
  `);
});

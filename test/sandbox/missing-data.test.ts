/** What an alarm makes of periods of which some are missing. */
import { describe, expect, test } from "vitest";
import { judge } from "../../src/sandbox/services/cloudwatch/missing-data.ts";

describe("how an alarm judges periods of which some are missing", () => {
  // The two tables of the CloudWatch user guide: "0" holds, "X" breaches, "-" is missing; oldest first.
  const range = (text: string) => [...text].map((mark) => (mark === "-" ? undefined : mark === "X"));
  const judged = (text: string, breaching: number) =>
    ["missing", "ignore", "breaching", "notBreaching"].map((treat) =>
      judge(range(text), { needed: 3, breaching, treat }),
    );
  test.each([
    ["0-X-X", "OK", "OK", "OK", "OK"],
    ["0----", "OK", "OK", "OK", "OK"],
    ["-----", "INSUFFICIENT_DATA", "retain", "ALARM", "OK"],
    ["0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["--X--", "ALARM", "retain", "ALARM", "OK"],
  ])("3 of 3: %s", (text, ...states) => expect(judged(text, 3)).toEqual(states));
  test.each([
    ["0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["00X0X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["0-X--", "OK", "OK", "ALARM", "OK"],
    ["----0", "OK", "OK", "ALARM", "OK"],
    ["---X-", "ALARM", "retain", "ALARM", "OK"],
  ])("2 of 3: %s", (text, ...states) => expect(judged(text, 2)).toEqual(states));
  test("one new point that breaches is too early", () =>
    expect(judge(range("----X"), { needed: 3, breaching: 3, treat: "missing" })).toBe("retain"));
});

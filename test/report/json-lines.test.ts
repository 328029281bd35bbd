import { expect, test } from "vitest";
import { jsonLinesReporter } from "../../src/report/json-lines.ts";
import { canBeLive, silentReporter } from "../../src/report/reporter.ts";
import { firstMinutes } from "./script.ts";

test("each event is a JSON document on a line", () => {
  let output = "";
  const reporter = jsonLinesReporter({ write: (text) => (output += text) });
  for (const event of firstMinutes) reporter.emit(event);
  reporter.stop();
  const lines = output.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(firstMinutes)));
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "resource.started", key: "vpc", step: "vpc", at: 0 });
});

test("the silent one takes all events", () => {
  expect(() => {
    for (const event of firstMinutes) silentReporter.emit(event);
    silentReporter.stop();
  }).not.toThrow();
});

test("a live block only where a person looks at a terminal", () => {
  expect(canBeLive({ isTTY: true }, { TERM: "xterm" })).toBe(true);
  expect(canBeLive({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(canBeLive({ isTTY: true }, { CI: "true" })).toBe(false);
  expect(canBeLive({}, {})).toBe(false);
});

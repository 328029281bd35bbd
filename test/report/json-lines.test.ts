import { expect, test } from "vitest";
import { SCHEMA_VERSION } from "../../src/report/json.ts";
import { jsonLinesReporter } from "../../src/report/json-lines.ts";
import { canBeLive, silentReporter } from "../../src/report/reporter.ts";
import { firstMinutes } from "./script.ts";

test("each event is a JSON document on a line", () => {
  let output = "";
  const reporter = jsonLinesReporter({ write: (text) => (output += text) });
  for (const event of firstMinutes) reporter.emit(event);
  reporter.stop();
  const lines = output.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    firstMinutes.map((event) => ({
      schemaVersion: SCHEMA_VERSION,
      ...JSON.parse(JSON.stringify(event)),
      at: new Date(event.at).toISOString(),
    })),
  );
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "resource.started", at: "1970-01-01T00:00:00.000Z" });
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

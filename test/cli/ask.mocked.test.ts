import { expect, test, vi } from "vitest";
import { askForCode, confirm } from "../../src/cli/ask.ts";

const { question, at } = vi.hoisted(() => ({
  question: vi.fn<(text: string) => Promise<string>>(),
  at: {} as { line?: import("node:events").EventEmitter },
}));
vi.mock("node:readline/promises", async () => {
  const { EventEmitter } = await import("node:events");
  return {
    createInterface() {
      const line = new EventEmitter();
      at.line = line;
      return Object.assign(line, { question, close: () => line.emit("close") });
    },
  };
});

/** Ctrl-C, or Ctrl-D, while the question is open. */
const pressing = (event: "SIGINT" | "close") => () => {
  queueMicrotask(() => at.line?.emit(event));
  return new Promise<string>(() => {});
};

const { signal } = new AbortController();

test.each([
  ["y", true],
  [" Yes ", true],
  ["", false],
  ["n", false],
  ["yesterday", false],
])("to %j: %s", async (answer, consent) => {
  question.mockResolvedValueOnce(answer);
  expect(await confirm(false, signal)).toBe(consent);
  expect(question).toHaveBeenLastCalledWith("Continue? [y/N] ");
});

test("d shows the details, as often as it is answered, and asks again", async () => {
  const details = vi.fn();
  for (const answer of ["d", "Details", "y"]) question.mockResolvedValueOnce(answer);
  expect(await confirm(false, signal, details)).toBe(true);
  expect(details).toHaveBeenCalledTimes(2);
  expect(question).toHaveBeenLastCalledWith("Continue? [y/N, d: details] ");
  question.mockResolvedValueOnce("d");
  expect(await confirm(false, signal)).toBe(false);
});

test("--yes asks nobody", async () => {
  question.mockClear();
  expect(await confirm(true, signal)).toBe(true);
  expect(question).not.toHaveBeenCalled();
});

test("Ctrl-C interrupts, as a signal does; Ctrl-D is no answer, and each ends the question's line", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  question.mockImplementationOnce(pressing("SIGINT"));
  await expect(confirm(false, signal)).rejects.toMatchObject({ code: "interrupted" });
  const run = new AbortController();
  question.mockImplementationOnce(() => {
    queueMicrotask(() => run.abort());
    return new Promise<string>(() => {});
  });
  await expect(confirm(false, run.signal)).rejects.toMatchObject({ code: "interrupted" });
  question.mockImplementationOnce(pressing("close"));
  expect(await confirm(false, signal)).toBe(false);
  question.mockImplementationOnce(pressing("close"));
  await expect(askForCode("arn:aws:iam::1:mfa/me", "ops", signal)).rejects.toMatchObject({ code: "usage" });
  expect(write.mock.calls).toEqual([["\n"], ["\n"], ["\n"], ["\n"]]);
  write.mockRestore();
});

test("an MFA code has six digits: what is none is asked for again, and never sent", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  question.mockClear();
  for (const answer of ["", "27182", "27182x", " 271828 "]) question.mockResolvedValueOnce(answer);
  expect(await askForCode("arn:aws:iam::1:mfa/me", "ops", signal)).toBe("271828");
  expect(question).toHaveBeenCalledTimes(4);
  expect(question).toHaveBeenLastCalledWith("MFA code of arn:aws:iam::1:mfa/me (profile ops): ");
  expect(write.mock.calls.flat().join("")).not.toContain("27182");
  write.mockRestore();
});

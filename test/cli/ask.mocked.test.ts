import { expect, test, vi } from "vitest";
import { askForCode, confirm } from "../../src/cli/ask.ts";

const question = vi.hoisted(() => vi.fn<(text: string) => Promise<string>>());
vi.mock("node:readline/promises", () => ({ createInterface: () => ({ question, once() {}, close() {} }) }));

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
  expect(question).toHaveBeenLastCalledWith("Continue? [y/N] ", { signal });
});

test("d shows the details, as often as it is answered, and asks again", async () => {
  const details = vi.fn();
  for (const answer of ["d", "Details", "y"]) question.mockResolvedValueOnce(answer);
  expect(await confirm(false, signal, details)).toBe(true);
  expect(details).toHaveBeenCalledTimes(2);
  expect(question).toHaveBeenLastCalledWith("Continue? [y/N, d: details] ", { signal });
  question.mockResolvedValueOnce("d");
  expect(await confirm(false, signal)).toBe(false);
});

test("--yes asks nobody", async () => {
  question.mockClear();
  expect(await confirm(true, signal)).toBe(true);
  expect(question).not.toHaveBeenCalled();
});

test("an interrupted question changes nothing and says so", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  question.mockRejectedValueOnce(new Error("aborted"));
  await expect(confirm(false, signal)).rejects.toMatchObject({ code: "interrupted" });
  write.mockRestore();
});

test("an MFA code has six digits: what is none is asked for again, and never sent", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  question.mockClear();
  for (const answer of ["", "27182", "27182x", " 271828 "]) question.mockResolvedValueOnce(answer);
  expect(await askForCode("arn:aws:iam::1:mfa/me", "ops", signal)).toBe("271828");
  expect(question).toHaveBeenCalledTimes(4);
  expect(question).toHaveBeenLastCalledWith("MFA code of arn:aws:iam::1:mfa/me (profile ops): ", { signal });
  expect(write.mock.calls.flat().join("")).not.toContain("27182");
  write.mockRestore();
});

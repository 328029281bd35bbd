import { expect, test, vi } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { readInputs } from "../../src/cli/inputs.ts";
import { parseConfig } from "../../src/config/load.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import type { StateStore } from "../../src/state/store.ts";

test("without the caller's address what is shown leaves it open, and what would let it in fails", async () => {
  const publicAddress = async () => {
    throw new BuddyError({ code: "network", message: "no way there", hint: "Check it." });
  };
  const note = vi.fn();
  const read = (resolvesAddress: boolean | "if-found") =>
    readInputs({
      config: parseConfig({}, "x.json"),
      paths: { config: "x.json", folder: "/none", state: "/none/s", lock: "/none/l", key: "/none/k" },
      store: { get: () => undefined, resources: {} } as unknown as StateStore,
      aws: { caller: "arn:aws:iam::111122223333:user/kim", network: { publicAddress } } as unknown as Aws,
      clock: jumpingClock(0),
      signal: new AbortController().signal,
      resolvesAddress,
      note,
      application: { archive: undefined, project: undefined },
      looksAtStack: false,
      newEdition: undefined,
    });
  await expect(read(true)).rejects.toMatchObject({ code: "network" });
  expect(note).not.toHaveBeenCalled();
  expect((await read("if-found")).allowedCidrs).toEqual(["my-ip"]);
  expect(note).toHaveBeenCalledWith(expect.stringMatching(/^no way there\. .*`buddyverse up` needs it\. Check it\.$/));
});

import { afterEach, expect, test, vi } from "vitest";
import { loadAhead } from "../../src/aws/load-ahead.ts";
import { services } from "../../src/aws/services.ts";

afterEach(() => vi.restoreAllMocks());

test("the SDKs of the types are loaded, each once, until nothing is waited for", async () => {
  const waiting = new AbortController();
  const [ec2, rds, s3, iam] = (["ec2", "rds", "s3", "iam"] as const).map((name) =>
    vi.spyOn(services[name], "load").mockResolvedValue({} as never),
  );
  s3?.mockImplementation(async () => {
    waiting.abort();
    return {} as never;
  });
  const types = ["ec2:vpc", "ec2:subnet", "rds:database", "of:another-version", "s3:bucket", "iam:role"];
  await loadAhead(types, waiting.signal);
  expect([ec2, rds, s3, iam].map((load) => load?.mock.calls.length)).toEqual([1, 1, 1, 0]);
});

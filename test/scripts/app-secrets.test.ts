/** app-secrets.py, run here: Parameter Store is played. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scriptFor } from "../../src/verify/scripts.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needs } from "../tools.ts";
import { run } from "./run.ts";

const BOTO3 = `
import json, os
from botocore.exceptions import ClientError
class Client:
    def get_parameters(self, Names, WithDecryption):
        assert WithDecryption and 1 <= len(Names) <= 10
        have = json.loads(os.environ["PARAMETERS"])
        if have is None: raise ClientError("CANARY")
        return {"Parameters": [{"Name": name, "Value": have[name]} for name in Names if name in have]}
def client(service, region_name, config):
    assert (service, region_name) == ("ssm", "ap-northeast-2")
    return Client()
`;

/** What it prints where Parameter Store has these, and the application those. */
async function says(stored: Readonly<Record<string, string>> | null, had: Readonly<Record<string, string>>) {
  const root = temporaryFolder("app-secrets");
  const file = (name: string) => join(root, name);
  for (const folder of ["run/buddyverse", "etc/buddyverse", "botocore"]) mkdirSync(file(folder), { recursive: true });
  writeFileSync(file("boto3.py"), BOTO3);
  writeFileSync(file("botocore/__init__.py"), "");
  writeFileSync(file("botocore/config.py"), "def Config(**options): return None\n");
  writeFileSync(
    file("botocore/exceptions.py"),
    "class BotoCoreError(Exception): pass\nclass ClientError(Exception): pass\n",
  );
  writeFileSync(file("etc/buddyverse.env"), "BUDDYVERSE_REGION=ap-northeast-2\nBUDDYVERSE_STACK=b\n");
  writeFileSync(file("etc/buddyverse/release.json"), JSON.stringify({ secrets: Object.keys(had) }));
  writeFileSync(file("run/buddyverse/app.env.json"), JSON.stringify({ ...had, PATH: "/bin" }));
  const named =
    stored && Object.fromEntries(Object.entries(stored).map(([name, value]) => [`/buddyverse/b/app/${name}`, value]));
  const input = scriptFor("app-secrets", "a")
    .replaceAll(/\/(run|etc)\//g, `${root}/$1/`)
    .replaceAll("/usr/bin/python3", "python3");
  const { code, out } = await run("sh", ["-s"], {
    input,
    env: { PYTHONPATH: root, PARAMETERS: JSON.stringify(named) },
  });
  expect(out).not.toContain("CANARY");
  return code === 0 ? JSON.parse(out) : out;
}

describe("app-secrets.py", needs("a shell", "python3"), () => {
  test("tells by name what is current, what has changed and what is gone, of more than ten", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `KEY_${index}`);
    const had = Object.fromEntries(names.map((name) => [name, `CANARY ${name}`]));
    const kept = Object.entries(had).filter(([name]) => name !== "KEY_3");
    expect(await says({ ...Object.fromEntries(kept), KEY_11: "CANARY another", OTHER: "CANARY" }, had)).toEqual({
      current: names.filter((name) => name !== "KEY_3" && name !== "KEY_11"),
      stale: ["KEY_11"],
      missing: ["KEY_3"],
    });
  });

  test("an error of AWS is its name", async () => {
    expect(await says(null, { KEY: "CANARY" })).toBe("Parameter Store: ClientError\n");
  });
});

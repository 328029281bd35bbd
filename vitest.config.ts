import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { viteText } from "./text-loader.js";

/** The files that take longest, so that none of them is left to run alone at the end. */
const LONGEST = [
  "moto/moto",
  "reliability/matrix-up-instance",
  "reliability/matrix-up-gateway",
  "reliability/processes",
  "cli/commands",
  "cli/usage",
  "reliability/matrix-down-instance",
  "reliability/late-calls",
  "verify/sandbox",
].map((name) => `/test/${name}.test.ts`);

const turnOf = ({ moduleId }: TestSpecification): number => {
  const turn = LONGEST.findIndex((name) => moduleId.endsWith(name));
  return turn < 0 ? LONGEST.length : turn;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => turnOf(one) - turnOf(other));
  }
}

export default defineConfig({
  plugins: [viteText],
  test: {
    // Many files mostly wait (a mock server, child processes): more workers than a small machine has cores.
    maxWorkers: 4,
    globalSetup: "test/build.ts",
    sequence: { sequencer: LongestFirst },
    testTimeout: 180_000,
    hookTimeout: 60_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: ["**/*.mocked.test.ts"],
          // The SDK is loaded once for each worker, not for each file: a third of the time of most files.
          isolate: false,
        },
      },
      // A module that one file replaces must not be another file's.
      { extends: true, test: { name: "mocked", include: ["test/**/*.mocked.test.ts"] } },
    ],
  },
});

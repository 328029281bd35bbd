import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { LeftOut } from "./test/tools.ts";
import { viteText } from "./text-loader.js";

/** The files that take longest, so that none of them is left to run alone at the end. */
const LONGEST = [
  "moto/moto",
  "reliability/processes",
  "cli/commands",
  "reliability/matrix-up-instance",
  "cli/usage",
  "reliability/lossy",
  "verify/sandbox",
  "verify/drills/drills",
  "reliability/failures",
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
    // Some files mostly wait (a mock server, child processes): one worker more than a small machine has cores.
    maxWorkers: 3,
    globalSetup: "test/build.ts",
    reporters: ["default", new LeftOut()],
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

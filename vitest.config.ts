import { defineConfig } from "vitest/config";
import { viteText } from "./text-loader.js";

export default defineConfig({
  plugins: [viteText],
  test: {
    // Some files mostly wait (a mock server, child processes): one worker more than a small machine has cores.
    maxWorkers: 3,
    globalSetup: "test/build.ts",
    include: ["test/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  },
});

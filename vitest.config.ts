import { defineConfig } from "vitest/config";
import { viteText } from "./text-loader.js";

export default defineConfig({
  plugins: [viteText],
  test: {
    // The files of the kill matrix are the longest: both cores of a small machine work on them.
    maxWorkers: 2,
    globalSetup: "test/build.ts",
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  },
});

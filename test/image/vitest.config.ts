import { defineConfig } from "vitest/config";
import { viteText } from "../../text-loader.js";

// biome-ignore lint/style/noDefaultExport: vitest reads it
export default defineConfig({
  plugins: [viteText],
  test: {
    include: ["test/image/*.image.ts"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // What comes later boots what was baked before.
    bail: 1,
  },
});

import { defineConfig } from "vitest/config";
import { textLoader } from "../../text-loader.js";

// biome-ignore lint/style/noDefaultExport: vitest reads it
export default defineConfig({
  plugins: [textLoader],
  test: {
    include: ["test/image/*.image.ts"],
    maxWorkers: 2,
    testTimeout: 400_000,
    hookTimeout: 180_000,
    // What comes later boots what was baked before.
    bail: 1,
  },
});

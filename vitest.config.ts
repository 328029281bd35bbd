import { defineConfig } from "vitest/config";
import { viteText } from "./text-loader.js";

export default defineConfig({
  plugins: [viteText],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
});

import type { Plugin } from "vitest/config";
export const viteText: Plugin;
export const esbuildText: { readonly name: string; setup(build: unknown): void };

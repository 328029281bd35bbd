import type { Plugin } from "esbuild";

export function writtenOut(text: string, file: string): string;
export const shakenSchemas: Plugin;

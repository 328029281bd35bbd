import type { Plugin } from "rolldown";

export function writtenOut(text: string, file: string): string;
export const shakenSchemas: Plugin;

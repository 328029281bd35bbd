import type { Plugin } from "rolldown";
export const textLoader: Plugin;

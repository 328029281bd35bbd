declare const BUDDYVERSE_VERSION: string;

/** This program's version. */
export const VERSION = typeof BUDDYVERSE_VERSION === "string" ? BUDDYVERSE_VERSION : "not built";

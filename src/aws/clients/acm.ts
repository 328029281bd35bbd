import type { Safety } from "../safety.ts";

export { ACMClient as Client, DescribeCertificateCommand } from "@aws-sdk/client-acm";

export const safety: Readonly<Record<string, Safety>> = {};

import type { Safety } from "../safety.ts";

export {
  ACMClient as Client,
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  RequestCertificateCommand,
} from "@aws-sdk/client-acm";

export const safety: Readonly<Record<string, Safety>> = {
  // The token is good for an hour (API reference), a repeat comes within seconds.
  RequestCertificate: "token",
  AddTagsToCertificate: "same",
  DeleteCertificate: "same",
};

/** Who may reach the bastions, as the config says it: a range, or "my-ip"; with the name of whose it is. */
export type AllowedCidr = string | { readonly name: string; readonly cidr: string };

/** The ranges alone, "my-ip" among them. */
export const cidrsOf = (allowed: readonly AllowedCidr[]): readonly string[] =>
  allowed.map((one) => (typeof one === "string" ? one : one.cidr));

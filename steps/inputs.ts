/** What the steps need to know from the machine that runs them. */
export interface Inputs {
  /** The public key of the key pair, OpenSSH format; undefined for commands that create nothing. */
  readonly publicKey: string | undefined;
  /** Addresses that may reach the bastions; "my-ip" is resolved already. */
  readonly allowedCidrs: readonly string[];
  /** The application folder of `image.app`, packed; undefined when there is none. */
  readonly appArchive: { readonly sha256: string; readonly bytes: Uint8Array } | undefined;
}

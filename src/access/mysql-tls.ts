import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** What keeps a database from being used at the end of a tunnel. */
export type Trouble =
  /** Nothing takes connections at that port yet. */
  | "not-open"
  /** Something did, and hung up or kept silent: what is behind it is not reached. */
  | "no-answer"
  /** It is no MySQL server, or one without TLS; or it refused, in its own words. */
  | "no-tls"
  /** Its certificate is signed by somebody else. */
  | "issuer"
  /** Its certificate is not good for other reasons: its name, its time. */
  | "certificate";

export class NotChecked extends Error {
  readonly trouble: Trouble;
  constructor(trouble: Trouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

export interface Checked {
  /** Of MySQL, as it says it itself. */
  readonly version: string;
  /** "TLSv1.3". */
  readonly protocol: string;
}

/** Where MySQL says what it can do, and asks for TLS (MySQL's source, "Connection Phase Packets": Protocol::HandshakeV10, SSLRequest). */
const PROTOCOL_10 = 10;
const REFUSAL = 0xff;
const CLIENT_PROTOCOL_41 = 1 << 9;
const CLIENT_SSL = 1 << 11;
const CLIENT_SECURE_CONNECTION = 1 << 15;
const UTF8MB4 = 45;
const LONGEST_PACKET = 1 << 24;

/** What OpenSSL says of a chain that leads to nobody who is trusted. */
const ISSUER = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/**
 * Asks a MySQL server for TLS, and looks at its certificate; without a password it goes no further.
 * @param name what the certificate must be for
 * @param ca who may have signed it, PEM
 * @throws NotChecked
 */
export async function checkTls(
  port: number,
  { name, ca, withinMs }: { readonly name: string; readonly ca: string; readonly withinMs: number },
): Promise<Checked> {
  const socket = connect({ host: "127.0.0.1", port });
  const late = setTimeout(
    () => socket.destroy(new NotChecked("no-answer", `no answer within ${withinMs / 1_000} s`)),
    withinMs,
  );
  try {
    const version = versionIn(await firstPacket(socket));
    socket.write(sslRequest());
    return { version, protocol: await handshake(socket, name, ca) };
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

/** The first packet's content. */
const firstPacket = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const take = (part: Buffer): void => {
      got = Buffer.concat([got, part]);
      const length = got.length < 4 ? LONGEST_PACKET : got.readUIntLE(0, 3);
      if (got.length < 4 + length) return;
      socket.off("data", take);
      socket.pause();
      resolve(got.subarray(4, 4 + length));
    };
    socket.on("data", take);
    socket.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error instanceof NotChecked
          ? error
          : new NotChecked(error.code === "ECONNREFUSED" ? "not-open" : "no-answer", error.message),
      ),
    );
    socket.once("close", () => reject(new NotChecked("no-answer", "the connection was closed without an answer")));
  });

/** The version of a server that offers TLS. */
function versionIn(packet: Buffer): string {
  if (packet[0] === REFUSAL)
    throw new NotChecked("no-tls", `it says: ${packet.toString("utf8", 3).replace(/^#\w{5}/, "")}`);
  const end = packet.indexOf(0, 1);
  const at = end + 1 + 4 + 8 + 1;
  if (packet[0] !== PROTOCOL_10 || end < 0 || packet.length < at + 2)
    throw new NotChecked("no-tls", "what answers is no MySQL server");
  if ((packet.readUInt16LE(at) & CLIENT_SSL) === 0) throw new NotChecked("no-tls", "it does not offer TLS");
  return packet.toString("latin1", 1, end);
}

function sslRequest(): Buffer {
  const packet = Buffer.alloc(4 + 32);
  packet.writeUIntLE(32, 0, 3);
  packet.writeUInt8(1, 3);
  packet.writeUInt32LE(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION, 4);
  packet.writeUInt32LE(LONGEST_PACKET, 8);
  packet.writeUInt8(UTF8MB4, 12);
  return packet;
}

const handshake = (socket: Socket, name: string, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const secure = connectTls({ socket, ca, servername: name }, () => {
      resolve(secure.getProtocol() ?? "");
      secure.destroy();
    });
    secure.once("error", (error: NodeJS.ErrnoException) => {
      if (error instanceof NotChecked) return reject(error);
      const about = ISSUER.has(error.code ?? "") ? "issuer" : "certificate";
      reject(new NotChecked(about, error.message));
    });
    socket.once("error", reject);
    secure.once("close", () => reject(new NotChecked("no-answer", "the connection was closed in the TLS handshake")));
  });

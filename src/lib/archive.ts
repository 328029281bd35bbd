import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Header } from "tar/header";

/** A tar.gz. */
export interface Archive {
  /** Of `bytes`, hexadecimal. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** A text as a file of an archive. */
export interface ArchivedText {
  /** Relative. */
  readonly path: string;
  /** Octal, as "0755". */
  readonly mode: string;
  readonly text: string;
}

/** A tar is made of blocks of this size, and two empty ones end it (pax, IEEE Std 1003.1, "ustar Interchange Format"). */
const BLOCK = 512;

/**
 * Packs texts so that the same ones always give the same bytes: without owners and times, and stored, not compressed, which
 * is the same in each version of zlib.
 */
export function packTexts(texts: readonly ArchivedText[]): Archive {
  const blocks = texts.flatMap(({ path, mode, text }) => {
    const content = Buffer.from(text);
    const header = Buffer.alloc(BLOCK);
    const file = {
      path,
      mode: Number.parseInt(mode, 8),
      size: content.length,
      type: "File",
      mtime: new Date(0),
    } as const;
    if (new Header(file).encode(header)) throw new RangeError(`the path ${path} does not fit into an archive`);
    return [header, content, Buffer.alloc(-content.length & (BLOCK - 1))];
  });
  const bytes = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 0 });
  // The system that it was made on (RFC 1952, "OS"): unknown.
  bytes[9] = 255;
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes };
}

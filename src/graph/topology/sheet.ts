import { broken, fitted, textWidth } from "../../lib/drawn-text.ts";
import type { Condition, FlowKind, Part } from "./model.ts";

/** Pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line of text; `y` is its baseline. */
export interface Text {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly size: number;
  readonly bold: boolean;
  /** How it looks: "name", "note", "kind", "id", "sign". */
  readonly look: string;
  readonly anchor?: "middle" | "end";
  /** Its first words, which are told apart. */
  readonly lead?: string;
}

/** What holds others: the region, the VPC, a zone, a subnet, a group, a card. */
export interface Frame extends Rect {
  readonly look: "region" | "network" | "zone" | "subnet" | "group" | "card";
  readonly part: Part | undefined;
  readonly condition: Condition | undefined;
  readonly texts: readonly Text[];
}

export interface Box extends Rect {
  readonly part: Part;
  readonly condition: Condition | undefined;
  readonly look: "box" | "bar" | "row";
  readonly texts: readonly Text[];
}

/** An arrow that ends at `to`. */
export interface Line {
  readonly kind: FlowKind;
  readonly from: string;
  readonly to: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What is written on a line. */
export interface Pill extends Rect {
  readonly kind: FlowKind;
  readonly text: string;
}

/** All that is drawn, from the back to the front. */
export interface Sheet {
  readonly frames: Frame[];
  readonly boxes: Box[];
  readonly lines: Line[];
  readonly pills: Pill[];
  /** Texts that are nothing's. */
  readonly texts: Text[];
}

export const NAME = 11.5;
export const NOTE = 10.5;
const KIND = 8.4;
const ID = 9;
/** Capitals are so much wider. */
const CAPITALS = 1.15;
const LINE = 14;
const STRIPE = 10;
/** Room for how it stands, at the end of the first line. */
const SIGN = 11;

/** Where a text is on the sheet. */
export function rectOf({ x, y, text, size, bold, anchor }: Text): Rect {
  const width = textWidth(text, size, bold);
  const left = anchor === "end" ? x - width : anchor === "middle" ? x - width / 2 : x;
  return { x: left, y: y - size * 0.8, width, height: size };
}

/** A name, and below it what matters of it, from a point on. */
export function titled(
  name: string,
  note: string,
  x: number,
  y: number,
  width: number,
): { readonly texts: readonly Text[]; readonly height: number } {
  const names = broken(name, width, NAME, true, 2);
  const notes = note === "" ? [] : broken(note, width, NOTE, false, 2);
  const texts = [
    ...names.map((text): Omit<Text, "y"> => ({ x, text, size: NAME, bold: true, look: "name" })),
    ...notes.map((text): Omit<Text, "y"> => ({ x, text, size: NOTE, bold: false, look: "note" })),
  ].map((text, index): Text => ({ ...text, y: y + 16 + index * LINE }));
  return { texts, height: 12 + texts.length * LINE };
}

/** AWS's id without what all ids of its sort begin with. */
const shortId = (id: string): string => id.replace(/^arn:[^/]*?:(?=[^:]*$)/, "");

/** What is written in a part's box. @param names lines that names have in its row */
export function partTexts(
  part: Part,
  condition: Condition | undefined,
  { x, y, width }: Omit<Rect, "height">,
  names = 2,
): readonly Text[] {
  const [left, inner] = [x + STRIPE, width - STRIPE - 6];
  const own = broken(part.name, inner, NAME, true, names);
  const id = condition?.id !== undefined && condition.id !== part.name ? shortId(condition.id) : "";
  const outside = part.kind === "outside";
  const room = inner - (condition ? SIGN : 0);
  // Small capitals where there is room for them.
  const capital = part.kind.toUpperCase();
  const bold = textWidth(capital, KIND * CAPITALS, true) <= room;
  const kind = outside ? "" : bold ? capital : fitted(part.kind, room, ID);
  const notes = part.note === "" ? [] : broken(part.note, inner, NOTE, false, outside ? 2 : 1);
  const all: readonly Omit<Text, "x" | "y">[] = [
    ...(kind === "" ? [] : [{ text: kind, size: bold ? KIND : ID, bold, look: "kind" }]),
    ...own.map((text) => ({ text, size: NAME, bold: true, look: "name" })),
    ...notes.map((text) => ({ text, size: NOTE, bold: false, look: "note" })),
    ...(id === "" ? [] : [{ text: fitted(id, inner, ID), size: ID, bold: false, look: "id" }]),
  ];
  return all.map((text, index) => ({ ...text, x: left, y: y + 16 + index * LINE }));
}

/** How high a box with so many lines is. */
export const boxHeight = (lines: number): number => 12 + lines * LINE;

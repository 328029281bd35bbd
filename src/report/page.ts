import { filled } from "../lib/template.ts";
import shell from "./page.html";

/** What a page is made of: markup, with foreign text escaped already. */
export interface Page {
  readonly title: string;
  readonly css: string;
  /** Its `body` element, whose template takes the title and these. */
  readonly body: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A page that needs nothing from elsewhere: one file, its style in it. */
export const pageOf = ({ title, css, body, values }: Page): string =>
  filled(shell, { title, style: `<style>\n${css}</style>`, body: filled(body, { title, ...values }) }).replace(
    /\n{2,}/g,
    "\n",
  );

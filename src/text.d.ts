// biome-ignore-all lint/style/noDefaultExport: a text has no name of its own, its file has
/** Files that the build and the tests import as their text (text-loader.js). */
declare module "*.sh" {
  const text: string;
  export default text;
}
declare module "*.py" {
  const text: string;
  export default text;
}
declare module "*.conf" {
  const text: string;
  export default text;
}
declare module "*.service" {
  const text: string;
  export default text;
}
declare module "*.timer" {
  const text: string;
  export default text;
}
declare module "*.html" {
  const text: string;
  export default text;
}
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*.nft" {
  const text: string;
  export default text;
}
declare module "*.txt" {
  const text: string;
  export default text;
}

/** A range, IPv4 or IPv6, that holds a large part of the internet: all of it can be written as two halves, too. */
export const EVERYBODY = /(?<![\d.])(\d{1,3}\.){3}\d{1,3}\/[0-7](?!\d)|[\da-f]*::?\/(\d|1[0-5])(?!\d)/i;

/** Of a security group's rule in words: it lets everybody in. */
export const letsEverybodyIn = (rule: string): boolean => / from /.test(rule) && EVERYBODY.test(rule);

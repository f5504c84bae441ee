/** Reads just enough of an HTTP/1 answer: status, a few headers, the title. Pure. */

import type { HttpAnswer } from './domain.ts';

/** undefined where the bytes are no HTTP answer. */
export function parseHttpAnswer(bytes: Uint8Array): HttpAnswer | undefined {
  const text = new TextDecoder().decode(bytes);
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [^\r\n]*)?\r?\n/.exec(text);
  if (status === null) return undefined;
  const split = text.search(/\r?\n\r?\n/);
  const head = split < 0 ? text : text.slice(0, split);
  const body = split < 0 ? '' : text.slice(split).trimStart();
  const header = (name: string) => new RegExp(`\\n${name}:[ \\t]*([^\\r\\n]*)`, 'i').exec(head)?.[1]?.trim();
  return {
    statusCode: Number(status[1]),
    title: readTitle(body),
    location: header('location'),
    isJson: /[/+]json\b/i.test(header('content-type') ?? ''),
    body,
  };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

function readTitle(body: string): string | undefined {
  const raw = /<title[^>]{0,200}>([^<]{1,400})<\/title>/i.exec(body.slice(0, 65_536))?.[1];
  const title = raw
    ?.replace(/&(#39|[a-z]+);/gi, (all, name: string) => entities[name.toLowerCase()] ?? all)
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}|\p{Cf}/gu, '')
    .trim();
  return title === undefined || title === '' ? undefined : title.slice(0, 80);
}

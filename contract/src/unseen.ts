/** Characters that nobody sees and that change what is read: they have no place in a name, nor raw on a terminal. */
import type { z } from 'zod';

/**
 * Controls (a terminal obeys them), marks and overrides of the direction of writing, line and paragraph separators,
 * halves of surrogate pairs, and what is wholly invisible (a second “shop” that is another). The joiners U+200C and
 * U+200D and the variation selectors stay: Persian and emoji need them.
 */
const unseen = /[\p{Cc}\p{Cs}\p{Bidi_C}\p{Zl}\p{Zp}\u{ad}\u{200b}\u{2060}-\u{2064}\u{feff}\u{e0000}-\u{e007f}]/u;
const everyUnseen = new RegExp(unseen.source, 'gu');

/** Refuses the first such character in a text that people type and others read. For zod's `superRefine`. */
export function refuseUnseen(text: string, context: z.RefinementCtx): void {
  const found = unseen.exec(text)?.[0];
  if (found === undefined) return;
  const code = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  const message = `holds the character U+${code}, which nobody sees and which changes what is read`;
  context.addIssue({ code: 'custom', message, params: { fix: 'remove that character, or type the text anew' } });
}

/** Each such character as `\u001b`, which also JSON reads as the character it was. */
export function escapeUnseen(text: string): string {
  return text.replace(everyUnseen, escaped);
}

/** What is printed, whoever wrote it: its own line breaks and tabs stay, everything else unseen is spelled out. */
export function forTerminal(text: string): string {
  return text.replace(everyUnseen, (found) => (found === '\n' || found === '\t' ? found : escaped(found)));
}

/** A text from outside in one line of a sentence or a table. */
export function inOneLine(text: string): string {
  return escapeUnseen(text.replace(/[\t\r\n]+/g, ' ').trim());
}

function escaped(found: string): string {
  let spelled = '';
  for (let at = 0; at < found.length; at += 1) {
    spelled += `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return spelled;
}

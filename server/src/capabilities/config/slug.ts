import { slugPattern } from '../../../../contract/src/vocabulary.ts';
import type { Path } from '../../core/value-path.ts';
import type { Place } from './document.ts';
import type { FaultList } from './faults.ts';

/** “shop-agent” to “Shop agent”. */
export function titleFromSlug(slug: string): string {
  const words = slug.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The nearest allowed name: “Shop_Agent!” to “shop-agent”. */
function slugFrom(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
}

/** Names that are keys: true where the name is allowed, a fault otherwise. */
export function checkSlug(name: string, keyAt: Place, path: Path, faults: FaultList): boolean {
  if (slugPattern.test(name)) return true;
  const message = `\`${name}\` is not a name: lower-case letters, digits and inner hyphens, at most 63`;
  const better = slugFrom(name);
  const fix =
    better === '' ? 'write a name such as shop-agent' : `write \`${better}\`; put the words for people into \`title\``;
  faults.add(keyAt, path, { message, fix });
  return false;
}

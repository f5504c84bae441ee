import { useRouter } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, MouseEvent } from 'react';

/** A link whose address came from Pitwall as text: on this page it navigates in place, elsewhere it opens. */
export function PageLink({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const router = useRouter();
  const here = href.startsWith('/') && !href.startsWith('//');
  if (!here) {
    // Text from outside never becomes javascript: or data:.
    const safe = /^https?:\/\//i.test(href) ? href : undefined;
    return <a {...rest} href={safe} rel="noreferrer" target="_blank" />;
  }
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    router.history.push(href);
  };
  return <a {...rest} href={href} onClick={follow} />;
}

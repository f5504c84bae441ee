import { useSyncExternalStore } from 'react';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function subscribe(changed: () => void): () => void {
  dark.addEventListener('change', changed);
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme', 'data-theme'] });
  return () => {
    dark.removeEventListener('change', changed);
    watch.disconnect();
  };
}

/** Changes when light turns to dark or back: canvases then draw themselves again. */
export function useInkKey(): string {
  return useSyncExternalStore(
    subscribe,
    () => `${dark.matches} ${document.documentElement.getAttribute('data-mantine-color-scheme')}`,
  );
}

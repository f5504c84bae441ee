import { type RefObject, useRef } from 'react';

/** Rows re-rank only while pointer and focus are elsewhere: nobody presses a button that has just moved away. */
export function useSteadyOrder<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  place: RefObject<HTMLElement | null>,
): readonly T[] {
  const order = useRef<readonly string[]>([]);
  const element = place.current;
  const held = element !== null && (element.matches(':hover') || element.contains(document.activeElement));
  if (!held) {
    order.current = items.map(keyOf);
    return items;
  }
  const rank = new Map(order.current.map((key, index) => [key, index]));
  return items.toSorted((a, b) => (rank.get(keyOf(a)) ?? Infinity) - (rank.get(keyOf(b)) ?? Infinity));
}

import { useRef } from 'react';
import type { ServiceRow } from '../../../contract/src/views.ts';
import { usePageKeys } from '../shell/keys.ts';
import { choices, type ServicesSearch } from './filters.ts';

interface Props {
  readonly search: ServicesSearch;
  readonly set: (next: { readonly [K in keyof ServicesSearch]?: string }) => void;
  readonly services: readonly ServiceRow[];
}

export function FilterBar({ search, set, services }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const keys = useRef({ '/': () => field.current?.focus() });
  usePageKeys(keys.current);
  const kinds = [...new Set(services.flatMap(({ checks }) => checks.map(({ kind }) => kind)))].sort();
  const isSet = Object.keys(search).length > 0;
  return (
    <search className="filters" aria-label="Services that are shown">
      <input
        ref={field}
        className="field"
        type="search"
        aria-label="Text in its name or its checks"
        placeholder="Name or check"
        value={search.q ?? ''}
        onChange={(event) => set({ q: event.target.value })}
      />
      <Choose label="Status" value={search.status} words={choices.status} choose={(status) => set({ status })} />
      <Choose label="Tile" value={search.tile} words={choices.tile} choose={(tile) => set({ tile })} />
      <Choose
        label="Kind"
        value={search.kind}
        words={Object.fromEntries(kinds.map((kind) => [kind, kind]))}
        choose={(kind) => set({ kind })}
      />
      <Choose label="Made in" value={search.origin} words={choices.origin} choose={(origin) => set({ origin })} />
      {isSet && (
        <button
          type="button"
          className="btn quiet"
          onClick={() => {
            set({ q: '', status: '', tile: '', kind: '', origin: '' });
            field.current?.focus();
          }}
        >
          Show all
        </button>
      )}
    </search>
  );
}

interface ChooseProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly words: Readonly<Record<string, string>>;
  readonly choose: (value: string) => void;
}

function Choose({ label, value = '', words, choose }: ChooseProps) {
  return (
    <label className="filter">
      <span>{label}</span>
      <select className="choose" value={value} onChange={(event) => choose(event.target.value)}>
        <option value="">any</option>
        {value !== '' && !Object.hasOwn(words, value) && <option value={value}>{value}</option>}
        {Object.entries(words).map(([name, word]) => (
          <option key={name} value={name}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

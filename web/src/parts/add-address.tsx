/** Watch an address: looked at once, kept on a yes. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { LookView } from '../../../contract/src/views.ts';
import { call } from '../api/client.ts';
import { asCallError } from '../api/problem.ts';
import { queryClient } from '../api/queries.ts';
import { useWriteBlock } from '../live/use-live.ts';
import { toastDone, toastFailed } from '../shell/toast.ts';
import { addAddressId } from './add-address-focus.ts';
import './add-address.css';
import { micros } from './format.ts';
import { factLabel, factValue, sentenceCase } from './observed.ts';
import { StatusShape, statusOfOutcome } from './status-shape.tsx';
import { unwatch } from './unwatch.ts';

export function AddAddress({ lead = 'Watch your shop' }: { lead?: string }) {
  const [address, setAddress] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const blocked = useWriteBlock('services:write');
  const look = useMutation({ mutationFn: (input: string) => call('services.look', { address: input }) });
  const keep = useMutation({
    mutationFn: (input: string) => call('services.create', { address: input }),
    onSuccess: ({ serviceId, title }) => {
      setAddress('');
      look.reset();
      toastDone(`${title} is watched, every 30 s`, {
        link: { text: 'Open it', href: `/services/${serviceId}` },
        undo: () => unwatch(serviceId, title),
      });
    },
    onError: (error) => toastFailed('Not kept', error),
    onSettled: () => queryClient.invalidateQueries(),
  });
  useEffect(() => {
    if (location.hash === `#${addAddressId}`) field.current?.focus();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (address.trim() !== '' && blocked === null) look.mutate(address.trim());
  };
  const problem = look.error === null ? null : asCallError(look.error);
  return (
    <form className="add" onSubmit={submit} noValidate>
      <label htmlFor={addAddressId}>
        {lead}
        <small>its address is enough</small>
      </label>
      <div className="in">
        <input
          ref={field}
          id={addAddressId}
          inputMode="url"
          placeholder="https://shop.example"
          autoComplete="url"
          autoCapitalize="none"
          spellCheck={false}
          value={address}
          aria-invalid={problem !== null}
          aria-describedby="add-note"
          onChange={(event) => {
            setAddress(event.target.value);
            if (look.data || look.error) look.reset();
          }}
        />
        <button
          type="submit"
          className="btn"
          disabled={blocked !== null || look.isPending}
          title={blocked ?? undefined}
        >
          {look.isPending ? 'Looking' : 'Look at it'}
        </button>
      </div>
      <p id="add-note" role={problem ? 'alert' : undefined}>
        {blocked ??
          (problem ? (
            <>
              <span className="bad">{problem.message}</span> {problem.hint}
            </>
          ) : (
            'One request, now. You see what came back (status, size, time by phase) and keep it or not. Kept, it is asked every 30 s.'
          ))}
      </p>
      {look.data && (
        <Seen
          look={look.data}
          busy={keep.isPending}
          blocked={blocked}
          keep={() => keep.mutate(look.data.address)}
          drop={() => {
            look.reset();
            field.current?.focus();
          }}
        />
      )}
    </form>
  );
}

interface SeenProps {
  readonly look: LookView;
  readonly busy: boolean;
  readonly blocked: string | null;
  readonly keep: () => void;
  readonly drop: () => void;
}

function Seen({ look, busy, blocked, keep, drop }: SeenProps) {
  const observed = Object.entries(look.observed);
  return (
    <div className="look">
      <div className="seen" role="status">
        <p>
          <StatusShape status={statusOfOutcome[look.outcome]} />{' '}
          <b>
            {look.title} {look.outcome === 'pass' ? 'answers.' : 'has trouble.'}
          </b>{' '}
          {look.sentence}
          {look.totalUs !== null && ` (${micros(look.totalUs)})`}
        </p>
        <PhaseBar phases={look.phases} />
        <dl className="keep">
          <div>
            <dt>Would check</dt>
            <dd>{look.wouldCheck}</dd>
          </div>
          {observed.slice(0, 5).map(([name, value]) => (
            <div key={name}>
              <dt>{sentenceCase(factLabel(name))}</dt>
              <dd>{factValue(name, value)}</dd>
            </div>
          ))}
          <div>
            <dt>How often</dt>
            <dd>every 30 s, from this machine</dd>
          </div>
          <div>
            <dt>Name</dt>
            <dd>
              {look.title}, at /services/{look.serviceId}
            </dd>
          </div>
        </dl>
        <p className="go">
          <button
            type="button"
            className="btn"
            onClick={keep}
            disabled={busy || blocked !== null}
            title={blocked ?? undefined}
          >
            {busy ? 'Keeping' : 'Watch it'}
          </button>
          <button type="button" className="btn quiet" onClick={drop}>
            Not now
          </button>
        </p>
      </div>
    </div>
  );
}

const phaseLabels = [
  ['dnsUs', 'DNS'],
  ['connectUs', 'connect'],
  ['tlsUs', 'TLS'],
  ['waitUs', 'wait'],
  ['transferUs', 'read'],
] as const;

export function PhaseBar({ phases }: { phases: LookView['phases'] }) {
  const parts = phaseLabels.flatMap(([key, label]) => {
    const us = phases[key];
    return us === undefined ? [] : [{ label, us }];
  });
  if (parts.length === 0) return null;
  const total = parts.reduce((sum, part) => sum + part.us, 0) || 1;
  const text = parts.map((part) => `${part.label} ${micros(part.us)}`).join(', ');
  let x = 0;
  const bars = parts.map((part, index) => {
    const from = x;
    x += (part.us / total) * 400;
    return (
      <rect
        key={part.label}
        x={from}
        y="0"
        width={Math.max(0.5, x - from - 1)}
        height="8"
        style={{ fill: index % 2 === 0 ? 'var(--plot-limit)' : 'var(--plot)' }}
      />
    );
  });
  return (
    <>
      <svg
        className="bar"
        viewBox="0 0 400 8"
        width="100%"
        height="8"
        preserveAspectRatio="none"
        role="img"
        aria-label={text}
      >
        {bars}
      </svg>
      <p className="ph5" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.label}>
            {part.label} {micros(part.us)}
          </span>
        ))}
      </p>
    </>
  );
}

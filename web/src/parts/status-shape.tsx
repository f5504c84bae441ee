import type { ReactNode } from 'react';
import type { Outcome, Status } from '../../../contract/src/vocabulary.ts';

/** Each status has its own shape, so that colour is never the only sign. */
const shapes: Record<Status, ReactNode> = {
  up: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  degraded: <path d="M6 .8 11.6 11H.4z" style={{ fill: 'var(--degraded-mark)' }} />,
  down: (
    <>
      <rect x=".5" y=".5" width="11" height="11" rx="1.5" style={{ fill: 'var(--down-mark)' }} />
      <path
        d="m3.6 3.6 4.8 4.8m0-4.8-4.8 4.8"
        style={{ stroke: 'var(--paper)' }}
        strokeWidth="1.6"
        strokeLinecap="round"
      />
    </>
  ),
  unknown: (
    <circle
      cx="6"
      cy="6"
      r="4.6"
      fill="none"
      style={{ stroke: 'var(--unknown-mark)' }}
      strokeWidth="1.5"
      strokeDasharray="2.4 2.4"
    />
  ),
  maintenance: (
    <path d="M6 .6 11.4 6 6 11.4.6 6z" fill="none" style={{ stroke: 'var(--maintenance-mark)' }} strokeWidth="1.7" />
  ),
};

/** Silent for a reader by default: the word stands beside it. Give `label` where it does not. */
export function StatusShape({ status, big = false, label }: { status: Status; big?: boolean; label?: string }) {
  const className = `st ${big ? 'big ' : ''}s-${status}`;
  return label === undefined ? (
    <svg className={className} viewBox="0 0 12 12" aria-hidden="true">
      {shapes[status]}
    </svg>
  ) : (
    <svg className={className} viewBox="0 0 12 12" role="img" aria-label={label}>
      {shapes[status]}
    </svg>
  );
}

export const statusWord: Record<Status, string> = {
  up: 'up',
  degraded: 'slow or impaired',
  down: 'down',
  unknown: 'unknown',
  maintenance: 'in maintenance',
};

export const statusOfOutcome: Record<Outcome, Status> = {
  pass: 'up',
  degraded: 'degraded',
  fail: 'down',
  unknown: 'unknown',
};

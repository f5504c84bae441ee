import { useMutation } from '@tanstack/react-query';
import type { CheckView } from '../../../contract/src/views.ts';
import { call, type Output } from '../api/client.ts';
import { useNow, useWriteBlock } from '../live/use-live.ts';
import { age, clockSeconds, every, micros, nbsp, plural } from '../parts/format.ts';
import { factLabel, factValue } from '../parts/observed.ts';
import { StatusShape, statusOfOutcome, statusWord } from '../parts/status-shape.tsx';
import { Tile } from '../parts/tile.tsx';
import { toastFailed } from '../shell/toast.ts';

interface Props {
  readonly serviceId: string;
  readonly checks: readonly CheckView[];
  readonly chosen: string | undefined;
  readonly choose: (checkId: string) => void;
}

export function Checks({ serviceId, checks, chosen, choose }: Props) {
  const passing = checks.filter((check) => check.status === 'up').length;
  return (
    <Tile title="Checks" keyNumber={2} className="c8" sum={`${passing} of ${checks.length} up`}>
      <table className="chk-table">
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">What it saw last</th>
            <th scope="col" className="num">
              24{nbsp}h
            </th>
            <th scope="col" className="num">
              Limit
            </th>
            <th scope="col" className="num">
              Failed
            </th>
            <th scope="col" className="num">
              Last
            </th>
            <th scope="col">
              <span className="vh">Do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <CheckRow
              key={check.checkId}
              serviceId={serviceId}
              check={check}
              chosen={check.checkId === chosen}
              choose={() => choose(check.checkId)}
            />
          ))}
        </tbody>
      </table>
    </Tile>
  );
}

function Figure({ check }: { check: CheckView }) {
  const { p95Us, maxUs, count } = check.last24h;
  const us = p95Us ?? maxUs;
  if (us === null) return <span className="dim">{check.judged ? '–' : 'no time'}</span>;
  const over = check.limitMs !== null && us > check.limitMs * 1000;
  return (
    <span
      className={over ? 's-degraded' : undefined}
      title={p95Us === null ? `The slowest of ${count}; p95 after 20` : `p95, nearest rank, n ${count}`}
    >
      {micros(us)} <span className="dim">{p95Us === null ? 'max' : 'p95'}</span>
    </span>
  );
}

interface RowProps {
  readonly serviceId: string;
  readonly check: CheckView;
  readonly chosen: boolean;
  readonly choose: () => void;
}

function CheckRow({ serviceId, check, chosen, choose }: RowProps) {
  const nowMs = useNow(1_000);
  const blocked = useWriteBlock('services:write');
  const run = useMutation({
    mutationFn: () => call('checks.run', { serviceId, checkId: check.checkId }),
    onError: (error) => toastFailed(`${check.title} was not run`, error),
  });
  const last = check.lastResult;
  const saw = last === null ? 'no result yet' : last.outcome === 'pass' ? last.summary : last.sentence;
  return (
    <>
      <tr data-row className={run.data !== undefined ? 'open' : undefined}>
        <td className="nm-c">
          <span className="nm-line">
            <StatusShape status={check.status} label={statusWord[check.status]} />
            <button
              type="button"
              className="linkish"
              aria-pressed={chosen}
              onClick={choose}
              title="Show it on the axis"
            >
              {check.title}
            </button>
          </span>
          <small className="dim">
            {check.kind}, {every(check.intervalMs)}
          </small>
        </td>
        <td className={check.status === 'up' ? 'mut saw' : `saw s-${check.status}`}>
          {check.status === 'up' ? saw : check.statusSentence}
        </td>
        <td className="num">
          <Figure check={check} />
        </td>
        <td className="num dim">
          {check.limitMs === null ? (check.judged ? '–' : 'none') : micros(check.limitMs * 1000)}
        </td>
        <td className="num mut">
          {check.last24h.failCount} of {check.last24h.tellingCount.toLocaleString('en')}
        </td>
        <td className="num mut">{last === null ? '–' : `${age(nowMs - last.slotMs)} ago`}</td>
        <td className="num run">
          <button
            type="button"
            className="btn"
            aria-label={`${run.isPending ? 'Running' : 'Run now'}: ${check.title}`}
            disabled={blocked !== null || run.isPending}
            title={blocked ?? undefined}
            onClick={() => run.mutate()}
          >
            {run.isPending ? 'Running' : 'Run now'}
          </button>
        </td>
      </tr>
      {run.data !== undefined && (
        <tr className="ran">
          <td colSpan={7}>
            <Ran result={run.data} close={() => run.reset()} />
          </td>
        </tr>
      )}
    </>
  );
}

/** A run by hand is shown and not kept: it is no slot of the schedule, so it may not move a figure. */
function Ran({ result, close }: { result: Output<'checks.run'>; close: () => void }) {
  const observed = Object.entries(result.observed);
  return (
    <div className="ran-line" role="status">
      <StatusShape status={statusOfOutcome[result.outcome]} label={result.outcome} />
      <p>
        <b>{result.sentence}</b>
        {result.totalUs !== null && ` in ${micros(result.totalUs)}`}, run at {clockSeconds(result.atMs)}
        {nbsp}UTC, shown and not kept.
        {observed.length > 0 && (
          <span className="dim">
            {' '}
            {observed
              .slice(0, 4)
              .map(([name, value]) => `${factLabel(name)} ${factValue(name, value)}`)
              .join(', ')}
            {observed.length > 4 && `, ${plural(observed.length - 4, 'more')}`}
          </span>
        )}
      </p>
      <button type="button" className="linkish ev" onClick={close}>
        Close
      </button>
    </div>
  );
}

import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { call, type Output } from '../api/client.ts';
import { ledgerQuery } from '../api/queries.ts';
import { useNow } from '../live/use-live.ts';
import { plural, timeSeconds } from '../parts/format.ts';
import { PageHead } from '../parts/page-head.tsx';
import { StatusShape } from '../parts/status-shape.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { entryWords } from './entry-words.ts';
import './ledger.css';

type Entry = Output<'ledger.list'>['entries'][number];

export function LedgerPage() {
  const ledger = useInfiniteQuery(ledgerQuery);
  const verify = useMutation({ mutationFn: () => call('ledger.verify', {}) });
  const nowMs = useNow(60_000);
  const entries = ledger.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <PageHead
        title="Ledger"
        line="Every change, each sealed to the one before it, so that none can be altered unseen."
      >
        <button type="button" className="btn" disabled={verify.isPending} onClick={() => verify.mutate()}>
          {verify.isPending ? 'Recomputing' : 'Verify the chain'}
        </button>
      </PageHead>
      {verify.error && <ProblemNote what="The chain could not be verified." error={verify.error} />}
      {verify.data && <Verified outcome={verify.data} />}
      <Tile title="Entries" keyNumber={1} className="ledger" sum={ledger.data ? 'newest first' : 'reading'}>
        {ledger.error && !ledger.data && (
          <ProblemNote what="The ledger could not be read." error={ledger.error} retry={() => void ledger.refetch()} />
        )}
        {ledger.data && entries.length === 0 && (
          <EmptyNote
            lead="Nothing was changed yet."
            rest="Each change made here, in the file or by Pitwall itself gets its line."
          />
        )}
        {entries.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col" className="num">
                  No.
                </th>
                <th scope="col">When, UTC</th>
                <th scope="col">What</th>
                <th scope="col">Of what</th>
                <th scope="col">By whom</th>
                <th scope="col">Seal</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <EntryRow key={entry.id} entry={entry} nowMs={nowMs} />
              ))}
            </tbody>
          </table>
        )}
        {ledger.hasNextPage && (
          <p className="go">
            <button
              type="button"
              className="btn"
              disabled={ledger.isFetchingNextPage}
              onClick={() => void ledger.fetchNextPage()}
            >
              Older
            </button>
          </p>
        )}
      </Tile>
    </>
  );
}

function Verified({ outcome }: { outcome: Output<'ledger.verify'> }) {
  const count = outcome.chains.reduce((sum, chain) => sum + chain.entries, 0);
  return (
    <p className="verified" role="status">
      <StatusShape status={outcome.ok ? 'up' : 'down'} />{' '}
      {outcome.fault === null ? (
        <>
          <b>The chain holds:</b> {plural(count, 'entry', 'entries')} in {plural(outcome.chains.length, 'chain')},
          recomputed just now.
        </>
      ) : (
        <>
          <b className="s-down">The chain is broken</b> at {outcome.fault.chain} {outcome.fault.seq}:{' '}
          {outcome.fault.what}
        </>
      )}
    </p>
  );
}

function EntryRow({ entry, nowMs }: { entry: Entry; nowMs: number }) {
  return (
    <tr data-row>
      <td className="num dim">{entry.id.toLocaleString('en')}</td>
      <td className="mut nw">{timeSeconds(entry.atMs, nowMs)}</td>
      <td>
        <details>
          <summary>{entryWords(entry.kind, entry.body)}</summary>
          <p className="mono dim">{entry.kind}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
          <section className="mono entry-body" tabIndex={0} aria-label="The whole entry">
            {entry.body === null ? 'Erased; its seal stays' : JSON.stringify(entry.body, null, 2)}
          </section>
        </details>
      </td>
      <td className="subj">{entry.subject}</td>
      <td className="mut">{entry.actor}</td>
      <td className="mono dim" title={entry.hash}>
        {entry.hash.slice(0, 10)}
      </td>
    </tr>
  );
}

/** What listens on this machine, to be watched or left alone. No status: nothing is watched yet. */
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { BoardView } from '../../../contract/src/operations/board.ts';
import type { ProposalView } from '../../../contract/src/views.ts';
import { call } from '../api/client.ts';
import { queryClient } from '../api/queries.ts';
import { useWriteBlock } from '../live/use-live.ts';
import { plural } from '../parts/format.ts';
import { focusFound, foundAsked } from '../parts/found-focus.ts';
import { Tile } from '../parts/tile.tsx';
import { unwatch } from '../parts/unwatch.ts';
import { toastDone, toastFailed } from '../shell/toast.ts';

const settled = () => queryClient.invalidateQueries();

function useDecisions() {
  const accept = useMutation({
    mutationFn: (proposal: ProposalView) => call('proposals.accept', { proposalId: proposal.proposalId }),
    onSuccess: ({ serviceId, title }) =>
      toastDone(`${title} is watched, every 30 s`, {
        link: { text: 'Open it', href: `/services/${serviceId}` },
        undo: () => unwatch(serviceId, title),
      }),
    onError: (error, proposal) => toastFailed(`${proposal.title} is not watched`, error),
    onSettled: settled,
  });
  const ignore = useMutation({
    mutationFn: (proposal: ProposalView) => call('proposals.ignore', { proposalId: proposal.proposalId }),
    onSuccess: (_, proposal) =>
      toastDone(`${proposal.title} is left alone`, { link: { text: 'Ledger', href: '/ledger' } }),
    onError: (error, proposal) => toastFailed(`${proposal.title} is still proposed`, error),
    onSettled: settled,
  });
  const acceptAll = useMutation({
    // One after the other: each is a write of its own with its own line in the ledger.
    mutationFn: async (proposals: readonly ProposalView[]) => {
      for (const { proposalId } of proposals) await call('proposals.accept', { proposalId });
      return proposals.length;
    },
    onSuccess: (count) =>
      toastDone(`${plural(count, 'service is', 'services are')} watched, every 30 s`, {
        link: { text: 'Ledger', href: '/ledger' },
      }),
    onError: (error) => toastFailed('Not all are watched', error),
    onSettled: settled,
  });
  return { accept, ignore, acceptAll };
}

/** More than a machine of a small shop has; the rest waits for a word, so that the tiles below stay in sight. */
const mostRows = 8;

/** Comes into view when it was asked for, with the focus on what can be done. */
function useAskedFor() {
  const asked = foundAsked.use();
  const list = useRef<HTMLTableElement>(null);
  useEffect(() => {
    if (asked === 0) return;
    list.current?.scrollIntoView({ block: 'center' });
    list.current?.querySelector('button')?.focus();
  }, [asked]);
  return list;
}

export function Found({ view }: { view: BoardView }) {
  const list = useAskedFor();
  const [all, setAll] = useState(false);
  const hidden = all ? 0 : Math.max(0, view.proposals.length - mostRows);
  const { accept, ignore, acceptAll } = useDecisions();
  const blocked = useWriteBlock('services:write');
  const busy = (proposal: ProposalView) =>
    (accept.isPending && accept.variables.proposalId === proposal.proposalId) ||
    (ignore.isPending && ignore.variables.proposalId === proposal.proposalId) ||
    acceptAll.isPending;
  const worth = view.proposals.filter((proposal) => proposal.worthIt);
  return (
    <Tile title="Found on this machine" className="t-found" sum="each was asked one harmless question, once">
      <table ref={list}>
        <thead>
          <tr>
            <th scope="col">Listener</th>
            <th scope="col">Why we think so</th>
            <th scope="col">Would check, every 30 s</th>
            <th scope="col">
              <span className="vh">Decide</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {view.proposals.slice(0, view.proposals.length - hidden).map((proposal) => (
            <tr key={proposal.proposalId} data-row>
              <td className="fs">
                <b>{proposal.title}</b>
                <span>
                  {proposal.protocol} {proposal.port}
                </span>
              </td>
              <td className="fw">{proposal.why}</td>
              <td className={`fc ${proposal.worthIt ? '' : 'no dim'}`}>{proposal.wouldCheck}</td>
              <td className="fb">
                <button
                  type="button"
                  className="btn"
                  aria-label={`Watch ${proposal.title}, ${proposal.protocol} ${proposal.port}`}
                  title={blocked ?? undefined}
                  disabled={blocked !== null || busy(proposal)}
                  onClick={() => accept.mutate(proposal)}
                >
                  Watch
                </button>
                <button
                  type="button"
                  className="btn quiet"
                  aria-label={`Ignore ${proposal.title}, ${proposal.protocol} ${proposal.port}`}
                  title={blocked ?? undefined}
                  disabled={blocked !== null || busy(proposal)}
                  onClick={() => ignore.mutate(proposal)}
                >
                  Ignore
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="note">
        <p>
          {hidden > 0 && (
            <>
              <button type="button" className="linkish ev" onClick={() => setAll(true)}>
                {hidden} more
              </button>
              {'. '}
            </>
          )}
          {leftAlone(view.leftAlone, view.proposals.length)}
        </p>
        {worth.length > 1 && (
          <button
            type="button"
            className="btn"
            title={blocked ?? undefined}
            disabled={blocked !== null || acceptAll.isPending}
            onClick={() => acceptAll.mutate(worth)}
          >
            {worth.length === view.proposals.length ? `Watch all ${worth.length}` : `Watch the first ${worth.length}`}
          </button>
        )}
      </div>
    </Tile>
  );
}

function leftAlone(ports: readonly number[], proposalCount: number): string {
  const none = proposalCount === 0 ? 'Nothing waits for your word. ' : '';
  if (ports.length === 0) return `${none}No other machine was looked at.`;
  const list =
    ports.length === 1 ? `${ports[0]}, which is` : `${ports.slice(0, -1).join(', ')} and ${ports.at(-1)}, which are`;
  return `${none}Left alone: ${list} none of these. No other machine was looked at.`;
}

/** Past first start, what was found waits in one line until it is asked for. */
export function FoundLater({ view }: { view: BoardView }) {
  const asked = foundAsked.use();
  if (view.proposals.length === 0) return null;
  if (asked > 0) return <Found view={view} />;
  const names = view.proposals.slice(0, 4).map((proposal) => proposal.title);
  const rest = view.proposals.length - names.length;
  return (
    <p className="found-line">
      <span>
        {view.proposals.length} more found on this machine: {names.join(', ')}
        {rest > 0 && ` and ${rest} more`}
      </span>
      <button type="button" className="linkish ev" onClick={() => focusFound(() => {})}>
        Watch or ignore
      </button>
    </p>
  );
}

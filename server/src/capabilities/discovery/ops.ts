/** Watching or ignoring what was found. */
import type { Caller, SomeHandlers } from '../../../../contract/src/handlers.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Store } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import type { Proposal } from './domain.ts';
import type { Discovery } from './loop.ts';
import { insertDecision, type ProposalDecision } from './store.ts';

export interface DiscoveryHandlerOptions {
  readonly store: Store;
  readonly discovery: Discovery;
  readonly nowMs: () => number;
  /** Makes a service of the proposal, with its ledger entry. */
  readonly watch: (proposal: Proposal, caller: Caller) => Promise<{ serviceId: string; title: string }>;
  readonly onChanged: () => void;
}

export function discoveryHandlers(
  options: DiscoveryHandlerOptions,
): SomeHandlers<'proposals.list' | 'proposals.accept' | 'proposals.ignore'> {
  const { discovery, watch } = options;
  const find = (proposalId: string) => {
    const proposal = discovery.find(proposalId);
    if (proposal === undefined) {
      throw new PitwallError('not-found', `There is no proposal ${proposalId}`, {
        hint: 'It was decided already, or nothing listens there any more.',
      });
    }
    return proposal;
  };
  return {
    'proposals.list': async () => {
      const { proposals, leftAlone } = discovery.proposals();
      return { proposals: proposals.map(({ check: _, ...shown }) => shown), leftAlone: [...leftAlone] };
    },
    'proposals.accept': async ({ proposalId }, { caller }) => {
      const proposal = find(proposalId);
      // The service comes first: a crash in between leaves a watched port, which is not proposed either.
      const service = await watch(proposal, caller!);
      await decide(options, proposal, 'accepted', caller!);
      return service;
    },
    'proposals.ignore': async ({ proposalId }, { caller }) => {
      await decide(options, find(proposalId), 'ignored', caller!);
      return { proposalId };
    },
  };
}

async function decide(
  { store, discovery, nowMs, onChanged }: DiscoveryHandlerOptions,
  { proposalId, title, port }: Proposal,
  decision: ProposalDecision,
  { role, actor }: Caller,
): Promise<void> {
  const atMs = nowMs();
  await store.write(async (tx) => {
    await insertDecision(tx, proposalId, decision, atMs);
    await appendToLedger(tx, [
      {
        chain: `person:${role}`,
        kind: decision === 'accepted' ? 'proposals.accept' : 'proposals.ignore',
        atMs,
        actor,
        subject: proposalId,
        body: { title, port },
      },
    ]);
  });
  await discovery.refresh();
  onChanged();
}

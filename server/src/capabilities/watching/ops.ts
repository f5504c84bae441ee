/** Looking at an address, watching it, running a check by hand. */
import type { Caller, SomeHandlers } from '../../../../contract/src/handlers.ts';
import { type ReasonCode, reasonSentence } from '../../../../contract/src/reasons.ts';
import type { LookView } from '../../../../contract/src/views.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import type { AnyKind, ProbeResult } from '../checks/kind.ts';
import { appendToLedger } from '../ledger/api.ts';
import type { WatchedCheck } from '../services/api.ts';
import { type Address, type PageService, pageDefaults, parseAddress, secretsOf, shownSpec, slugFor } from './domain.ts';
import type { Estate } from './estate.ts';

export interface WatchingOptions {
  readonly store: Store;
  readonly estate: Estate;
  readonly kinds: ReadonlyMap<string, AnyKind>;
  readonly runOnce: (check: WatchedCheck) => Promise<ProbeResult>;
  readonly nowMs: () => number;
  /** A service that came from a proposal was removed: in the same transaction, the proposal may be made again. */
  readonly forgetProposal: (tx: WriteTransaction, proposalId: string) => Promise<void>;
  readonly onRemoved: () => void;
}

type Names = 'services.look' | 'services.create' | 'services.remove' | 'checks.run';

export function watchingHandlers(options: WatchingOptions): SomeHandlers<Names> {
  const { store, estate, nowMs } = options;
  return {
    'services.look': async ({ address }) => (await look(options, parsed(address))).view,
    'services.create': async ({ address, title, facesCustomers }, { caller }) => {
      const target = parsed(address);
      const { view, spec } = await look(options, target);
      const service: PageService = {
        serviceId: view.serviceId,
        title: title ?? view.title,
        facesCustomers,
        check: { kind: target.kind, spec },
      };
      return watchService(options, service, caller!);
    },
    'services.remove': async ({ serviceId }, { caller }) => {
      const service = estate.services().find((candidate) => candidate.serviceId === serviceId);
      if (service === undefined) throw new PitwallError('not-found', `There is no service ${serviceId}`);
      if (service.origin !== 'page') {
        throw new PitwallError('read-only', `${service.title} was not added on the page`, {
          hint:
            service.origin === 'config' ? 'Remove it from the configuration file.' : 'Pitwall always watches itself.',
        });
      }
      await store.write(async (tx) => {
        const removed = await estate.remove(tx, serviceId);
        if (removed?.proposalId !== undefined) await options.forgetProposal(tx, removed.proposalId);
        await note(tx, caller!, 'services.remove', serviceId, nowMs(), {});
      });
      await estate.refresh();
      options.onRemoved();
      return { serviceId };
    },
    'checks.run': async ({ serviceId, checkId }) => {
      const service = estate.services().find((candidate) => candidate.serviceId === serviceId);
      const check = service?.checks.find((candidate) => candidate.checkId === checkId);
      if (check === undefined) throw new PitwallError('not-found', `There is no check ${serviceId}/${checkId}`);
      const result = await options.runOnce(check);
      return { atMs: nowMs(), reason: result.reason, ...shownResult(result) };
    },
  };
}

/** Stores a service made on the page with its ledger entry, and watches it. */
export async function watchService(
  { store, estate, nowMs }: Pick<WatchingOptions, 'store' | 'estate' | 'nowMs'>,
  service: PageService,
  caller: Caller,
): Promise<{ serviceId: string; title: string }> {
  const { serviceId, title } = service;
  await store.write(async (tx) => {
    await estate.put(tx, service, nowMs());
    const { check, ...about } = service;
    const body = { ...about, check: { ...check, spec: shownSpec(check.spec) } };
    await note(tx, caller, 'services.create', serviceId, nowMs(), body);
  });
  await estate.refresh();
  return { serviceId, title };
}

async function note(
  tx: WriteTransaction,
  caller: Caller,
  kind: string,
  subject: string,
  atMs: number,
  body: unknown,
): Promise<void> {
  await appendToLedger(tx, [{ chain: `person:${caller.role}`, kind, atMs, actor: caller.actor, subject, body }]);
}

function parsed(address: string): Address {
  const target = parseAddress(address);
  if ('fault' in target) throw new PitwallError('invalid-input', target.fault, { path: 'address' });
  return target;
}

async function look(options: WatchingOptions, target: Address): Promise<{ view: LookView; spec: unknown }> {
  const plain = target.kind === 'http' ? { url: target.url } : { host: target.host, port: target.port };
  const kind = options.kinds.get(target.kind)!;
  const taken = new Set(options.estate.services().map((service) => service.serviceId));
  const title = target.kind === 'http' ? hostTitle(target) : `${target.host}:${target.port}`;
  const serviceId = slugFor(title, taken);
  const result = await options.runOnce(onceCheck(kind, serviceId, plain));
  if (result.reason === 'address-not-allowed') {
    throw new PitwallError('address-not-allowed', reasonSentence(result.reason, result.evidence?.facts));
  }
  const { spec, wouldCheck } = keptSpec(target, plain, result);
  const address = target.kind === 'http' ? target.url : `tcp://${target.host}:${target.port}`;
  return { spec, view: { address, kind: target.kind, title, serviceId, ...shownResult(result), wouldCheck } };
}

function hostTitle(target: Address & { kind: 'http' }): string {
  const { host, pathname } = new URL(target.url);
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  return `${host.replace(/^www\./, '')}${path}`.slice(0, 80);
}

/** What answers with another code than 2xx today is expected to go on doing so; what is broken is not the norm. */
function keptSpec(target: Address, plain: object, result: ProbeResult): { spec: unknown; wouldCheck: string } {
  if (target.kind === 'tcp') return { spec: plain, wouldCheck: 'the port accepts connections' };
  const status = result.evidence?.statusCode;
  if (result.reason === 'wrong-status' && status !== undefined && status < 500 && status !== 429) {
    return { spec: { ...plain, expect: { status } }, wouldCheck: `it answers ${status}; name a page for more` };
  }
  return { spec: plain, wouldCheck: 'the page answers with 200 to 299' };
}

function onceCheck(kind: AnyKind, serviceId: string, plain: object): WatchedCheck {
  const spec = kind.schema.parse(plain);
  const names = { key: `${serviceId}/look`, serviceId, checkId: 'look', title: 'Look', kind: kind.kind };
  return {
    ...names,
    ...pageDefaults,
    retries: 0,
    spec,
    shownSpec: shownSpec(plain),
    secrets: secretsOf(plain),
    missing: [],
  };
}

function shownResult(result: ProbeResult) {
  const reason: ReasonCode = result.reason;
  return {
    outcome: result.outcome,
    sentence: reasonSentence(reason, result.evidence?.facts),
    totalUs: result.totalUs < 0 ? null : result.totalUs,
    phases: { ...result.phases },
    observed: { ...result.observed },
  };
}

/** Looks once a minute for new listeners of this machine, and asks each one harmless question, once. */

import { askListener } from '../../platform/ask-listener.ts';
import type { Clock } from '../../platform/clock.ts';
import { findListeners as systemListeners } from '../../platform/listeners.ts';
import type { Store } from '../../storage/store.ts';
import { type Answer, classify, isLeftAlone, type Listener, type Proposal, questionFor } from './domain.ts';
import { parseHttpAnswer } from './http-answer.ts';
import { readDecided } from './store.ts';

export interface DiscoveryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Ports that are watched already, or are Pitwall's own. */
  readonly knownPorts: () => ReadonlySet<number>;
  /** The list of proposals may be another now. */
  readonly onChanged: () => void;
  /** Something that must not happen did; the next look is tried all the same. */
  readonly onFatal: (error: unknown) => void;
  readonly intervalMs?: number;
  readonly findListeners?: () => Promise<readonly Listener[]>;
  readonly ask?: (listener: Listener) => Promise<Omit<Answer, 'http'>>;
}

export interface Discovery {
  /** What was found and is neither watched nor decided; what was left alone. */
  proposals(): { readonly proposals: readonly Proposal[]; readonly leftAlone: readonly number[] };
  find(proposalId: string): Proposal | undefined;
  /** Looks now; resolves when every new listener has been asked. */
  scan(): Promise<void>;
  /** Decisions were stored: read them again. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

const scanIntervalMs = 60_000;
const mostAtOnce = 4;
/** A machine with more listeners than this is no shop's server; the rest is left alone. */
const mostAsked = 200;

/** Starts looking; the first look is under way when this resolves. */
export async function startDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const discovery = new DiscoveryLoop(options);
  await discovery.refresh();
  discovery.scan().catch(options.onFatal);
  return discovery;
}

interface Finding {
  readonly program: string | undefined;
  readonly what: Proposal | 'left-alone' | undefined;
}

/** One folder may run several programs: watched under one name, nobody could tell their alerts apart. */
function distinctTitles(proposals: readonly Proposal[]): Proposal[] {
  const uses = new Map<string, number>();
  for (const { title } of proposals) uses.set(title, (uses.get(title) ?? 0) + 1);
  return proposals.map((proposal) =>
    uses.get(proposal.title) === 1 ? proposal : { ...proposal, title: `${proposal.title} ${proposal.port}` },
  );
}

class DiscoveryLoop implements Discovery {
  readonly #options: DiscoveryOptions;
  /** What each port turned out to be; kept while Pitwall runs, so that nobody is asked twice. */
  readonly #findings = new Map<number, Finding>();
  #listeners: readonly Listener[] = [];
  #decided: ReadonlySet<string> = new Set();
  #scanning: Promise<void> | undefined;
  #told = '';
  #cancelTimer = () => {};
  #stopped = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  proposals() {
    const known = this.#options.knownPorts();
    const proposals: Proposal[] = [];
    const leftAlone: number[] = [];
    for (const listener of this.#listeners) {
      const finding = isLeftAlone(listener.port) ? 'left-alone' : this.#findings.get(listener.port)?.what;
      if (finding === 'left-alone') leftAlone.push(listener.port);
      else if (finding !== undefined && !known.has(listener.port) && !this.#decided.has(finding.proposalId)) {
        proposals.push(finding);
      }
    }
    // What is worth watching first: pages before ports, tools last.
    const rank = ({ worthIt, protocol }: Proposal) => (worthIt ? 0 : 2) + (protocol === 'HTTP' ? 0 : 1);
    proposals.sort((a, b) => rank(a) - rank(b) || a.port - b.port);
    return { proposals: distinctTitles(proposals), leftAlone };
  }

  find(proposalId: string): Proposal | undefined {
    return this.proposals().proposals.find((proposal) => proposal.proposalId === proposalId);
  }

  async refresh(): Promise<void> {
    this.#decided = await readDecided(this.#options.store.read);
  }

  scan(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined;
      if (this.#stopped) return;
      const { clock, onFatal, intervalMs = scanIntervalMs } = this.#options;
      this.#cancelTimer();
      this.#cancelTimer = clock.setTimer(() => this.scan().catch(onFatal), intervalMs);
    });
    return this.#scanning;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#scanning;
  }

  async #scan(): Promise<void> {
    const { findListeners = systemListeners } = this.#options;
    this.#told = this.#shown();
    this.#listeners = await findListeners();
    const known = this.#options.knownPorts();
    const unasked = this.#listeners.filter(
      (listener) => !isLeftAlone(listener.port) && !known.has(listener.port) && !this.#wasAsked(listener),
    );
    const queue = unasked.slice(0, Math.max(0, mostAsked - this.#findings.size));
    await Promise.all(Array.from({ length: mostAtOnce }, () => this.#work(queue)));
    this.#tell();
  }

  /** One by one: a machine has many that say nothing, each for two seconds, and the page need not wait for them. */
  #tell(): void {
    const shown = this.#shown();
    if (shown === this.#told) return;
    this.#told = shown;
    this.#options.onChanged();
  }

  async #work(queue: Listener[]): Promise<void> {
    for (let next = queue.shift(); next !== undefined && !this.#stopped; next = queue.shift()) {
      // Noted before the question: whatever happens, it was the only one.
      const { port, program } = next;
      this.#findings.set(port, { program, what: undefined });
      const answer = await this.#ask(next);
      const what = classify(next, { ...answer, http: parseHttpAnswer(answer.bytes) });
      this.#findings.set(port, { program, what });
      this.#tell();
    }
  }

  /** Another program on the same port is another listener; one whose name cannot be read just now is not. */
  #wasAsked({ port, program }: Listener): boolean {
    const finding = this.#findings.get(port);
    if (finding === undefined) return false;
    return finding.program === undefined || program === undefined || finding.program === program;
  }

  #ask(listener: Listener): Promise<Omit<Answer, 'http'>> {
    const { ask, clock } = this.#options;
    if (ask !== undefined) return ask(listener);
    const { port, address } = listener;
    return askListener({ port, address, ...questionFor(listener) }, clock);
  }

  #shown(): string {
    return JSON.stringify(this.proposals());
  }
}

/** How a plain conversation is turned into an encrypted one, protocol by protocol. Pure: what is heard goes in, what is said comes out. */

export const startTlsProtocols = ['smtp', 'imap', 'pop3', 'postgres'] as const;
export type StartTlsProtocol = (typeof startTlsProtocols)[number];

/** Where each protocol is usually found. */
export const startTlsPorts: Readonly<Record<StartTlsProtocol, number>> = {
  smtp: 587,
  imap: 143,
  pop3: 110,
  postgres: 5_432,
};

export type Step =
  | { readonly kind: 'more' }
  | { readonly kind: 'say'; readonly bytes: Buffer }
  /** Encryption may begin. */
  | { readonly kind: 'ready' }
  /** It will not be had: why, as it reads after “No encrypted connection:”. */
  | { readonly kind: 'refused'; readonly why: string };

const more: Step = { kind: 'more' };
const ready: Step = { kind: 'ready' };
const say = (text: string): Step => ({ kind: 'say', bytes: Buffer.from(text, 'latin1') });
const refused = (why: string): Step => ({ kind: 'refused', why });

/** Greetings are a few hundred bytes; who says more than this is no server of the kind. */
const mostBytes = 8_192;
const notOffered = 'the server does not offer STARTTLS';
/** Postgres’s SSLRequest: its length, and a number that is no version of the protocol. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export class StartTls {
  readonly #protocol: StartTlsProtocol;
  #heard = '';
  #heardBytes = 0;
  #stage: 'greeting' | 'offers' | 'go-ahead' = 'greeting';

  constructor(protocol: StartTlsProtocol) {
    this.#protocol = protocol;
  }

  /** What is said first, before anything was heard. */
  begin(): Step {
    return this.#protocol === 'postgres' ? { kind: 'say', bytes: sslRequest } : more;
  }

  push(bytes: Buffer): Step {
    this.#heardBytes += bytes.length;
    this.#heard += bytes.toString('latin1');
    if (this.#protocol === 'postgres') return this.#postgres();
    let step = more;
    for (let end = this.#heard.indexOf('\n'); end >= 0 && step === more; end = this.#heard.indexOf('\n')) {
      const line = this.#heard.slice(0, end).replace(/\r$/, '');
      this.#heard = this.#heard.slice(end + 1);
      step = this.#protocol === 'smtp' ? this.#smtp(line) : this.#mailbox(line);
    }
    // What comes after the go-ahead and before encryption could be slipped in by anybody.
    if (step === ready && this.#heard !== '') return refused('the server said more before it was encrypted');
    return step === more && this.#heardBytes > mostBytes ? refused(`the server does not speak ${this.#name()}`) : step;
  }

  #postgres(): Step {
    if (this.#heard === 'S') return ready;
    if (this.#heard[0] === 'N') return refused('the server has encryption turned off');
    if (this.#heard[0] === 'S') return refused('the server said more before it was encrypted');
    return this.#heard === '' ? more : refused('the server does not speak the protocol of Postgres');
  }

  #offersStartTls = false;

  /** A reply is lines of `250-…`, the last `250 …` (RFC 5321 §4.2.1). */
  #smtp(line: string): Step {
    const [, code, mark, text] = /^(\d{3})([ -]?)(.*)$/.exec(line) ?? [];
    if (code === undefined) return refused('the server does not speak SMTP');
    if (this.#stage === 'offers' && /^STARTTLS\b/i.test(text!)) this.#offersStartTls = true;
    if (mark === '-') return more;
    if (this.#stage === 'greeting') {
      if (code !== '220') return refused(`the server greets with ${code}`);
      this.#stage = 'offers';
      return say('EHLO pitwall.invalid\r\n');
    }
    if (this.#stage === 'offers') {
      if (code !== '250') return refused(`the server answers ${code} to EHLO`);
      if (!this.#offersStartTls) return refused(notOffered);
      this.#stage = 'go-ahead';
      return say('STARTTLS\r\n');
    }
    return code === '220' ? ready : refused(`the server answers ${code} to STARTTLS`);
  }

  /** IMAP and POP3: a greeting, one command, one answer. */
  #mailbox(line: string): Step {
    const imap = this.#protocol === 'imap';
    if (this.#stage === 'greeting') {
      if (!(imap ? /^\* (OK|PREAUTH)\b/i : /^\+OK\b/i).test(line))
        return refused(`the server does not speak ${this.#name()}`);
      this.#stage = 'go-ahead';
      return say(imap ? 'a STARTTLS\r\n' : 'STLS\r\n');
    }
    if (imap && line.startsWith('* ')) return more;
    return (imap ? /^a OK\b/i : /^\+OK\b/i).test(line) ? ready : refused(notOffered);
  }

  #name(): string {
    return this.#protocol.toUpperCase();
  }
}

/** Reads a stream of events (WHATWG HTML §9.2) from the bytes of an answer. Pure. */
import { StringDecoder } from 'node:string_decoder';

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

export class EventStreamReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onEvent: (event: StreamEvent) => void;
  #pending = '';
  #event = '';
  #data: string[] = [];
  #begun = false;
  /** A CR may be followed by the LF that belongs to it. */
  #afterReturn = false;

  constructor(onEvent: (event: StreamEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(bytes: Buffer): void {
    let text = this.#decoder.write(bytes);
    if (text === '') return;
    if (!this.#begun) {
      this.#begun = true;
      if (text.startsWith('\ufeff')) text = text.slice(1);
    }
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1);
    this.#afterReturn = text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = this.#pending + lines[0]!;
    this.#pending = lines.pop()!;
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') {
      const event = { event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n') };
      const whole = this.#data.length > 0;
      this.#event = '';
      this.#data = [];
      if (whole) this.#onEvent(event);
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
  }
}

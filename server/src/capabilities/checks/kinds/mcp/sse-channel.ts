/** MCP over HTTP as it was until 2025: one stream of events for all that the server says, and a POST for each message. */
import type { AnswerListener } from '../../../../platform/http-exchange.ts';
import { type Channel, type Spoken, timeUp, Waiting } from './channel.ts';
import { EventStreamReader } from './event-stream.ts';
import { needsLogin, notMcpAnswer } from './http-channel.ts';
import { type HttpDoor, mediaType } from './http-door.ts';
import { McpFault, type Message, notMcp, parseJson, type RpcAnswer, replyTo } from './messages.ts';

export class SseChannel implements Channel {
  readonly #door: HttpDoor;
  readonly #waiting = new Waiting((request) => void this.#post(replyTo(request), true).catch(() => {}));
  readonly #endpoint = Promise.withResolvers<URL>();
  #spoken: Spoken | undefined;
  #opened = false;
  #left = false;

  constructor(door: HttpDoor) {
    this.#door = door;
    this.#endpoint.promise.catch(() => {});
  }

  agree(spoken: Spoken): void {
    this.#spoken = spoken;
  }

  async ask(message: Message): Promise<RpcAnswer> {
    if (!this.#opened) this.#open();
    const answer = this.#waiting.answerTo(message);
    answer.catch(() => {});
    await Promise.race([this.#post(message), answer]);
    return answer;
  }

  async tell(message: Message): Promise<void> {
    await this.#post(message);
  }

  /** The stream is the session. */
  leave(): Promise<void> {
    this.#left = true;
    this.#door.drop();
    return Promise.resolve();
  }

  drop(): void {
    this.#fail(timeUp());
    this.#door.drop();
  }

  #fail(fault: McpFault): void {
    this.#endpoint.reject(fault);
    this.#waiting.fail(fault);
  }

  #open(): void {
    this.#opened = true;
    const reader = new EventStreamReader(({ event, data }) => {
      if (event === 'endpoint') this.#meet(data);
      else if (event === 'message') this.#waiting.take(parseJson(data));
    });
    let isStream = false;
    const listener: AnswerListener = {
      onHead: (statusCode, rawHeaders) => {
        isStream = statusCode === 200 && mediaType(rawHeaders) === 'text/event-stream';
      },
      onBody(part) {
        if (isStream) reader.push(part);
        return 'more';
      },
    };
    this.#door
      .exchange({ method: 'GET', headers: { Accept: 'text/event-stream' }, listener, untimed: true })
      .then((answer) => {
        if (this.#left) return;
        const { statusCode, rawHeaders } = answer;
        if (statusCode === 401) throw needsLogin(rawHeaders, this.#door.hasLogin);
        if (statusCode !== 200) throw new McpFault('wrong-status', { actual: statusCode, expected: '200' });
        if (!isStream) throw notMcpAnswer(answer, this.#door.text(answer));
        throw new McpFault('connection-closed', { doing: 'reading the answer' });
      })
      .catch((error: McpFault) => this.#fail(error));
  }

  /** Where messages are sent; a server that names another machine is not followed there. */
  #meet(written: string): void {
    const url = URL.parse(written, this.#door.url.href);
    if (url === null) this.#fail(notMcp('the place for messages is no address'));
    else if (url.origin !== this.#door.url.origin) this.#fail(notMcp('the place for messages is at another address'));
    else this.#endpoint.resolve(url);
  }

  async #post(message: object, isReply = false): Promise<void> {
    const url = await this.#endpoint.promise;
    const version: Record<string, string> =
      this.#spoken === undefined ? {} : { 'MCP-Protocol-Version': this.#spoken.version };
    const { statusCode, rawHeaders } = await this.#door.exchange({
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...version },
      body: JSON.stringify(message),
      url,
      ...(isReply ? { untimed: true } : {}),
    });
    if (statusCode === 401) throw needsLogin(rawHeaders, this.#door.hasLogin);
    if (statusCode < 200 || statusCode > 299)
      throw new McpFault('wrong-status', { actual: statusCode, expected: '202' });
  }
}

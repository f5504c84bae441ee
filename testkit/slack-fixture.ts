/** A server that takes incoming webhooks as Slack documents them, Mattermost's attachments too, and refuses what Slack refuses. */
import { z } from 'zod';
import { type Behaviour, type ReceivedRequest, WebhookReceiver } from './webhook-receiver.ts';

const mrkdwn = z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000) });
const plain = z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(75) });
const field = z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(2_000) });
const button = z.strictObject({
  type: z.literal('button'),
  text: plain,
  url: z.url().max(3_000),
  action_id: z.string().max(255),
});
/** The blocks and limits of docs.slack.dev/reference/block-kit/blocks that Pitwall uses. */
const block = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('section'),
    text: mrkdwn.optional(),
    fields: z.array(field).min(1).max(10).optional(),
  }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(button).min(1).max(25) }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn).min(1).max(10) }),
]);
const color = z.string().regex(/^#[0-9a-f]{6}$/);
const blocksForm = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z.array(block).min(1).max(50),
  attachments: z
    .array(z.strictObject({ color, fallback: z.string(), blocks: z.array(block).min(1).max(50) }))
    .length(1),
});
const attachmentsForm = z.strictObject({
  text: z.string().min(1),
  username: z.string().optional(),
  attachments: z
    .array(
      z.strictObject({
        color,
        fallback: z.string(),
        title: z.string(),
        title_link: z.url(),
        text: z.string(),
        fields: z.array(z.strictObject({ title: z.string(), value: z.string(), short: z.boolean() })),
        footer: z.string().max(300),
      }),
    )
    .length(1),
});

export interface Shown {
  readonly form: 'blocks' | 'attachments';
  readonly notification: string;
  readonly colour: string;
  /** Everything a reader sees, in order. */
  readonly text: string;
  readonly buttons: readonly { readonly text: string; readonly url: string }[];
}

export class SlackFixture {
  /** What its readers see, message by message. */
  readonly shown: Shown[] = [];
  readonly #receiver: WebhookReceiver;
  #next: Behaviour | undefined;

  private constructor(receiver: WebhookReceiver) {
    this.#receiver = receiver;
    receiver.answerWith((request) => this.#take(request));
  }

  static async start(): Promise<SlackFixture> {
    return new SlackFixture(await WebhookReceiver.start());
  }

  get url(): string {
    return this.#receiver.url;
  }

  answerNext(behaviour: Behaviour): void {
    this.#next = behaviour;
  }

  #take({ body, headers }: ReceivedRequest): Behaviour {
    const met = this.#next;
    this.#next = undefined;
    if (met !== undefined) return met;
    const said = headers['content-type']?.startsWith('application/json') === true ? parsed(body) : undefined;
    const blocks = blocksForm.safeParse(said).data;
    const attachments = blocks === undefined ? attachmentsForm.safeParse(said).data : undefined;
    if (blocks !== undefined) this.shown.push(shownOfBlocks(blocks));
    else if (attachments !== undefined) this.shown.push(shownOfAttachments(attachments));
    else return { status: 400, body: 'invalid_payload' };
    return { status: 200, body: 'ok' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver[Symbol.asyncDispose]();
  }
}

function shownOfBlocks({ text, blocks, attachments }: z.output<typeof blocksForm>): Shown {
  const [attached] = attachments;
  const all = [...blocks, ...attached!.blocks];
  return {
    form: 'blocks',
    notification: text,
    colour: attached!.color,
    text: all.flatMap(textsOf).join('\n'),
    buttons: all.flatMap((one) =>
      one.type === 'actions' ? one.elements.map((each) => ({ text: each.text.text, url: each.url })) : [],
    ),
  };
}

function textsOf(one: z.output<typeof block>): string[] {
  if (one.type === 'actions') return [];
  if (one.type === 'context') return one.elements.map(({ text }) => text);
  return [...(one.text === undefined ? [] : [one.text.text]), ...(one.fields ?? []).map(({ text }) => text)];
}

function shownOfAttachments({ text, attachments }: z.output<typeof attachmentsForm>): Shown {
  const one = attachments[0]!;
  return {
    form: 'attachments',
    notification: text,
    colour: one.color,
    text: [text, one.text, ...one.fields.map(({ title, value }) => `${title}\n${value}`), one.footer].join('\n'),
    buttons: [{ text: one.title, url: one.title_link }],
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { refuseUnseen } from '../unseen.ts';
import { channelViewSchema } from '../views.ts';

const channelId = z.string().min(1).max(64).describe('The channel, such as `chat`');
const deliveryState = z.enum(['pending', 'delivered', 'failed']);

export const channelsList = defineOperation({
  name: 'channels.list',
  summary: 'Who is told, whether it arrives, and what waits.',
  http: { method: 'GET', path: '/channels' },
  input: z.strictObject({}),
  output: z.strictObject({ channels: z.array(channelViewSchema) }),
  scope: 'board:read',
  effect: 'read',
  errors: [],
  mcp: false,
});

export const channelsCreate = defineOperation({
  name: 'channels.create',
  summary:
    'Tells a webhook, or Slack, about every change from now on; answers with the secret that signs its messages, once.',
  http: { method: 'POST', path: '/channels' },
  input: z.strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .superRefine(refuseUnseen)
      .describe('Where messages are posted'),
  }),
  output: z.strictObject({
    channelId: z.string(),
    secret: z.string().nullable().describe('whsec_…: shown this once; none for Slack, whose address is the secret'),
  }),
  scope: 'channels:write',
  effect: 'write',
  errors: ['invalid-input', 'address-not-allowed', 'conflict', 'limit-reached'],
  mcp: false,
});

export const channelsTest = defineOperation({
  name: 'channels.test',
  summary: 'Sends a test message through a channel, marked as one, and says what came of it.',
  http: { method: 'POST', path: '/channels/{channelId}/test' },
  input: z.strictObject({ channelId }),
  output: z.strictObject({
    messageId: z.string(),
    state: deliveryState.describe('`pending`: the first attempt came to nothing, and is repeated'),
    attempts: z.int(),
    lastError: z.string().nullable(),
  }),
  scope: 'channels:write',
  effect: 'write',
  errors: ['not-found'],
  mcp: false,
});

export const channelsRemove = defineOperation({
  name: 'channels.remove',
  summary: 'Stops telling a channel that was added on the page.',
  http: { method: 'DELETE', path: '/channels/{channelId}' },
  input: z.strictObject({ channelId }),
  output: z.strictObject({ channelId: z.string() }),
  scope: 'channels:write',
  effect: 'write',
  errors: ['not-found', 'read-only'],
  mcp: false,
});

export const messagesList = defineOperation({
  name: 'messages.list',
  summary: 'What was sent to whom, how often it was tried, and what came of it; newest first.',
  http: { method: 'GET', path: '/messages' },
  input: z.strictObject({
    beforeId: z.coerce.number().int().optional().describe('Only older ones: the nextBeforeId of the page before'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.strictObject({
    messages: z.array(
      z.strictObject({
        id: z.int(),
        messageId: z.string(),
        channelId: z.string(),
        title: z.string(),
        state: deliveryState,
        attempts: z.int(),
        possibleRepeat: z.boolean(),
        lastError: z.string().nullable(),
        createdAtMs: z.int(),
        finishedAtMs: z.int().nullable(),
      }),
    ),
    nextBeforeId: z.int().nullable(),
  }),
  scope: 'board:read',
  effect: 'read',
  errors: [],
  mcp: {
    tool: 'list_messages',
    title: 'Who was told',
    description: 'Which messages went to which channel, when, and whether they arrived; newest first.',
    input: z.strictObject({
      beforeId: z.int().optional().describe('Only older ones: the nextBeforeId of the page before'),
      limit: z.int().min(1).max(50).default(20),
    }),
  },
});

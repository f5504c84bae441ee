/** The settings of kind `mcp`. Config, form, JSON Schema and docs come from here. */
import { z } from 'zod';
import { limitSchema } from '../../limits.ts';
import { headerName, headerText, jsonPath } from '../http/spec.ts';

/** A NUL would end an argument early. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is refused
const withoutNul = /^[^\x00]*$/;
const argument = z.string().max(4_096).regex(withoutNul, 'cannot stand in an argument');

const callExpectSchema = z.strictObject({
  text: z.string().min(1).max(1_024).optional().describe('A text that must be in what the tool answers'),
  notText: z.string().min(1).max(1_024).optional().describe('A text that must not be in what the tool answers'),
  json: z
    .record(jsonPath, z.json())
    .optional()
    .describe(
      'Places in the structured answer, or in the JSON that its text is, such as $.count, and the value each must have',
    ),
  isError: z.boolean().optional().meta({ description: 'Whether the tool must say that it failed', default: false }),
  latency: z
    .strictObject({ total: limitSchema('From calling the tool to its whole answer').optional() })
    .optional()
    .describe('A limit such as 2s; what is slower is degraded, not failed'),
});

const callSchema = z.strictObject({
  tool: z.string().min(1).max(256).describe('The tool that is called. Choose one that only reads'),
  arguments: z.record(z.string(), z.json()).optional().describe('What it is called with'),
  expect: callExpectSchema.optional().describe('What must be true of its answer'),
});

const expectSchema = z.strictObject({
  server: z
    .strictObject({
      name: z.string().min(1).optional().describe('The name it must give itself'),
      version: z.string().min(1).optional().describe('The version it must give'),
    })
    .optional()
    .describe('How the server must introduce itself'),
  tools: z.array(z.string().min(1).max(256)).min(1).max(200).optional().describe('Tools that it must offer'),
  latency: z
    .strictObject({
      total: limitSchema('Everything, from the name or the start of the program to the last answer').optional(),
    })
    .optional()
    .describe('A limit such as 2s; what is slower is degraded, not failed'),
});

const fields = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'not an http or https address' })
    .max(4_000)
    .refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), { error: 'a log-in belongs into token or headers' })
    .optional()
    .describe('The address of the MCP endpoint, such as https://shop.example/mcp'),
  transport: z.enum(['streamable-http', 'sse']).optional().meta({
    description: 'How it is spoken over HTTP; `sse` is the older way, with a stream at the address',
    default: 'streamable-http',
  }),
  command: z
    .array(argument)
    .min(1)
    .max(100)
    .refine(([program]) => program !== '', { error: 'the program has no name' })
    .optional()
    .describe(
      'In place of an address: a program on this machine and its arguments, run without a shell, spoken to over its ' +
        'standard input and output. Its whole process group is killed when the check is over',
    ),
  env: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'not the name of a variable'), z.string().regex(withoutNul))
    .optional()
    .describe('Variables that the program gets beside PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ and TMPDIR'),
  folder: argument.min(1).optional().describe('The folder that the program runs in'),
  token: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/, 'a token has no blanks and no letters beyond ASCII')
    .optional()
    .describe('The bearer token that is sent'),
  headers: z.record(headerName, headerText).optional().describe('Headers that are sent with each request'),
  tls: z
    .strictObject({
      verify: z.boolean().optional().meta({ description: 'Refuses certificates that are not valid', default: true }),
    })
    .optional()
    .describe('How the certificate is judged'),
  reach: z
    .enum(['session', 'endpoint'])
    .optional()
    .meta({
      description:
        '`session` speaks MCP. `endpoint` only looks, by one plain GET, whether an MCP endpoint answers there: cheap ' +
        'for both sides, but a broken tool stays unseen',
      default: 'session',
    }),
  call: callSchema
    .optional()
    .describe(
      'A tool that is called, and what it must answer. Each call wakes a machine that stops when idle and may count ' +
        'against a quota: `interval: 15m` is often enough',
    ),
  expect: expectSchema.optional().describe('What must be true of the server'),
});

type Fields = z.output<typeof fields>;

interface Contradiction {
  readonly key: keyof Fields;
  readonly message: string;
  readonly fix: string;
}

function contradiction(spec: Fields): Contradiction | undefined {
  const { url, command } = spec;
  if (url === undefined && command === undefined)
    return { key: 'url', message: '`url` is missing', fix: 'add `url: …`, or `command: […]` for a program' };
  if (url !== undefined && command !== undefined)
    return { key: 'command', message: 'there is a `url` already', fix: 'remove one of the two' };
  const forHttp = (['transport', 'token', 'headers', 'tls', 'reach'] as const).find((key) => spec[key] !== undefined);
  if (command !== undefined && forHttp !== undefined)
    return { key: forHttp, message: `\`${forHttp}\` is for an address, not for a program`, fix: 'remove it' };
  const forProgram = (['env', 'folder'] as const).find((key) => spec[key] !== undefined);
  if (url !== undefined && forProgram !== undefined)
    return { key: forProgram, message: `\`${forProgram}\` is for a program, not for an address`, fix: 'remove it' };
  if (spec.reach !== 'endpoint') return undefined;
  const fix = 'remove it, or `reach: endpoint`';
  if (spec.call !== undefined) return { key: 'call', message: 'with `reach: endpoint` no tool is called', fix };
  if (spec.expect?.tools !== undefined || spec.expect?.server !== undefined)
    return { key: 'expect', message: 'with `reach: endpoint` neither name nor tools are seen', fix };
  return undefined;
}

/** Settings that contradict each other are told at the key to be changed. */
export const mcpSchema = fields.superRefine((spec, context) => {
  const found = contradiction(spec);
  if (found === undefined) return;
  const { key, message, fix } = found;
  context.addIssue({ code: 'custom', path: [key], message, params: { fix } });
});

export type McpSpec = z.output<typeof mcpSchema>;
export type CallExpectations = z.output<typeof callExpectSchema>;
export type ServerExpectations = z.output<typeof expectSchema>;

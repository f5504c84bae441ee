/** One command for one operation: its arguments and options come from the operation's input schema. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { Operation } from '../../contract/src/operation.ts';

interface Field {
  readonly type?: string | undefined;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
}

export interface OperationCommand {
  readonly command: Command;
  /** The operation's input, from what commander parsed. */
  readonly inputOf: (
    positionals: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ) => Record<string, unknown>;
}

/** `serviceId` → `service-id`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Names in the path and required texts are arguments, in that order; everything else is an option. Values are not
 * judged here but by the server, which has the one schema; only what a shell cannot say (numbers, yes and no) is made.
 */
export function operationCommand(verb: string, operation: Operation): OperationCommand {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });
  const fields = (schema.properties ?? {}) as Record<string, Field>;
  const required = schema.required ?? [];
  const inPath = [...operation.http.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const texts = Object.keys(fields).filter((name) => required.includes(name) && fields[name]!.type === 'string');
  const positionals = [...inPath, ...texts.filter((name) => !inPath.includes(name))];
  const command = new Command(verb).description(operation.summary);
  for (const name of positionals) {
    command.addArgument(new Argument(`<${kebab(name)}>`, fields[name]?.description ?? ''));
  }
  const numbers = operation.input instanceof z.ZodObject ? numberFields(operation.input) : new Set<string>();
  const spans = Object.hasOwn(fields, 'fromMs') && Object.hasOwn(fields, 'toMs');
  for (const [name, field] of Object.entries(fields)) {
    if (positionals.includes(name)) continue;
    const bySpan = spans && (name === 'fromMs' || name === 'toMs');
    command.addOption(optionFor(name, field, required.includes(name) && !bySpan, numbers.has(name)));
  }
  if (spans) {
    command.addOption(new Option('--from <when>', `Since when: ${whenWords}`).default('24h').argParser(whenOf));
    command.addOption(new Option('--to <when>', `Until when: ${whenWords}`).default('now').argParser(whenOf));
  }
  return {
    command,
    inputOf(given, options) {
      const input: Record<string, unknown> = {};
      positionals.forEach((name, index) => {
        input[name] = given[index];
      });
      for (const name of Object.keys(fields)) {
        if (positionals.includes(name) || options[name] === undefined) continue;
        input[name] = numbers.has(name) ? Number(options[name]) : options[name];
      }
      if (spans) {
        const nowMs = Date.now();
        input['fromMs'] ??= instantOf(String(options['from']), nowMs);
        input['toMs'] ??= instantOf(String(options['to']), nowMs);
      }
      return input;
    },
  };
}

const whenWords = '24h or 30m ago, now, or a time such as 2026-03-01T09:00Z';
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Judged when it is read, reckoned when it is used. */
function whenOf(text: string): string {
  if (Number.isNaN(instantOf(text, 0))) throw new InvalidArgumentError(`Write ${whenWords}.`);
  return text;
}

function instantOf(text: string, nowMs: number): number {
  if (text === 'now') return nowMs;
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * unitMs[ago[2]!]!;
  // A time without its zone is UTC, as everywhere here.
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.test(text);
  if (!isTime) return Number.NaN;
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`);
}

/** Coerced numbers have no input type in a JSON Schema, so the output's says what they are. */
function numberFields(input: z.ZodObject): Set<string> {
  const schema = z.toJSONSchema(input, { io: 'output', unrepresentable: 'any' });
  const fields = Object.entries((schema.properties ?? {}) as Record<string, Field>);
  return new Set(fields.filter(([, { type }]) => type === 'integer' || type === 'number').map(([name]) => name));
}

function optionFor(name: string, field: Field, required: boolean, isNumber: boolean): Option {
  const flag = kebab(name);
  const about = field.description ?? '';
  if (field.type === 'boolean') {
    return field.default === true
      ? new Option(`--no-${flag}`, about === '' ? `${flag}: no` : `Not: ${about}`)
      : new Option(`--${flag}`, about);
  }
  const preset = field.default === undefined ? '' : `${about === '' ? '' : ' '}(left out: ${String(field.default)})`;
  const option = new Option(`--${flag} <${isNumber ? 'number' : 'text'}>`, `${about}${preset}`);
  if (field.enum !== undefined) option.choices(field.enum.map(String));
  if (isNumber) {
    option.argParser((text) => {
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
      return value;
    });
  }
  return option.makeOptionMandatory(required);
}

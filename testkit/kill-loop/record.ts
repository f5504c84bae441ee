/** What the loop remembers for its books, and what they say is wrong. */
import type { PitwallProcess } from '../pitwall-process.ts';
import type { LoggedShop } from './logged-shop.ts';
import type { Delivery } from './told.ts';

/** A sentence with its evidence. */
export interface Finding {
  readonly kind:
    | 'told but not stored'
    | 'not told'
    | 'unmarked repeat'
    | 'ledger broken'
    | 'stored but never asked'
    | 'asked but not stored'
    | 'stored otherwise than answered'
    | 'slot without a row'
    | 'changes do not chain'
    | 'uptime does not add up'
    | 'sealed hour differs'
    | 'did not settle';
  readonly evidence: string;
}

/** In real time; `offsetMs` is how far Pitwall's clock was ahead. */
export interface Run {
  readonly startedMs: number;
  readonly offsetMs: number;
  killedMs: number;
}

export interface LoopRecord {
  readonly shop: LoggedShop;
  readonly runs: readonly Run[];
  readonly deliveries: readonly Delivery[];
  readonly channels: readonly string[];
  readonly pitwall: PitwallProcess;
}

/** Bits, high ones first, appended to a ByteWriter and read back; a stream starts and ends on a byte. */
import type { ByteReader, ByteWriter } from './varint.ts';

/** Widest run of bits that one step of 32-bit arithmetic takes, seven bits being left over from the last. */
const stepBits = 24;
const stepFactor = 2 ** stepBits;

export class BitWriter {
  readonly #out: ByteWriter;
  #pending = 0;
  #pendingBits = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /** The low `bits` bits of a non-negative integer; up to 53. */
  write(value: number, bits: number): void {
    if (bits > stepBits) {
      this.write(Math.floor(value / stepFactor), bits - stepBits);
      this.write(value % stepFactor, stepBits);
      return;
    }
    this.#pending = (this.#pending << bits) | value;
    this.#pendingBits += bits;
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      this.#out.byte((this.#pending >>> this.#pendingBits) & 255);
    }
  }

  /** Fills the last byte with zeros. */
  finish(): void {
    if (this.#pendingBits > 0) this.write(0, 8 - this.#pendingBits);
  }
}

export class BitReader {
  readonly #source: ByteReader;
  #held = 0;
  #heldBits = 0;

  constructor(source: ByteReader) {
    this.#source = source;
  }

  read(bits: number): number {
    if (bits > stepBits) return this.read(bits - stepBits) * stepFactor + this.read(stepBits);
    if (bits === 0) return 0;
    while (this.#heldBits < bits) {
      this.#held = (this.#held << 8) | this.#source.byte();
      this.#heldBits += 8;
    }
    this.#heldBits -= bits;
    return (this.#held >>> this.#heldBits) & (0xffffffff >>> (32 - bits));
  }

  /** How many ones come before the next zero, which is consumed; at `limit` ones it stops and consumes no zero. */
  unary(limit: number): number {
    let ones = 0;
    while (true) {
      if (this.#heldBits === 0) {
        this.#held = this.#source.byte();
        this.#heldBits = 8;
      }
      const run = Math.min(Math.clz32(~(this.#held << (32 - this.#heldBits))), this.#heldBits, limit - ones);
      ones += run;
      this.#heldBits -= run;
      if (ones === limit) return ones;
      if (this.#heldBits > 0) {
        this.#heldBits -= 1;
        return ones;
      }
    }
  }
}

/**
 * Integers as bytes. Unsigned: seven bits a byte, low ones first, the top bit says that more follows. Signed: the first
 * byte holds six bits and the sign, so that every safe integer fits exactly (doubling, as zigzag does, would not).
 * In both, exactly the last byte of a number is below 128: a reader can therefore walk backwards over whole numbers.
 */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1_024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for that many bytes more. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** An integer from 0 to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Any safe integer. */
  signed(value: number): void {
    const negative = value < 0;
    const magnitude = negative ? -value : value;
    const first = (negative ? 64 : 0) | (magnitude & 63);
    if (magnitude <= 63) {
      this.byte(first);
      return;
    }
    this.byte(first | 128);
    this.varint(magnitude <= 0x7fffffff ? magnitude >>> 6 : Math.floor(magnitude / 64));
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A view of what was written, valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** A copy of what was written. */
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view());
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  get atEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  byte(): number {
    if (this.offset >= this.bytes.length) throw new RangeError('Unexpected end of packed bytes');
    return this.bytes[this.offset++]!;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    let factor = 128;
    do {
      byte = this.byte();
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    return value;
  }

  signed(): number {
    const first = this.byte();
    const magnitude = first > 127 ? (first & 63) + 64 * this.varint() : first & 63;
    return (first & 64) === 0 ? magnitude : -magnitude;
  }

  /** Passes over that many numbers, signed or not. */
  skip(numbers: number): void {
    let left = numbers;
    while (left > 0) if (this.byte() < 128) left -= 1;
  }
}

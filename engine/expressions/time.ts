/** A length of time in an expression: exact nanoseconds, negative when it points back. */
export class Duration {
  constructor(readonly nanoseconds: number) {}

  toString(): string {
    return `${this.nanoseconds}ns`;
  }
}

/** A moment in an expression: nanoseconds since the lab's epoch. */
export class Timestamp {
  constructor(readonly nanoseconds: number) {}

  toString(): string {
    return `${this.nanoseconds}ns`;
  }
}

import type { Clock } from './types.ts';

export const sightEveryMs = 45_000;
/** Who leaves one tab for another hides the one before the other has said a word: the word comes after. */
const settleMs = 1_000;

/** What the server is told of, once in a while: that somebody has the page before them, and hears what is new. */
export class Sight {
  readonly #tell: (isSeen: boolean) => void;
  readonly #clock: Clock;
  #isTold = false;
  #cancel = () => {};

  constructor(tell: (isSeen: boolean) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** The page came into view or went out of it, or what is new began or ceased to come at once. */
  look(isSeen: boolean, inMs = settleMs): void {
    this.#cancel();
    if (isSeen) {
      this.#cancel = this.#clock.after(inMs, () => {
        this.#say(true);
        this.look(true, sightEveryMs);
      });
    } else if (this.#isTold) this.#say(false);
  }

  #say(isSeen: boolean): void {
    this.#isTold = isSeen;
    this.#tell(isSeen);
  }
}

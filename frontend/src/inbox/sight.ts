import type { Channel, Clock } from './types.ts';

export const sightEveryMs = 45_000;
/** Who leaves one tab for another hides the one before the other has said a word: the word comes after. */
const settleMs = 1_000;

/**
 * What the server is told of, once in a while: that somebody has the page before them, and hears what is new.
 *
 * The server keeps one word for each person. So a tab that goes out of view tells the others of its browser, and one
 * that still is in view says so again.
 */
export class Sight {
  readonly #tell: (isSeen: boolean) => void;
  readonly #channel: Channel;
  readonly #clock: Clock;
  #isSeen = false;
  #isTold = false;
  #cancel = () => {};

  constructor(tell: (isSeen: boolean) => void, channel: Channel, clock: Clock) {
    this.#tell = tell;
    this.#channel = channel;
    this.#clock = clock;
    channel.listen(({ kind }) => {
      if (kind === 'unseen' && this.#isSeen) this.look(true);
    });
  }

  /** The page came into view or went out of it, or what is new began or ceased to come at once. */
  look(isSeen: boolean, inMs = settleMs): void {
    this.#cancel();
    this.#isSeen = isSeen;
    if (isSeen) {
      this.#cancel = this.#clock.after(inMs, () => {
        this.#say(true);
        this.look(true, sightEveryMs);
      });
    } else if (this.#isTold) {
      this.#say(false);
      this.#channel.post({ kind: 'unseen' });
    }
  }

  #say(isSeen: boolean): void {
    this.#isTold = isSeen;
    this.#tell(isSeen);
  }
}

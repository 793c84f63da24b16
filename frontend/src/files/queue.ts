/** Lets so many jobs run at a time; the others wait for their turn. */
export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Starts the job, now or later; the answer gives its turn back, or its place among those who wait. */
  take(start: () => void): () => void {
    let isOver = false;
    let isRunning = false;
    const job = () => {
      isRunning = true;
      this.#running += 1;
      start();
    };
    this.#waiting.push(job);
    const giveBack = () => {
      if (isOver) return;
      isOver = true;
      if (isRunning) this.#running -= 1;
      else this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#next();
    };
    this.#next();
    return giveBack;
  }

  #next(): void {
    while (this.#running < this.#most) {
      const job = this.#waiting.shift();
      if (!job) return;
      job();
    }
  }
}

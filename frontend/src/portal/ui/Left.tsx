interface Props {
  text: string;
  most: number;
}

/** How much more may be written, when it is not much: what is too long is never cut without a word. */
export function Left({ text, most }: Props) {
  const left = leftOf(text, most);
  return (
    <p class={left < 0 ? 'characters-left over' : 'characters-left'} role="status">
      {left <= most / 10 && leftText(left)}
    </p>
  );
}

/** As the server counts: an emoji is one character, and nothing counts around it. */
export function leftOf(text: string, most: number): number {
  return most - [...text.trim()].length;
}

export function leftText(left: number): string {
  const count = Math.abs(left);
  const noun = count === 1 ? 'character' : 'characters';
  return left < 0 ? `${count} ${noun} too many` : `${count} ${noun} left`;
}

/** What is said of a title that cannot be sent. */
export function tooLong(most: number): string {
  return `At most ${most} characters fit here. Say the rest in the description.`;
}

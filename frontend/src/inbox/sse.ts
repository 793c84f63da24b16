/**
 * Splits a `text/event-stream` into its named events, from chunks that may end anywhere.
 *
 * What a portal's stream holds of the format: `event`, `data` and comments. A package for all of it would cost the bell
 * a tenth of its size.
 */
export function eventParser(emit: (event: string, data: string) => void): (chunk: string) => void {
  let rest = '';
  let event = '';
  let data: string[] = [];

  const takeLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) emit(event || 'message', data.join('\n'));
      event = '';
      data = [];
      return;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  };

  return (chunk) => {
    rest += chunk;
    // A CR at the very end may be half of a CRLF: it waits for the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    lines.forEach(takeLine);
  };
}

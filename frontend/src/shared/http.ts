/** An answer that is not a success: an RFC 9457 problem, or status 0 when nothing answered. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly type: string;
  readonly detail: string | undefined;
  readonly errors: FieldError[];
  /** Seconds the server asks to wait. */
  readonly retryAfter: number | undefined;
  /** All that the answer says, with what only this kind of problem has. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Record<string, unknown> = {}, retryAfter?: number) {
    super(typeof body.title === 'string' ? body.title : `HTTP ${status}`);
    this.status = status;
    this.type = typeof body.type === 'string' ? body.type : 'about:blank';
    this.detail = typeof body.detail === 'string' ? body.detail : undefined;
    this.errors = Array.isArray(body.errors) ? (body.errors as FieldError[]) : [];
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

export interface FieldError {
  msg?: string;
  /** Where it is: `body`, `query` or `path`, then the field's name. */
  loc?: (string | number)[];
}

/** What is wrong, in words for a person: the detail names the field by its path in the request. */
export function reasonOf(problem: Problem): string {
  return problem.errors[0]?.msg ?? problem.detail ?? problem.message;
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  token?: string | undefined;
  /** The version of the thing that is to be changed: when it is another by now, nothing is (409). */
  version?: number | undefined;
  /** Lets the request outlive the page, so that following a link does not lose it. */
  keepalive?: boolean;
}

/** Calls the API and answers the decoded body, `undefined` for 204. Throws `Problem`. */
export async function call<Answer>(url: string, options: Call = {}): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json', ...authorization(options.token) };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: options.method ?? 'GET',
      headers,
      credentials: credentials(options.token),
      keepalive: options.keepalive ?? false,
      cache: 'no-store',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch {
    throw new Problem(0, { title: 'The server cannot be reached' });
  }
  if (!response.ok) throw await asProblem(response);
  if (response.status === 204) return undefined as Answer;
  return (await response.json()) as Answer;
}

export function authorization(token: string | undefined): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** A page that supplies a token never sends the cookie along. */
export function credentials(token: string | undefined): RequestCredentials {
  return token ? 'omit' : 'same-origin';
}

async function asProblem(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get('Retry-After'));
  const body: unknown = await response.json().catch(() => ({}));
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return new Problem(response.status, fields, wait > 0 ? wait : undefined);
}

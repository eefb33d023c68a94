// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
type Cause = { readonly reason?: string; readonly message?: string };

/** The Status of a refusal, as far as we read it; a proxy in between may answer with anything else. */
type Status = {
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly causes?: readonly Cause[] };
};

const maxMessageLength = 300;

/**
 * An answer of the apiserver other than 2xx. A call that got no answer rejects with another error. Telling the two
 * apart matters for writes: after an ApiError nothing was written, after any other error it is unknown.
 */
export class ApiError extends Error {
  readonly status: number;
  /** The CamelCase word of the Status, such as `NotFound`; empty where there is no Status. */
  readonly reason: string;
  /** The status and what the apiserver said, such as `403, "pods is forbidden"`. */
  readonly summary: string;
  /** From the header Retry-After; 0 without one. */
  readonly retryAfterMs: number;
  readonly causes: readonly Cause[];

  constructor(status: number, body: unknown, retryAfterMs = 0) {
    const { reason, message: inStatus, details } = isStatus(body) ? body : ({} as Status);
    const text = typeof body === 'string' ? body : inStatus;
    const said = typeof text === 'string' ? text.trim().slice(0, maxMessageLength) : '';
    const summary = said === '' ? String(status) : `${status}, "${said}"`;
    super(`the answer was ${summary}`);
    this.status = status;
    this.reason = typeof reason === 'string' ? reason : '';
    this.summary = summary;
    this.retryAfterMs = retryAfterMs;
    this.causes = Array.isArray(details?.causes) ? details.causes : [];
  }
}

const isStatus = (body: unknown): body is Status => typeof body === 'object' && body !== null;

/** Whether the object, its namespace or its whole kind does not exist. */
export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** Whether the object was written since it was read, created by another client first, or replaced by one of another uid. */
export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409;

/** The value of a call, or undefined where it was answered with 404. */
export async function ignoreNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

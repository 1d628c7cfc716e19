// Requests to this service, and what it says when it refuses one.

// The directory that the page lies in, under whatever path a proxy offers it at.
export const BASE = new URL("../", import.meta.url);
const KEY = "gatecast-key";
const TIMEOUT_MS = 70_000; // longer than any deadline of the service

let key = "";
try {
  key = sessionStorage.getItem(KEY) ?? "";
} catch {
  // storage is switched off: the key is kept for this page only
}

export const hasKey = () => key !== "";

/** Keep the key for this tab, or forget it. It is in no request but those to this service. */
export function setKey(value) {
  key = value.trim();
  try {
    if (key) sessionStorage.setItem(KEY, key);
    else sessionStorage.removeItem(KEY);
  } catch {
    // as above
  }
}

/** A refusal: what RFC 9457 has, or the same in our words where the service did not answer. */
export class Problem extends Error {
  constructor(fields) {
    super(fields.detail ?? fields.title);
    this.status = fields.status ?? 0;
    this.title = fields.title ?? "Refused";
    this.detail = fields.detail ?? "";
    this.errors = Array.isArray(fields.errors) ? fields.errors : [];
    this.requestId = fields.request_id ?? null;
    this.retryAfter = fields.retryAfter ?? null;
  }
}

/** The JSON of a GET, or of a POST with a body. Raises Problem, or AbortError once `signal` is aborted. */
export async function call(path, body = null, signal = null) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const options = { headers, cache: "no-store", credentials: "omit", signal: withTimeout(signal) };
  if (body !== null) {
    headers["Content-Type"] = "application/json";
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  }
  let reply;
  let text;
  try {
    reply = await fetch(new URL(path, BASE), options);
    text = await reply.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unanswered(error);
  }
  const parsed = parse(text);
  if (reply.ok && parsed !== undefined) return parsed;
  throw refused(reply, text, parsed);
}

function withTimeout(signal) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return signal && AbortSignal.any ? AbortSignal.any([signal, timeout]) : signal ?? timeout;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unanswered(error) {
  if (error instanceof TypeError && /character|header|ByteString|ISO-8859/i.test(error.message)) {
    return new Problem({ title: "The key cannot be sent", detail: "A key has letters, digits and signs of ASCII only." });
  }
  const late = error.name === "TimeoutError";
  return new Problem({
    title: late ? "No answer in time" : "No answer",
    detail: `The service at ${BASE.host} did not answer. It may be stopped, or the network is down; try again.`,
  });
}

function refused(reply, text, parsed) {
  const retryAfter = reply.headers.get("Retry-After");
  if (parsed && typeof parsed === "object" && typeof parsed.title === "string") {
    return new Problem({ ...parsed, status: reply.status, retryAfter });
  }
  return new Problem({
    status: reply.status,
    title: reply.ok ? "An answer that is no JSON" : "Refused by something in front of the service",
    detail: text.trim().slice(0, 500) || "The answer is empty.",
    retryAfter,
  });
}

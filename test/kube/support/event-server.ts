import { createClient } from '../../../src/kube/client.ts';
import { answer } from './answer.ts';

const utf8Length = (text: unknown): number => Buffer.byteLength(String(text ?? ''));

/** What pkg/apis/core/validation/events.go finds wrong with a new Event of events.k8s.io/v1. */
function mistakes(event: any, namespace: string): string[] {
  const { metadata, regarding, type, eventTime, note, reason, action, reportingController, reportingInstance } = event;
  const wrong = {
    name: !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(metadata.name) || metadata.name.length > 253,
    namespace: metadata.namespace !== namespace || (regarding.namespace ?? 'default') !== namespace,
    type: !['Normal', 'Warning'].includes(type),
    eventTime: !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(eventTime),
    note: utf8Length(note) > 1024,
    reason: !reason || utf8Length(reason) > 128,
    action: !action || utf8Length(action) > 128,
    reportingController: !/^([a-z0-9.-]+\/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(reportingController),
    reportingInstance: !reportingInstance || utf8Length(reportingInstance) > 128,
    series: event.series !== undefined,
  };
  return Object.entries(wrong).flatMap(([field, isWrong]) => (isWrong ? [field] : []));
}

/** An apiserver of Events alone, as strict as the real one; `refuseWith` makes it refuse everything. */
export function eventServer() {
  const events = new Map<string, any>();
  const calls: string[] = [];
  let losesAnswer = false;
  let refusal: { readonly status: number; readonly message: string } | undefined;
  const client = createClient(async ({ method, path, body: sent }) => {
    const body: any = sent;
    calls.push(method);
    if (refusal) return answer(refusal.status, refusal);
    if (method === 'PATCH') {
      const event = events.get(path);
      if (!event) return answer(404, { message: 'not found' });
      if (body.series.count < 2) return answer(422, { message: 'series.count should be at least 2' });
      events.set(path, { ...event, ...body });
      return answer(200, event);
    }
    const [, namespace = ''] = /^\/apis\/events\.k8s\.io\/v1\/namespaces\/([^/]+)\/events$/.exec(path) ?? [];
    const wrong = mistakes(body, namespace);
    if (method !== 'POST' || wrong.length > 0) return answer(422, { message: `wrong: ${wrong.join()}` });
    if (events.has(`${path}/${body.metadata.name}`)) return answer(409, { message: 'already exists' });
    events.set(`${path}/${body.metadata.name}`, body);
    if (losesAnswer) throw new Error('socket hang up');
    return answer(201, body);
  });
  return {
    client,
    calls,
    all: () => [...events.values()],
    expire: () => events.clear(),
    loseAnswers: (next: boolean) => (losesAnswer = next),
    refuseWith: (next: typeof refusal) => (refusal = next),
  };
}

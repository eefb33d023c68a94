import type { Key } from './annotations.ts';
import type { HealthIntent } from './intent.ts';
import type { Problem } from './problem.ts';
import { readHardware } from './read-hardware.ts';
import { readValue } from './read-value.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Entry } from './written.ts';

const deliveries = ['init-container', 'image-volume'] as const;
const cpu = /^(\d{1,3}(\.\d{1,3})?|\d{1,5}m)$/;
const memory = /^\d{1,9}(Ki|Mi|Gi|k|M|G)?$/;
const imageReference = /^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$/;

/** Reads the keys that speak of the whole Pod. */
export function readPodWide(
  pod: ReadonlyMap<Key, Entry>,
  context: ReadingContext,
  problems: Problem[],
): Omit<HealthIntent, 'containers'> {
  const read = <T>(key: Key, otherwise: T, parse: (value: string) => T | undefined, expected: string): T =>
    readValue(pod.get(key), parse, expected, problems) ?? otherwise;
  return {
    healthPort: read<number | undefined>('health-port', undefined, parsePort, 'a number from 1024 to 65535'),
    cpu: read('cpu', '20m', quantity(cpu), 'a quantity such as 20m'),
    memory: read('memory', '16Mi', quantity(memory), 'a quantity such as 16Mi'),
    delivery: read<HealthIntent['delivery']>(
      'delivery',
      'init-container',
      (value) => deliveries.find((delivery) => delivery === value),
      `one of ${deliveries.join(', ')}`,
    ),
    image: read(
      'image',
      context.agentImage,
      (value) => (context.allowImage && value.length <= 512 && imageReference.test(value) ? value : undefined),
      context.allowImage ? 'an image reference' : 'none: the administrator does not allow an image by annotation',
    ),
    hardware: readHardware(pod, context, problems),
  };
}

/** Below 1024 a container without privileges could not listen. */
const parsePort = (value: string): number | undefined =>
  /^\d{4,5}$/.test(value) && Number(value) >= 1024 && Number(value) <= 65_535 ? Number(value) : undefined;

const quantity = (form: RegExp) => (value: string) =>
  form.test(value) && Number.parseFloat(value) > 0 ? value : undefined;

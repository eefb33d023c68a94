import type { V1Container } from '@kubernetes/client-node';
import { isLocal, isRefusal } from '../../check/check.ts';
import type { Checks, ReadingContext } from '../model/intent.ts';
import { findServerChecks } from '../presets/find.ts';
import { baseName } from '../presets/image.ts';

/**
 * Says which checks ask a well-known server at a port on which it does not listen: the settings of the container are known,
 * and say another one, and the container neither declares the port nor is told its number.
 */
export function unusualPorts(
  container: V1Container,
  checks: readonly (Checks | 'off' | undefined)[],
  { parseCheck }: Pick<ReadingContext, 'parseCheck'>,
): string[] {
  const asked = checks.flatMap((each) => (each === undefined || each === 'off' ? [] : each.list));
  const local = asked.filter((check) => check.port !== null && isLocal(check) && !declares(container, check.port));
  if (local.length === 0) return [];
  const found = findServerChecks(container);
  const server = isRefusal(found) ? found : parseCheck(found.check);
  if (isRefusal(server)) return [];
  const numbers = numbersIn(container);
  const unusual = local.filter(
    ({ scheme, port }) => scheme === server.scheme && port !== server.port && !numbers.has(`${port}`),
  );
  const image = baseName(container.image ?? '');
  return [...new Set(unusual.map(({ port }) => port))].map(
    (port) =>
      `The check asks port ${port} of container "${container.name}", which declares no such port: ${image} listens on ${server.port}, unless it is told otherwise.`,
  );
}

/** The numbers that the container is told, for whatever: each text is read once, however many checks there are. */
const numbersIn = ({ command, args, env }: V1Container): ReadonlySet<string> =>
  new Set([command, args, env?.map(({ value }) => value)].flatMap((texts) => `${texts ?? ''}`.match(/\d+/g) ?? []));

const declares = ({ ports }: V1Container, wanted: number): boolean =>
  ports?.some(({ containerPort }) => containerPort === wanted) === true;

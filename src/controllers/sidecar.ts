import { get } from 'node:http';
import { isIP } from 'node:net';

/** The answer of a sidecar, or of whatever else listens there. */
export type SidecarAnswer = { readonly status: number; readonly body: string };

/** What a sidecar is asked. */
type SidecarQuestion = {
  readonly ip: string;
  readonly port: number;
  readonly path: string;
  /** The length of the longest answer that is read; 64 KiB where it is not given. */
  readonly maxAnswerBytes?: number;
};

/**
 * Asks the sidecar of a Pod over a connection of its own. It rejects with a sentence where there is no answer. No name is
 * resolved, and an empty address would be that of the controller itself.
 */
export async function askSidecar(
  { ip, port, path, maxAnswerBytes = 64 * 1024 }: SidecarQuestion,
  signal: AbortSignal,
): Promise<SidecarAnswer> {
  if (ip === '') throw new Error('it has no address yet');
  if (isIP(ip) === 0) throw new Error(`its address is no IP address: ${JSON.stringify(ip.slice(0, 64))}`);
  return new Promise((resolve, reject) => {
    const request = get({ host: ip, port, path, signal, agent: false }, async (response) => {
      try {
        let body = '';
        for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
          if ((body += chunk).length > maxAnswerBytes) throw new Error('too long an answer');
        }
        resolve({ status: response.statusCode ?? 0, body });
      } catch (error) {
        reject(error as Error);
      }
    });
    request.on('error', reject);
  });
}

import { hash } from 'node:crypto';
import { type Markup, fragment, raw } from './markup.ts';
import type { Report } from './report.ts';
import { sectionsOf } from './sections.ts';
import { style } from './style.ts';
import { amount, coverageWords, dateWords, percent, summary } from './words.ts';

/** Nothing is loaded and nothing runs: the one style sheet is known by its hash. */
const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; base-uri 'none'; form-action 'none'`;

/** A report as one file of HTML, which needs no network and no script. */
export function renderHtml(report: Report): string {
  const title = `Health checks: ${report.subject}`;
  const sections = sectionsOf(report);
  const page = fragment`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>${raw(style)}</style>
      </head>
      <body>
        <div class="page">
          <header>
            <h1>${title}</h1>
            <p class="soft">
              ${dateWords(report.takenAt)}${report.kubernetes === undefined ? '' : `, Kubernetes ${report.kubernetes}`}
            </p>
          </header>
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, heading }) => fragment`<li><a href="#${id}">${heading}</a></li>`)}
            </ul>
          </nav>
          <main>
            ${summary(report).map((sentence) => fragment`<p>${sentence}</p>`)} ${tiles(report)}
            ${sections.map(
              ({ id, heading, content }) =>
                fragment`<section aria-labelledby="${id}">
                  <h2 id="${id}">${heading}</h2>
                  ${content}
                </section> `,
            )}
          </main>
        </div>
      </body>
    </html> `;
  return page.markup;
}

function tiles({ totals, isLive, certificates: authorities }: Report): Markup {
  const { workloads: all, ours, own, none, missed, pods, ready, couldBeChecked: could } = totals;
  const first = authorities[0];
  const entries = [
    { value: amount(all), text: 'workloads' },
    { value: percent(ours, all), text: coverageWords.ours },
    { value: percent(own, all), text: coverageWords.own },
    { value: percent(none, all), text: coverageWords.none },
    { value: amount(could), text: 'could be checked by auto' },
    ...(isLive
      ? [
          { value: `${amount(ready)}/${amount(pods)}`, text: 'Pods Ready' },
          { value: amount(missed), text: 'Pods lack their check', isBad: missed > 0 },
        ]
      : []),
    ...(first
      ? [{ value: amount(first.daysLeft), text: 'days to the end of a certificate', isBad: first.daysLeft < 14 }]
      : []),
  ];
  return fragment`<ul class="tiles">
    ${entries.map(({ value, text, ...more }) => fragment`<li${'isBad' in more && more.isBad ? raw(' class="bad"') : ''}><b>${value}</b><span>${text}</span></li>`)}
  </ul>`;
}

#!/usr/bin/env node
// `npm run build` copies this file to dist/webhook.js, dist/controller.js and dist/cli.js, each of which starts the
// program of its name in dist/bin. An older Node cannot even link the program, and reports a SyntaxError before any line
// of it has run: so its version is checked here, in words that it understands.
const needed = '22.19';
const [major, minor] = needed.split('.').map(Number);
const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  process.stderr.write(`health-injector needs Node ${needed} or later, and this is Node ${process.versions.node}.\n`);
  process.exit(1);
}
import(import.meta.url.replace(/\/([^/]*)$/, '/bin/$1'));

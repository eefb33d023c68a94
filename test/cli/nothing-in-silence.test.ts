import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commands } from '../../src/cli/commands/index.ts';
import { createTerminal } from '../../src/cli/output.ts';
import { run } from '../../src/cli/run.ts';

/** Runs a command in this process, its output in pipes. */
async function told(line: string, input = '') {
  let [out, errors] = ['', ''];
  const terminal = createTerminal({
    writeOut: (text) => (out += text),
    writeError: (text) => (errors += text),
    readStandardInput: () => Promise.resolve(Buffer.from(input)),
    isTerminal: false,
    isColoured: false,
    env: {},
  });
  return { code: await run(line.split(' '), commands, terminal), out, errors };
}

const asked = '{ health.example.com/pattern: sidecar, health.example.com/check: "redis://:6379" }';
const containers = '[{ name: redis, image: "redis:7" }]';
const podTemplate = `{ metadata: { annotations: ${asked} }, spec: { containers: ${containers} } }`;
const object = (apiVersion: string, kind: string, rest: string, annotations = '{}'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a, annotations: ${annotations} }\n${rest}\n`;

/** A Pod with one more field in its container. */
const pod = (name: string, field: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, annotations: ${asked} }\nspec:\n  containers:\n    - name: redis\n      ${field}\n`;

describe('a template of Pods in an object of any kind', () => {
  const kinds: Readonly<Record<string, [string, string]>> = {
    'a ReplicationController': [
      object('v1', 'ReplicationController', `spec: { template: ${podTemplate} }`),
      'spec.template',
    ],
    'a PodTemplate': [object('v1', 'PodTemplate', `template: ${podTemplate}`), 'template'],
    'a Deployment of an old group': [
      object('extensions/v1beta1', 'Deployment', `spec: { template: ${podTemplate} }`),
      'spec.template',
    ],
    'a LeaderWorkerSet': [
      object(
        'leaderworkerset.x-k8s.io/v1',
        'LeaderWorkerSet',
        `spec: { leaderWorkerTemplate: { workerTemplate: ${podTemplate} } }`,
      ),
      'spec.leaderWorkerTemplate.workerTemplate',
    ],
    'a JobSet': [
      object(
        'jobset.x-k8s.io/v1alpha2',
        'JobSet',
        `spec: { replicatedJobs: [{ name: w, template: { spec: { template: ${podTemplate} } } }] }`,
      ),
      'spec.replicatedJobs.0.template.spec.template',
    ],
  };
  for (const [kind, [input, part]] of Object.entries(kinds)) {
    it(`of ${kind} is injected, and given back to the byte`, async () => {
      const injected = await told('inject -', input);
      assert.equal(injected.code, 0);
      assert.match(injected.errors, new RegExp(`^\\w+ a \\(${part}\\): injected sidecar \\(`));
      assert.match(injected.out, /health-probe/);
      assert.equal((await told('uninject -', injected.out)).out, input);
      const { code, out } = await told('lint --strict -', injected.out);
      assert.equal(code, 0);
      if (kind === 'a JobSet')
        assert.match(out, /: note: .* runs to completion gets a liveness probe only from the key/);
      else assert.equal(out, '');
    });
  }

  it('is one of several, each of which is said by its place', async () => {
    const group = `{ groupName: g, template: ${podTemplate} }`;
    const input = object(
      'ray.io/v1',
      'RayCluster',
      `spec: { headGroupSpec: { template: ${podTemplate} }, workerGroupSpecs: [${group}] }`,
    );
    const { errors } = await told('inject -', input);
    assert.match(errors, /^RayCluster a \(spec\.headGroupSpec\.template\): injected/m);
    assert.match(errors, /^RayCluster a \(spec\.workerGroupSpecs\.0\.template\): injected/m);
  });

  it('is not what a policy compares a Pod with, nor a schema', async () => {
    const input = object(
      'kyverno.io/v1',
      'ClusterPolicy',
      `spec: { rules: [{ validate: { pattern: ${podTemplate} } }] }`,
    );
    const { out, errors } = await told('inject -', input);
    assert.equal(out, input);
    assert.match(errors, /^standard input:4:\d+: warning: ClusterPolicy a: .* where no Pod template is found/);
  });

  it('does not give a Job that runs to completion what auto gives a server', async () => {
    const template = podTemplate.replace('sidecar', 'auto').replace(', health.example.com/check: "redis://:6379"', '');
    const input = object(
      'jobset.x-k8s.io/v1alpha2',
      'JobSet',
      `spec: { replicatedJobs: [{ template: { spec: { template: ${template} } } }] }`,
    );
    assert.equal((await told('inject -', input)).out, input);
    const job = `{ provider: { job: { spec: { template: ${template} } } } }`;
    const analysis = object('argoproj.io/v1alpha1', 'AnalysisTemplate', `spec: { metrics: [${job}] }`);
    assert.equal((await told('inject -', analysis)).out, analysis);
  });
});

describe('our annotations where nothing reads them', () => {
  const places: Readonly<Record<string, [string, RegExp]>> = {
    'on a Rollout': [
      object('argoproj.io/v1alpha1', 'Rollout', `spec: { template: { spec: { containers: ${containers} } } }`, asked),
      /Rollout a: 2 annotations, health\.example\.com\/pattern first, stand on the Rollout, from which the webhook copies nothing to its Pods; what counts stands at spec\.template\.metadata\.annotations\./,
    ],
    'on a Service': [
      object('v1', 'Service', 'spec: {}', asked),
      /stand on a Service in which no Pod template is found/,
    ],
    'on a runtime that holds the spec of a Pod': [
      object('serving.kserve.io/v1alpha1', 'ClusterServingRuntime', `spec: { containers: ${containers} }`, asked),
      /stand on a ClusterServingRuntime in which no Pod template is found/,
    ],
    'below a driver': [
      object('sparkoperator.k8s.io/v1beta2', 'SparkApplication', `spec: { driver: { annotations: ${asked} } }`),
      /stand at spec\.driver\.annotations, where no Pod template is found/,
    ],
    'on a Namespace': [
      object('v1', 'Namespace', '', asked),
      /stand on a Namespace, which takes only health\.example\.com\/inject/,
    ],
    'on a Deployment without a template': [
      object('apps/v1', 'Deployment', 'spec: {}', asked),
      /in which no Pod template is found/,
    ],
  };
  for (const [where, [input, sentence]] of Object.entries(places)) {
    it(`${where} are told by every command, and fail lint --strict`, async () => {
      for (const command of ['lint', 'inject', 'diff', 'explain', 'explain -o json']) {
        const { code, out, errors } = await told(`${command} -`, input);
        assert.match(out + errors, sentence, command);
        assert.equal(code, 0, command);
      }
      assert.equal((await told('lint --strict -', input)).code, 1);
      const misspelt = await told('lint -', input.replace('/check', '/chekc'));
      assert.equal(misspelt.code, 1);
      assert.match(misspelt.out, /health\.example\.com\/chekc: the key is unknown/);
    });
  }

  it('are none of those that we write, nor the wish of a Namespace', async () => {
    const input = `${object('v1', 'Namespace', '', '{ health.example.com/inject: enabled }')}---\n${object('v1', 'ConfigMap', '', '{ health.example.com/copied: check }')}`;
    assert.equal((await told('lint --strict -', input)).out, '');
  });
});

describe('a field of another shape than Kubernetes takes', () => {
  const shapes = [
    'ports:',
    'ports: {}',
    'ports: [5]',
    'env: x',
    'env: [null]',
    'args: { a: 1 }',
    'command: 5',
    'image: 5',
    'image: [a]',
    'volumeMounts: [x]',
  ];
  for (const shape of shapes) {
    it(`such as ${shape} costs its object, and the others are done`, async () => {
      const [odd, sound] = [pod('odd', shape), pod('sound', 'image: redis:7')];
      const field = shape.slice(0, shape.indexOf(':'));
      for (const command of ['lint', 'inject', 'diff', 'explain']) {
        const { out, errors } = await told(`${command} -`, `${odd}---\n${sound}`);
        assert.match(
          out + errors,
          new RegExp(`Pod odd: (left alone: )?spec\\.containers\\.0\\.${field}[^ ]*: it is `),
          command,
        );
      }
      const { code, out, errors } = await told('inject -', `${odd}---\n${sound}`);
      assert.equal(code, 1);
      assert(out.startsWith(odd));
      assert.match(errors, /^Pod sound: injected sidecar/m);
    });
  }

  it('is no matter where nothing asks for a check', async () => {
    assert.equal((await told('lint -', object('v1', 'Pod', 'spec: { containers: [{ name: a, ports: 5 }] }'))).out, '');
  });

  it('is no null annotation, which the apiserver takes for an empty text', async () => {
    const input = object(
      'v1',
      'Pod',
      `spec: { containers: ${containers} }`,
      asked.replace(' }', ', other.example/none: null }'),
    );
    const { code, out } = await told('inject -', input);
    assert.equal(code, 0);
    assert.match(out, /other\.example\/none: null,? /);
    assert.equal((await told('uninject -', out)).out, input);
  });
});

describe('what is no manifest yet', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'health-injector-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const annotated = object('v1', 'Pod', `spec: { containers: ${containers} }`, asked);

  const templates: Readonly<Record<string, string>> = {
    'an action for a name': annotated.replace('name: a,', 'name: {{ .Release.Name }},'),
    'an action in quotes': annotated.replace('"redis:7"', '"{{ .Values.image }}"'),
    'an action on a line of its own': `{{- if .Values.on }}\n${annotated}{{- end }}\n`,
    'an action deep within a text': annotated.replace('spec:', 'x: "a {{ .Values.x }}"\nspec:'),
  };
  for (const [what, text] of Object.entries(templates)) {
    it(`such as a template with ${what} is left alone with a sentence, and the rest is done`, async () => {
      write('chart/a.yaml', text);
      write('pod.yaml', annotated);
      for (const command of ['lint', 'inject', 'diff', 'explain']) {
        const { out, errors } = await told(`${command} ${folder}`);
        assert.match(out + errors, /template that is not rendered: render it first, as with helm template/, command);
      }
      const { code, out, errors } = await told(`inject ${folder}`);
      assert.equal(code, 1);
      assert(out.startsWith(text));
      assert.match(errors, /^Pod a: injected sidecar/m);
    });
  }

  it('is no text with an action that others read later', async () => {
    const alert = object('monitoring.coreos.com/v1', 'PrometheusRule', 'spec: { summary: "{{ $labels.pod }}" }');
    const runtime = annotated.replace('"redis:7"', '"redis:7", args: ["--name={{.Name}}"]');
    assert.equal((await told('lint --strict -', `${alert}---\n${runtime}`)).out, '');
  });

  const patch = object('apps/v1', 'Deployment', `spec: { template: ${podTemplate} }`);
  it('such as a patch beside a kustomization is left alone with a note, and its keys are still looked at', async () => {
    write('kustomization.yaml', 'resources: [../base]\npatches: [{ path: patch.yaml }]\n');
    write('patch.yaml', patch);
    const { code, out, errors } = await told(`inject ${folder}/patch.yaml`);
    assert.deepEqual([code, out], [0, patch]);
    assert.match(
      errors,
      /patch\.yaml:1:1: note: Deployment a: It is a patch, since it has no selector: work on the output of kustomize build/,
    );
    const linted = await told(`lint --strict ${folder}`);
    assert.equal(linted.code, 0);
    assert.match(linted.out, /kustomization\.yaml:1:1: note: It is a kustomization/);
    write('patch.yaml', patch.replace('/check', '/chekc'));
    const misspelt = await told(`lint ${folder}`);
    assert.equal(misspelt.code, 1);
    assert.match(misspelt.out, /chekc: the key is unknown/);
  });

  it('such as a patch with a directive is one wherever it stands', async () => {
    const input = patch.replace('spec: { containers:', 'spec: { $patch: merge, containers:');
    const { out, errors } = await told('inject -', input);
    assert.equal(out, input);
    assert.match(errors, /It is a patch, since it has a directive/);
  });

  it('such as a list of JSON patches is told, and as a warning where it speaks of us', async () => {
    const input = '- op: add\n  path: /metadata/annotations/health.example.com~1pattern\n  value: auto\n';
    assert.match((await told('lint -', input)).out, /^standard input:1:1: note: It is a list of JSON patches/);
    const ours = '- op: add\n  path: /metadata/annotations\n  value: { health.example.com/pattern: auto }\n';
    assert.match((await told('lint -', ours)).out, /^standard input:1:1: warning: It is a list of JSON patches/);
  });

  it('such as a workload without a selector is left to what a policy asks, not to what it says itself', async () => {
    write(
      'policy/policy.yaml',
      'apiVersion: health.example.com/v1alpha1\nkind: HealthPolicy\nmetadata: { name: all }\nspec: { inject: { pattern: auto } }\n',
    );
    const silent = object('apps/v1', 'Deployment', `spec: { template: { spec: { containers: ${containers} } } }`);
    const { out, errors } = await told(`inject --policies ${folder}/policy -`, silent);
    assert.equal(out, silent);
    assert.match(errors, /Deployment a: It has no selector, as a patch of kustomize/);
    assert.match((await told('inject -', patch)).errors, /^Deployment a: injected sidecar/);
  });
});

/** Lints a Pod that is checked by a command. */
const lintCommand = (command: string) =>
  told(
    'lint -',
    object(
      'v1',
      'Pod',
      `spec: { containers: ${containers} }`,
      `{ health.example.com/pattern: cli, health.example.com/check: ${JSON.stringify(`exec:${command}`)} }`,
    ),
  );

describe('a command that waits for a shell', () => {
  const waiting = [
    'redis-cli ping | grep -q PONG',
    'a && b',
    'a || b',
    'a; b',
    'a > /dev/null',
    'a 2>&1',
    'a < b',
    'echo $(date)',
    'echo `date`',
    'cat /tmp/*.ok',
    'a -h $HOSTNAME',
    'a "$(b)"',
    'a "${B}"',
    'a|b',
  ];
  for (const command of waiting) {
    it(`such as ${command} gets a warning`, async () => {
      const { code, out } = await lintCommand(command);
      assert.equal(code, 0);
      assert.match(out, /^standard input:3:\d+: warning: Pod a: No shell runs the check of container "redis", and "/);
    });
  }
  for (const command of [
    "sh -c 'a | b'",
    '/bin/bash -c "a && b"',
    "grep -E 'a|b' c",
    'psql -c "select 1; select 2"',
    'redis-cli ping',
    'a \\| b',
  ]) {
    it(`is not ${command}`, async () => assert.equal((await lintCommand(command)).out, ''));
  }
});

describe('a container with a long name', () => {
  const [long, other] = ['payment-gateway-reconciliation-worker-for-settlement', 'payment-gateway-worker-of-the-east'];
  const input = (annotations: string): string =>
    object(
      'v1',
      'Pod',
      `spec: { containers: [{ name: ${long}, image: "a:1" }, { name: ${other}, image: "a:1" }] }`,
      `{ health.example.com/pattern: port, ${annotations} }`,
    );

  it('cannot be named in full in a key that no apiserver takes, and lint says how it can', async () => {
    const { code, out } = await told('lint -', input(`health.example.com/termination-grace-period.${long}: 5s`));
    assert.equal(code, 1);
    assert.match(
      out,
      /: received a key with 77 characters behind its slash, expected at most 63, where _ may stand for the middle of the container's name, such as first_last\.\n$/,
    );
  });

  it('is named by its beginning and its end', async () => {
    const { code, errors } = await told(
      'inject -',
      input(
        'health.example.com/check.payment_settlement: "http://:8080/", health.example.com/period.payment_settlement: 5s',
      ),
    );
    assert.equal(code, 0);
    assert.equal(errors, `Pod a: injected port (liveness, readiness of ${long})\n`);
  });

  const mistakes: Readonly<Record<string, [string, RegExp]>> = {
    'two containers': [
      'health.example.com/check.payment_t: tcp://:1',
      /"payment_t" stands for payment\S+ and payment\S+, expected/,
    ],
    'no container': [
      'health.example.com/check.pay_x: tcp://:1',
      /the Pod has no container "pay_x" to check, expected one of payment/,
    ],
    'one container twice': [
      'health.example.com/check.payment_settlement: "tcp://:1", health.example.com/check.pay_settlement: "tcp://:1"',
      /received "check" twice for container/,
    ],
  };
  for (const [what, [annotations, sentence]] of Object.entries(mistakes)) {
    it(`is not named by what stands for ${what}`, async () => {
      const { code, out } = await told('lint -', input(annotations));
      assert.equal(code, 1);
      assert.match(out, sentence);
    });
  }

  for (const key of ['check.a b', 'check.-a-', 'check.a_', 'check.ä']) {
    it(`is not named by the key ${key}, which no apiserver takes`, async () => {
      assert.match(
        (await told('lint -', input(`"health.example.com/${key}": tcp://:1`))).out,
        /received a key that no apiserver takes/,
      );
    });
  }
});

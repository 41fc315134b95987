import { it } from 'vitest';
import { randomPlans } from './plans.ts';
import { graphFeatures, planFeatures } from './features.ts';
import { differences } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { wasmBackend } from '../support/wasm.ts';
it('x', async () => {
  const hist = new Map<string, number>();
  const errs = new Map<string, number>();
  const models = [];
  let t = Date.now();
  const N = Number(process.env.N ?? 20), S = Number(process.env.S ?? 0);
  for (let seed = S; seed < S + N; seed++) {
    try {
      const r = randomPlans(seed);
      for (const f of [...graphFeatures(r.graph), ...r.plans.flatMap((p) => planFeatures(p.plan))]) hist.set(f, (hist.get(f) ?? 0) + 1);
      for (const n of r.graph.nodes) hist.set(n.op, (hist.get(n.op) ?? 0) + 1);
      for (const { kind, plan } of r.plans) models.push({ name: `seed ${seed} ${kind}`, plan, samples: r.samples });
    } catch (e) { const m = String((e as Error).message).slice(0, 180); errs.set(m, (errs.get(m) ?? 0) + 1); if (errs.get(m) === 1) console.log(seed, (e as Error).stack?.slice(0, 800)); }
  }
  console.log('plans', Date.now() - t, Object.fromEntries(hist), errs); t = Date.now();
  if (process.env.PLANS) return;
  for (const b of [nativeBackend({ compiler: 'gcc', mode: 'sanitized' }), nativeBackend({ compiler: 'clang', mode: 'sanitized' }), wasmBackend]) {
    if (process.env.B && !b.name.includes(process.env.B)) continue;
    console.log(await differences(models, [b]));
    console.log(b.name, Date.now() - t, models.length); t = Date.now();
  }
}, 600000);

import { startPages } from './page.mjs';
const pages = await startPages();
try {
const alice = await (await pages.open('alice')).ready();
await alice.page.evaluate(() => new Promise(r => { const s=document.createElement('script'); s.src='purify.min.js'; s.onload=r; document.head.append(s);}));
const ways = {
 template: (h) => { const t = document.createElement('template'); t.innerHTML = h; },
 parser: (h) => { new DOMParser().parseFromString(h, 'text/html'); },
 impl: (h) => { document.implementation.createHTMLDocument('').body.innerHTML = h; },
 impltemplate: (h) => { const t = document.implementation.createHTMLDocument('').createElement('template'); t.innerHTML = h; },
 inplace: (h) => { const t = document.createElement('template'); t.innerHTML = `<div>${h}</div>`; const d = t.content.firstElementChild; DOMPurify.sanitize(d, { IN_PLACE: true }); window.out = d.outerHTML; },
 purify: (h) => { window.out = DOMPurify.sanitize(h); },
};
for (const [name, f] of Object.entries(ways)) for (const h of ['<img src=x onerror="window.ran=1"><svg onload=1>', '<p style="color:red">x</p>', '<style>p{}</style>', '<script>window.ran=1</script>', '<iframe srcdoc="x"></iframe><img src="https://evil.example/x">', '<link rel=stylesheet href="https://evil.example/x.css"><base href="https://evil.example/">']) {
  const v = await alice.page.evaluate(async ([src, html]) => { window.violations.length = 0; window.out=''; (0, eval)('1') ; }, ['']).catch(() => {});
  await alice.page.evaluate(() => { window.violations.length = 0; window.out = undefined; });
  await alice.page.evaluate(`(${f})(${JSON.stringify(h)})`);
  await new Promise(r => setTimeout(r, 100));
  console.log(name, h.slice(0, 30), JSON.stringify(await alice.page.evaluate(() => [window.violations.map(v => v.split(' ')[0]), window.out, window.ran])));
}
} finally { await pages.stop().catch(e=>console.log(e.message)); }

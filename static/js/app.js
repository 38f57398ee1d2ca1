// 渐进增强：没有它，所有页面照常可用。无依赖，按 ES2015 书写，符合 script-src 'self'。
(function () {
  'use strict';
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const fire = (field) => field.dispatchEvent(new Event('input', {bubbles: true}));

  all('.js').forEach((e) => { e.hidden = false; });

  // ── 点按：加数、照此修改、打印、复制、全选 ──
  const tickAll = (name, checked) => {
    const boxes = all('input[name="' + name + '"]');
    boxes.forEach((box) => { box.checked = checked; });
    if (boxes.length) boxes[0].dispatchEvent(new Event('change', {bubbles: true}));
  };
  const actions = {
    add(button) {
      const field = button.closest('.inl').querySelector('input');
      const max = field.max === '' ? Infinity : Number(field.max);
      field.value = Math.min(max, (Number(field.value) || 0) + Number(button.dataset.add));
      fire(field);
    },
    copy(button) {
      const field = byId(button.dataset.copy);
      const last = button.closest('.prev').querySelector('[data-last]').textContent.trim();
      if (field.value.trim() && field.value.trim() !== last && !window.confirm('用上期文字替换已写的内容？')) return;
      field.value = last;
      fire(field);
      field.focus();
    },
    print() { window.print(); },
    tick(button) { tickAll(button.dataset.tick, true); },
    untick(button) { tickAll(button.dataset.untick, false); },
    clip(button) {
      const source = document.querySelector(button.dataset.clip);
      const isField = typeof source.select === 'function';
      const text = isField ? source.value : source.textContent.trim();
      const done = () => {
        if (button.hasAttribute('role')) return;
        const before = button.innerHTML;
        button.textContent = '已复制';
        button.setAttribute('role', 'status');
        setTimeout(() => { button.innerHTML = before; button.removeAttribute('role'); }, 2000);
      };
      // 内网常是 http，没有剪贴板接口，退回“选中再复制”；再不行，文字已选中，可自行复制
      const fallback = () => {
        if (isField) source.select();
        else window.getSelection().selectAllChildren(source);
        if (document.execCommand('copy')) done();
      };
      if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, fallback);
      else fallback();
    }
  };
  document.addEventListener('click', (event) => {
    if (!event.target.closest) return;
    Object.keys(actions).forEach((name) => {
      const button = event.target.closest('[data-' + name + ']');
      if (button) actions[name](button);
    });
  });

  // ── 未保存离开提醒；防重复提交 ──
  let dirty = false;
  let stopped = [];
  const release = () => { stopped.forEach((b) => { b.disabled = false; }); stopped = []; };
  all('form[data-dirty]').forEach((form) => form.addEventListener('input', () => { dirty = true; }));
  all('form[method=post]').forEach((form) => form.addEventListener('submit', () => {
    if ('dirty' in form.dataset) dirty = false;
    setTimeout(() => {
      stopped = all('button', form).filter((b) => !b.disabled && b.type === 'submit');
      stopped.forEach((b) => { b.disabled = true; });
    }, 0);
    setTimeout(release, 10000);
  }));
  window.addEventListener('pageshow', release);
  // 后退看到的，可能是浏览器留着的旧页，没有问过服务器：再问一次，没有变的只换回 304，已经退出的转去登录。
  window.addEventListener('pageshow', (event) => {
    const how = window.performance.getEntriesByType('navigation')[0];
    const isOld = event.persisted || Boolean(how && how.type === 'back_forward' && how.transferSize === 0);
    if (isOld) { dirty = false; window.location.reload(); }
  });
  window.addEventListener('beforeunload', (event) => {
    if (dirty) { event.preventDefault(); event.returnValue = ''; }
  });

  // ── 勾选后才能确认；全选 ──
  all('[data-enable]').forEach((box) => {
    const sync = () => { byId(box.dataset.enable).disabled = !box.checked; };
    box.addEventListener('change', sync);
    sync();
  });
  all('[data-all]').forEach((box) => {
    const boxes = all('input[name="' + box.dataset.all + '"]');
    const sync = () => { box.checked = boxes.length > 0 && boxes.every((b) => b.checked); };
    box.addEventListener('change', () => boxes.forEach((b) => { b.checked = box.checked; }));
    boxes.forEach((b) => b.addEventListener('change', sync));
    sync();
  });

  // ── 比上次差才要写原因；没有脚本时这一栏一直在。data-decline 为“输入框,上次的数,怎样算差”，几组用空格隔开 ──
  all('[data-decline]').forEach((block) => {
    const watched = block.dataset.decline.trim().split(' ').filter(Boolean).map((text) => text.split(','));
    const reason = block.querySelector('textarea,input');
    const isWorse = (item) => {
      const now = byId(item[0]).value;
      const gap = Number(now) - Number(item[1]);
      return now !== '' && (item[2] === 'less' ? gap < 0 : gap > 0);
    };
    const sync = () => { block.hidden = !watched.some(isWorse) && !reason.value.trim(); };
    watched.forEach((item) => byId(item[0]).addEventListener('input', sync));
    sync();
  });

  // ── 窄屏：导航滑到当前一项；放不下的表写明可以左右滑动 ──
  const here = document.querySelector('.nav [aria-current]');
  if (here) here.parentNode.scrollLeft = here.offsetLeft - (here.parentNode.clientWidth - here.offsetWidth) / 2;
  const mark = () => all('.scroll').forEach((box) => box.classList.toggle('wide', box.scrollWidth > box.clientWidth + 1));
  mark();
  window.addEventListener('resize', mark);

  // ── 同组任务只展开一个（旧内核不认 details 的 name）；筛选即时生效 ──
  all('details.task').forEach((task) => task.addEventListener('toggle', () => {
    if (task.open) all('details.task[open]').forEach((other) => { if (other !== task) other.open = false; });
  }));
  all('form[data-auto] select').forEach((field) => field.addEventListener('change', () => field.form.submit()));

  // ── 字数：按字算（一个表情也是一个字），与服务器规整过的一样；到头了变红；粘贴被截断的说出来 ──
  const seen = (text) => text
    .replace(/[\0-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/g, '')
    .replace(/[\s\u2800]*\n[\s\u2800]*/g, (gap) => gap.replace(/[^\n]/g, '')).trim();
  all('textarea[maxlength]').forEach((field) => {
    const note = document.createElement('p');
    const limit = Number(field.getAttribute('maxlength'));
    let cut = false;
    const show = () => {
      const used = Array.from(seen(field.value)).length;
      const full = cut || field.value.length >= limit;
      note.className = 'help count' + (full ? ' red' : '');
      note.textContent = '已写 ' + used + ' 字' + (used > limit * 0.8 || full ? '，最多 ' + limit + ' 字' : '') + (cut ? '，超出部分没有贴进来' : '');
      cut = false;
    };
    field.insertAdjacentElement('afterend', note);
    field.addEventListener('paste', (event) => {
      const text = event.clipboardData ? event.clipboardData.getData('text') : '';
      cut = field.value.length - (field.selectionEnd - field.selectionStart) + text.length > limit;
    });
    field.addEventListener('input', show);
    show();
  });

  // ── 本机暂存：断网、登录过期时不丢字。各归各人；提交成功即清，退出时问过再清，别人的三十天后作废 ──
  const OWNER = document.body.dataset.user || '';
  const ALL = 'kept:';
  const PREFIX = ALL + OWNER + ':';
  const MONTH = 30 * 24 * 3600 * 1000;
  const store = (() => {
    try { window.localStorage.setItem(ALL, ''); window.localStorage.removeItem(ALL); return window.localStorage; } catch (e) { return null; }
  })();
  const keys = (prefix) => Object.keys(store).filter((k) => k.indexOf(prefix) === 0);
  const read = (key) => { try { return JSON.parse(store.getItem(PREFIX + key)); } catch (e) { return null; } };
  const write = (key, value) => { try { store.setItem(PREFIX + key, JSON.stringify(value)); return true; } catch (e) { return false; } };
  const drop = (key) => store.removeItem(PREFIX + key);
  const button = (text, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'btn btn-s';
    made.textContent = text;
    made.addEventListener('click', act);
    return made;
  };
  const panel = (form, css, text) => {
    const note = document.createElement('div');
    note.className = 'note ' + css;
    note.setAttribute('role', 'status');
    note.textContent = text;
    form.insertBefore(note, form.firstChild);
    return note;
  };
  const textFields = (form) => all('textarea[name],input[type=text][name],input[type=number][name],input[type=date][name]', form);

  // 放不回去的：摆在旁边，可以换上去；写的人说不要才去掉
  const offer = (form, key) => {
    const copies = read(key + '#') || [];
    copies.forEach((copy) => {
      const fields = textFields(form).filter((f) => copy.words[f.name] !== undefined);
      if (!fields.length) return;
      const when = new Date(copy.at);
      const note = panel(form, 'note-y', '您' + (when.getMonth() + 1) + '月' + when.getDate() + '日写过、没有交上的在下面；后来这里有了新的内容，没有盖掉它。');
      fields.forEach((f) => {
        const box = document.createElement('textarea');
        box.readOnly = true;
        box.rows = 3;
        box.value = copy.words[f.name];
        box.setAttribute('aria-label', '写过的' + (f.labels[0] ? f.labels[0].firstChild.textContent : ''));
        note.appendChild(box);
        note.appendChild(button('换上去', () => {
          const before = f.value;
          f.value = box.value;
          box.value = copy.words[f.name] = before;
          write(key + '#', copies);
          fire(f);
        }));
      });
      note.appendChild(button('不要了', () => {
        copies.splice(copies.indexOf(copy), 1);
        if (copies.length) write(key + '#', copies); else drop(key + '#');
        note.remove();
      }));
    });
  };

  // 刚交的是哪一张：这一页说办成了，它的暂存就不再留（没有办成的、登录过期的照旧留着）
  const pathOf = (form) => new URL(form.getAttribute('action') || '', window.location.href).pathname;
  const settle = () => {
    const sent = window.sessionStorage.getItem(ALL);
    window.sessionStorage.removeItem(ALL);
    if (!document.querySelector('[data-done]') || document.querySelector('[data-focus]')) return;
    keys(PREFIX).forEach((k) => { if ((read(k.slice(PREFIX.length)) || {}).action === sent) store.removeItem(k); });
  };

  const hasErrors = Boolean(document.querySelector('[data-focus]'));
  const keep = (form) => {
    const key = form.dataset.keep;
    const fields = textFields(form);
    const base = {};
    fields.forEach((f) => { base[f.name] = f.value; });

    const saved = read(key);
    const restored = [];
    const words = {};
    const same = (f) => saved.now[f.name] === undefined || saved.now[f.name] === f.value;
    const asOpened = (f) => saved.now[f.name] === saved.base[f.name];
    if (saved && hasErrors && fields.every((f) => same(f) || asOpened(f))) {
      // 没交成、原样放回的：暂存留着，对照的仍是填之前的内容；他没有动过、换成了别人刚存的几栏，对照现在的
      fields.forEach((f) => { if (f.name in saved.base && same(f)) base[f.name] = saved.base[f.name]; });
      if ('dirty' in form.dataset) dirty = true;
    } else if (saved) {
      fields.forEach((f) => {
        const text = saved.now[f.name];
        if (text === undefined || text === f.value || text === saved.base[f.name]) return;
        // 空着的、仍是旧内容的才恢复，别的摆在旁边
        if (f.value === '' || f.value === saved.base[f.name]) {
          f.value = text;
          restored.push(f);
        } else if (seen(text) && seen(f.value).indexOf(seen(text)) < 0) words[f.name] = text;
      });
      const isSafe = !Object.keys(words).length || write(key + '#', (read(key + '#') || []).concat(Object.assign({}, saved, {words: words})));
      if (!restored.length && isSafe) drop(key);
    }
    if (restored.length) {
      restored.forEach(fire);
      const note = panel(form, 'note-b', '已恢复您上次未提交的内容。');
      note.appendChild(button('放弃', () => {
        restored.forEach((f) => { f.value = base[f.name]; fire(f); });
        drop(key);
        dirty = false;
        note.remove();
      }));
    }
    offer(form, key);
    const save = () => {
      const now = {};
      const labels = {};
      fields.forEach((f) => { now[f.name] = f.value; labels[f.name] = f.labels[0] ? f.labels[0].firstChild.textContent : ''; });
      const about = (form.closest('.task') || document).querySelector('summary b,h1').textContent.trim();
      write(key, {at: Date.now(), base: base, now: now, labels: labels, about: about, path: window.location.pathname, action: pathOf(form)});
    };
    if (restored.length) save();
    form.addEventListener('input', save);
    // 已自动存进草稿的几栏（名字 → 存下的），不再算没有交上的
    form.addEventListener('kept', (event) => {
      Object.assign(base, event.detail);
      if (fields.every((f) => f.value === base[f.name])) drop(key); else save();
    });
  };
  if (store && OWNER) {
    keys(ALL).forEach((k) => {
      let at = 0;
      try { at = [].concat(JSON.parse(store.getItem(k)))[0].at; } catch (e) { /* 读不出的 */ }
      if (k.indexOf(PREFIX) && !(Date.now() - at < MONTH)) store.removeItem(k);
    });
    all('[data-clear-kept]').forEach((e) => drop(e.dataset.clearKept));
    settle();
    all('form[data-keep]').forEach(keep);
    all('form[method=post]').forEach((f) => f.addEventListener('submit', () => window.sessionStorage.setItem(ALL, pathOf(f))));
    all('form[data-logout]').forEach((f) => f.addEventListener('submit', (event) => {
      const mine = keys(PREFIX);
      if (mine.length && !window.confirm('您写过、没有交上的还留在这台设备上，退出就清掉。确定退出？')) {
        event.preventDefault();
        setTimeout(release, 0);
      } else mine.forEach((k) => store.removeItem(k));
    }));
  }

  // ── 点开的表单落在屏幕外的，露出来 ──
  document.addEventListener('click', (event) => {
    const opened = event.target.closest && event.target.closest('summary') ? event.target.closest('details') : null;
    if (opened && opened.querySelector('form')) setTimeout(() => { if (opened.open) opened.scrollIntoView({block: 'nearest'}); }, 0);
  });

  // ── 有错时把焦点移到错误汇总；地址里点名的任务就地展开 ──
  const summary = document.querySelector('[data-focus]');
  if (summary) summary.focus();
  const named = window.location.hash && byId(decodeURIComponent(window.location.hash.slice(1)));
  if (named && named.matches('details')) named.open = true;
  // 要传照片的页，才取缩小照片的那一段
  const picker = document.querySelector('[data-photos]');
  if (picker) {
    const script = document.createElement('script');
    script.src = picker.dataset.photos;
    document.head.appendChild(script);
  }
})();

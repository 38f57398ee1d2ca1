// 一次报完：写了哪些当场标出，底栏随时知道能报几项；写着的时候自动存草稿；跳到某一项、下一项。
// 渐进增强：没有它，一样填、一样交。ES2015 写法，符合 script-src 'self'。
(function () {
  'use strict';
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const form = document.querySelector('form[data-month]');
  if (!form) return;
  const rows = all('[data-row]', form);
  const rest = form.elements.rest;

  // ── 写了没有：与没有动过时（data-was）不同就算；比上次差而没有写原因、有数没有话的，还要补 ──
  const fields = (row) => all('[data-was]', row);
  const isMoved = (field) => (field.type === 'file' ? field.files.length > 0 : field.value.trim() !== field.dataset.was.trim());
  const text = (row) => byId('id_p' + row.dataset.row + '-text');
  const lacksWhy = (row) => {
    const block = row.querySelector('[data-decline]');
    const reason = block && block.querySelector('input,textarea');
    return Boolean(block && !block.hidden && !reason.value.trim() && row.querySelector('input[type=number]'));
  };
  const stateOf = (row) => {
    const moved = fields(row).some(isMoved) || all('input[type=checkbox]', row).some((b) => b.checked !== b.defaultChecked);
    if (!moved && !('mended' in row.dataset)) return 'rests' in row.dataset ? 'no' : 'stuck';
    return text(row).value.trim() && !lacksWhy(row) ? 'chg' : 'err';
  };
  const NAMES = {
    chg: ['已改', 'tag tag-b', 'chip ok'], err: ['待补', 'tag tag-r', 'chip bad'],
    no: ['未动', 'tag', 'chip'], stuck: ['未动', 'tag', 'chip']
  };
  // 服务器说有误的，改动了才重新算
  const touched = {};
  const update = () => {
    const lists = {chg: [], err: [], no: [], stuck: []};
    rows.forEach((row) => {
      const isWrong = row.classList.contains('is-err') && !touched[row.dataset.row];
      const state = isWrong ? 'err' : stateOf(row);
      lists[state].push(row.dataset.number);
      row.className = 'ra-row is-' + state;
      if (!isWrong) {
        const tag = row.querySelector('[data-tag]');
        tag.textContent = NAMES[state][0];
        tag.className = NAMES[state][1];
      }
      all('[data-go="' + row.dataset.row + '"]').forEach((chip) => {
        chip.className = NAMES[state][2];
        chip.querySelector('.vh').textContent = '项，' + NAMES[state][0];
      });
    });
    Object.keys(lists).forEach((key) => all('[data-list="' + key + '"]', form).forEach((e) => {
      e.querySelector('[data-numbers]').textContent = lists[key].join('、') || '—';
      if (key !== 'no') e.hidden = !lists[key].length;
    }));
    rest.disabled = !lists.no.length;
    const ready = lists.chg.length + (rest.checked && !rest.disabled ? lists.no.length : 0);
    document.querySelector('[data-ready]').textContent = ready;
    document.querySelector('[data-ready-n]').textContent = ready ? '\u00a0' + ready + '\u00a0项' : '';
  };

  // ── 自动存草稿：停笔两秒、离开一行就存；只存写了的这一行 ──
  const waiting = {};
  const kept = {};
  let flying = null;
  const said = (row, words) => { row.querySelector('[data-kept]').textContent = words; };
  const save = (row) => {
    const pk = row.dataset.row;
    clearTimeout(waiting[pk]);
    delete waiting[pk];
    if (!window.fetch || !(text(row).value.trim() || text(row).defaultValue.trim() || kept[pk])) return Promise.resolve();
    const body = new FormData();
    const prefix = 'p' + pk + '-';
    const sent = {};
    body.append('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value);
    body.append('do', 'keep');
    Array.from(form.elements).forEach((field) => {
      const isOff = (field.type === 'checkbox' || field.type === 'radio') && !field.checked;
      if (!field.name || field.name.indexOf(prefix) !== 0 || field.type === 'file' || isOff) return;
      body.append(field.name, field.value);
      sent[field.name] = field.value;
    });
    const send = () => window.fetch(form.action, {method: 'POST', body: body, credentials: 'same-origin', headers: {Accept: 'application/json'}})
      .then((response) => response.json().then((answer) => {
        if (answer.version) {
          form.elements[prefix + 'version'].value = answer.version;
          kept[pk] = true;
          form.dispatchEvent(new CustomEvent('kept', {detail: sent}));
        }
        said(row, answer.version ? '草稿已存' : '还没有存：' + answer.why);
      })).catch(() => said(row, '没有连上，写的还在这里'));
    const mine = (flying || Promise.resolve()).then(send).then(() => { if (flying === mine) flying = null; });
    flying = mine;
    return mine;
  };
  const later = (row) => {
    clearTimeout(waiting[row.dataset.row]);
    said(row, '');
    waiting[row.dataset.row] = setTimeout(() => save(row), 2000);
  };
  const rowOf = (element) => element.closest && element.closest('[data-row]');
  const onInput = (event) => {
    const row = rowOf(event.target);
    if (row) {
      touched[row.dataset.row] = true;
      if (event.target.type !== 'file') later(row);
    }
    update();
  };
  form.addEventListener('input', onInput);
  form.addEventListener('change', onInput);
  form.addEventListener('focusout', (event) => {
    const row = rowOf(event.target);
    if (row && waiting[row.dataset.row] && !row.contains(event.relatedTarget)) save(row);
  });
  // 交之前，等路上的草稿存完：版本号才对得上。
  let button = null;
  let isSettled = false;
  document.addEventListener('click', (event) => { button = event.target.closest('button') || button; });
  form.addEventListener('submit', (event) => {
    Object.keys(waiting).forEach((pk) => { clearTimeout(waiting[pk]); delete waiting[pk]; });
    if (!flying || isSettled) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const pressed = button && button.form === form ? button : document.querySelector('[data-send]');
    // 这一次提交的事件还没有走完，里面再按的不算：放到下一轮。
    flying.then(() => setTimeout(() => { isSettled = true; pressed.disabled = false; pressed.click(); isSettled = false; }, 0));
  }, true);

  // ── 跳到某一项，下一项；Ctrl＋回车也是下一项 ──
  const to = (row) => {
    text(row).focus({preventScroll: true});
    row.scrollIntoView();
  };
  const next = (here) => {
    const found = rows[here + 1];
    if (found) to(found);
    else byId('send').scrollIntoView();
    if (!found) rest.focus({preventScroll: true});
  };
  document.addEventListener('click', (event) => {
    if (!event.target.closest) return;
    const go = event.target.closest('[data-go]');
    const step = event.target.closest('[data-step]');
    if (go || step) event.preventDefault();
    if (go) to(byId('m' + go.dataset.go));
    if (step) {
      const here = rows.indexOf(rowOf(document.activeElement) || rows.find((row) => row.getBoundingClientRect().bottom > 90));
      next(here);
    }
  });
  form.addEventListener('keydown', (event) => {
    const row = rowOf(event.target);
    if (row && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      next(rows.indexOf(row));
    }
  });
  document.querySelector('[data-ready-n]').hidden = false;
  update();
}());

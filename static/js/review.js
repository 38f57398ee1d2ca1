// 一页审完：J 下一条、K 上一条、A 通过、R 退回、Z 撤销刚通过的；正在写字时不响应。常用意见点一下填入。
// 渐进增强：没有它，一样通过、退回。ES2015 写法，符合 script-src 'self'。
(function () {
  'use strict';
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const list = all('[data-item]');
  const now = () => list.findIndex((item) => item.getAttribute('aria-current'));
  const move = (to) => {
    if (!to) return;
    list.forEach((item) => item.removeAttribute('aria-current'));
    to.setAttribute('aria-current', 'true');
    to.focus({preventScroll: true});
    to.scrollIntoView({block: 'nearest'});
  };
  // 办了这一条，回来停在它的下一条：下一条是谁，按的时候才知道
  const follow = (item) => {
    const next = list[list.indexOf(item) + 1] || list[list.indexOf(item) - 1];
    if (!next) return;
    all('#' + item.id + ' form').forEach((form) => {
      const field = form.elements.next || form.appendChild(document.createElement('input'));
      field.type = 'hidden';
      field.name = 'next';
      field.value = next.id.slice(1);
    });
  };
  list.forEach((item) => {
    item.addEventListener('submit', () => follow(item), true);
    item.addEventListener('focusin', (event) => {
      if (event.target === item || item.getAttribute('aria-current')) return;
      list.forEach((other) => other.removeAttribute('aria-current'));
      item.setAttribute('aria-current', 'true');
    });
  });
  const open = (item) => {
    item.querySelector('details').open = true;
    item.querySelector('textarea').focus();
  };
  const keys = {
    j: (item) => move(list[list.indexOf(item) + 1]),
    k: (item) => move(list[Math.max(0, list.indexOf(item) - 1)]),
    a: (item) => item.querySelector('[data-pass]').click(),
    r: open
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    const key = event.key.toLowerCase();
    const undo = document.querySelector('[data-undo]');
    if (key === 'z' && undo) undo.click();
    if (!keys[key] || !list.length) return;
    event.preventDefault();
    keys[key](list[Math.max(0, now())]);
  });
  document.addEventListener('click', (event) => {
    const chip = event.target.closest && event.target.closest('[data-say]');
    if (!chip) return;
    const field = document.getElementById(chip.dataset.say);
    field.value = (field.value.trim() ? field.value.trim() + ' ' : '') + chip.textContent.trim();
    field.dispatchEvent(new Event('input', {bubbles: true}));
    field.focus();
  });
  const named = window.location.hash && document.getElementById(window.location.hash.slice(1));
  if (list.length && now() < 0) move(named && list.indexOf(named) >= 0 ? named : null);
  if (list.length && now() < 0) list[0].setAttribute('aria-current', 'true');
}());

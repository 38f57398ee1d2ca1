// 写过、没有交上，而那张表单不在这一页上的（期关了、撤回了、同事报走了，或在别的页上）：摆在各角色的首页，他说不要才去掉。
(function () {
  'use strict';
  const place = document.getElementById('leftovers');
  const prefix = 'kept:' + document.body.dataset.user + ':';
  let store;
  try { store = window.localStorage; } catch (e) { return; }
  const read = (key) => { try { return JSON.parse(store.getItem(key)); } catch (e) { return null; } };
  const add = (parent, tag, css, text) => {
    const made = document.createElement(tag);
    made.className = css;
    if (text) made.textContent = text;
    parent.appendChild(made);
    return made;
  };

  // 写的几段：改过的，不是空的
  const wordsOf = (copy) => {
    const now = copy.words || copy.now;
    return Object.keys(now).filter((name) => now[name].trim() && (copy.words || now[name] !== copy.base[name]))
      .map((name) => [((copy.labels || {})[name] || '').trim(), now[name]]);
  };
  const show = (copy, name, discard) => {
    const words = wordsOf(copy);
    if (!words.length) return;
    const day = new Date(copy.at);
    const row = document.querySelector('a.task[href$="#' + name + '"]'); // 列在后面、还没有排表单的一行
    const isHere = copy.path === window.location.pathname;
    const note = add(place, 'div', 'note note-y');
    note.setAttribute('role', 'status');
    add(note, 'p', '', '您' + (day.getMonth() + 1) + '月' + day.getDate() + '日在' + (copy.about ? '“' + copy.about + '”' : '') +
      '写过、没有交上的还在这台设备上。' + (row ? '点开那一项，写的还在。' : isHere ? '那张表单已经不在这一页上了，请抄走要用的。' : '要接着写的，请回到那一页；那张表单已经不在了的，请抄走要用的。'));
    words.forEach((word) => {
      const box = add(note, 'textarea', '');
      box.readOnly = true;
      box.rows = 3;
      box.value = word[1];
      box.setAttribute('aria-label', '写过的' + word[0]);
    });
    if (row) add(note, 'a', 'btn btn-s', '点开那一项').href = row.href;
    else if (!isHere && copy.path) add(note, 'a', 'btn btn-s', '去那一页').href = copy.path;
    const gone = add(note, 'button', 'btn btn-s', '不要了');
    gone.type = 'button';
    gone.addEventListener('click', () => { discard(); note.remove(); });
  };

  Object.keys(store).filter((key) => key.indexOf(prefix) === 0).forEach((key) => {
    const name = key.slice(prefix.length).replace(/#$/, '');
    const copy = read(key);
    if (!copy || Array.from(document.forms).some((form) => form.dataset.keep === name)) return;
    if (!Array.isArray(copy)) { show(copy, name, () => store.removeItem(key)); return; }
    copy.forEach((one) => show(one, name, () => {
      const rest = (read(key) || []).filter((other) => other.at !== one.at);
      if (rest.length) store.setItem(key, JSON.stringify(rest)); else store.removeItem(key);
    }));
  });
})();

// 催办页：没有它照常可用。按 ES2015 书写，只有这一页载入。
(function () {
  'use strict';
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // ── 催办：勾选变了，没有改过的话跟着变（话由服务器写）；改过的、正在改的不动 ──
  all('form[data-follow]').forEach((form) => {
    if (!window.fetch || !window.DOMParser) return;
    let timer = 0;
    form.addEventListener('change', (event) => {
      if (event.target.type !== 'checkbox') return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const body = new FormData(form);
        body.append('do', 'follow');
        window.fetch(form.action, {method: 'POST', body: body, credentials: 'same-origin'})
          .then((response) => (response.ok ? response.text() : Promise.reject(response.status)))
          .then((text) => {
            const fresh = new DOMParser().parseFromString(text, 'text/html');
            all('textarea[name],input[type=hidden][name]', form).forEach((field) => {
              const next = fresh.querySelector('[name="' + field.name + '"]');
              const isChanged = field.type === 'textarea' && field.value !== body.get(field.name).replace(/\r\n/g, '\n');
              if (!next || field.name === 'csrfmiddlewaretoken' || isChanged) return;
              field.value = next.value;
              field.dispatchEvent(new Event('input'));
            });
          }).catch(() => { /* 断网时不跟着变；点“记录催办”时服务器再核对 */ });
      }, 300);
    });
  });
})();

// 照片先缩小再传：手机拍的几兆一张，乡镇的网传不动。缩成长边 2000 像素的 JPEG，写明缩前缩后多大，要原图的点一下。
// 渐进增强：没有它，照原样传。太大的（超过上限）当场说，不用传完才知道。ES2015 写法，符合 script-src 'self'。
(function () {
  'use strict';
  const LONG_SIDE = 2000;
  const QUALITY = 0.82;
  const WORTH = 400 * 1024; // 小于它的不动
  const size = (n) => (n < 1024 * 1024 ? Math.max(1, Math.round(n / 1024)) + ' KB' : (n / 1024 / 1024).toFixed(1) + ' MB');
  const canSwap = (function () { try { return Boolean(new DataTransfer()); } catch (e) { return false; } })();

  // 一张照片 → 缩小了的；不是照片、认不出的、缩了也不小的，还是原来那个
  const shrink = (file) => {
    if (!/^image\/(jpeg|png)$/.test(file.type) || file.size < WORTH || !canSwap || !window.createImageBitmap) return Promise.resolve(file);
    return window.createImageBitmap(file, {imageOrientation: 'from-image'}).then((picture) => {
      const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      const pen = canvas.getContext('2d');
      pen.fillStyle = 'white'; // 透明的地方
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      return new Promise((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
    }).then((blob) => {
      if (!blob || blob.size > file.size * 0.9) return file;
      return new File([blob], file.name.replace(/\.(png|jpe?g)$/i, '') + '.jpg', {type: 'image/jpeg', lastModified: file.lastModified});
    }).catch(() => file);
  };

  const put = (input, files) => {
    const basket = new DataTransfer();
    files.forEach((file) => basket.items.add(file));
    input.files = basket.files;
  };
  const told = (input) => {
    let place = input.parentNode.querySelector('[data-told]');
    if (!place) {
      place = document.createElement('div');
      place.className = 'help';
      place.dataset.told = '';
      place.setAttribute('role', 'status');
      input.insertAdjacentElement('afterend', place);
    }
    place.textContent = '';
    return place;
  };
  const line = (place, text) => {
    const made = document.createElement('p');
    made.textContent = text;
    place.appendChild(made);
    return made;
  };
  const said = (file, small, most) => {
    if (small.size > most) return file.name + '：' + size(small.size) + '，超过 ' + size(most) + '，传不上，请换一个小的';
    return small === file ? file.name + '：' + size(file.size) : file.name + '：' + size(file.size) + ' → ' + size(small.size);
  };

  document.addEventListener('change', (event) => {
    const input = event.target;
    if (!input.dataset || !('photos' in input.dataset)) return;
    const files = Array.from(input.files);
    const most = Number(input.dataset.most);
    Promise.all(files.map(shrink)).then((small) => {
      if (Array.from(input.files).some((file, n) => file !== files[n])) return; // 其间又选了别的
      const place = told(input);
      const isChanged = small.some((file, n) => file !== files[n]);
      if (isChanged) put(input, small);
      files.forEach((file, n) => line(place, said(file, small[n], most)));
      if (!isChanged) return;
      const back = document.createElement('button');
      back.type = 'button';
      back.className = 'btn btn-l';
      back.textContent = '用原图';
      back.addEventListener('click', () => {
        put(input, files);
        const again = told(input);
        files.forEach((file) => line(again, said(file, file, most)));
      });
      place.appendChild(back);
    });
  });
})();

"""登录过期时交上来的表单：签名后放进登录页，登录成功再取出。不为未登录的人写任何数据。"""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# 内容的样子变过（一个名字可有几个值），旧的不再认。
SALT = "departments.kept.2"
MAX_AGE = 3600
MAX_LENGTH = 60_000


def login_page(request: HttpRequest) -> HttpResponse:
    """带着所交内容的登录页（401）。内容过长时只给登录页。勾了几个节点的，同一个名字有几个值，都留着。"""
    fields = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    # 文件留不住，只记名字，好告诉人要重新选哪几个。
    files = [(upload.name or "")[:100] for _, uploads in request.FILES.lists() for upload in uploads]
    packed = signing.dumps({"path": request.path, "fields": fields, "files": files}, salt=SALT, compress=True)
    context = {
        "form": AuthenticationForm(request),
        "next": "/",
        "kept": packed if len(packed) <= MAX_LENGTH else "",
    }
    return render(request, "registration/login.html", context, status=401)


def unpack(packed: str) -> dict[str, Any] | None:
    """取出签过名的内容；过期或被改过的返回 None。"""
    try:
        return signing.loads(packed, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None

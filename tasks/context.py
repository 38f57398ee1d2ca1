"""每个页面都要的东西：导航与待办数、称呼、演示说明、大字。"""

from django.conf import settings

from yingshang import clock

from . import todo


def page(request):
    """模板上下文处理器。未登录或出错页不查库。"""
    user = getattr(request, "user", None)
    base = {
        "big": request.COOKIES.get("big") == "1",
        "version": settings.VERSION,
        "business_date_note": _note() if settings.BUSINESS_DATE else "",
        "demo": bool(settings.BUSINESS_DATE),
        "office_contact": "填报有疑问请联系办公室",
    }
    if user is None or not user.is_authenticated or request.resolver_match is None:
        return base
    return base | {"nav": todo.navigation(user, request.path, clock.today()), "who": todo.who(user)}


def _note() -> str:
    day = clock.today()
    return f"今天按 {day.year}年{day.month}月{day.day}日 计。"
